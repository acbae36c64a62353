"""What is shown to whoever makes the morning check of a site."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from service.domain.alerting.alert import Alert
from service.domain.alerting.site_rules import CHECK_MISSING
from service.domain.alerting.words import sentence, what_text
from service.domain.checks.odd import Facts, Happened, Since, happened, odd
from service.domain.checks.seen import ContainerSeen, Seen, allowed, proven_c, shown
from service.domain.exposure.container import Record, threshold_of
from service.domain.exposure.innermost import JUDGED_BY_WHAT_THEY_ARE_IN
from service.domain.instant import SECOND_US, from_datetime
from service.domain.profiles import Profile
from service.domain.series.bounded import Bounded, bounded, coldest, warmest
from service.domain.series.mending import Mending
from service.domain.series.present import Present, nearest, newest
from service.domain.severity import Severity
from service.store.alerting.history import alerts_at
from service.store.checks.checks import Looked, last_looks
from service.store.exposure.records import load_records
from service.store.pool import Connection
from service.store.registry.attachments import Attached, judged_attachments
from service.store.registry.containers import Container, containers
from service.store.registry.profiles import profiles_in_versions
from service.store.series.extremes import Extremes, Stretch, extremes_of
from service.store.series.mended import TrueWindow, load_mended_windows, load_mendings, newest_of

#: The first check of a site looks back as far.
_FIRST = timedelta(hours=24)

_A_DAY_US = 86_400 * SECOND_US


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of a site over [from_at, until_at). `last`: its last check; None: this is the first."""

    from_at: datetime
    until_at: datetime
    last: Looked | None
    seen: Seen


def look(connection: Connection, site_id: str, now: datetime) -> Look:
    """What is so at a site, and was since its last check. Where that was after `now`, nothing is left to look at."""
    last = last_looks(connection, [site_id]).get(site_id)
    from_at = now - _FIRST if last is None else min(last.until_at, now)
    since = Since(from_datetime(from_at), from_datetime(now), first=last is None)
    all_kept = containers(connection, site_id, retired=False)
    attached = judged_attachments(connection, [container.id for container in all_kept])
    # What a box is in is looked at in its place.
    kept = [one for one in all_kept if attached[one.id] or one.kind not in JUDGED_BY_WHAT_THEY_ARE_IN]
    ids = [container.id for container in kept]
    records = load_records(connection, ids, since.from_us, since.until_us)
    versions = profiles_in_versions(connection, {container.profile_key for container in kept})
    profiles = {container.id: versions[container.profile_key] for container in kept}
    mendings = load_mendings(
        connection, {one.series_id for some in attached.values() for one in some if one.until_us > since.from_us}
    )
    measured = _measured(connection, attached, mendings, since)
    newest = _newest(connection, attached, mendings, profiles, since.until_us)
    alerts: defaultdict[str | None, list[Alert]] = defaultdict(list)
    for alert in alerts_at(connection, site_id, from_at, now):
        alerts[alert.container_id].append(alert)

    def seen(container: Container) -> ContainerSeen:
        profile = profiles[container.id]
        record = records.get((container.id, profile.max_gap_s))
        begins = [max(one.from_us, since.from_us) for one in _within(attached[container.id], since)]
        found = measured.get(container.id, _Measured())
        facts = Facts(
            profile,
            record,
            min(begins, default=None),
            [
                _happened(alert, what_text(alert.cause, alert.details, past=_is_over(alert)))
                for alert in alerts[container.id]
            ],
            found.no_numbers,
            found.impossible,
        )
        present = newest.get(container.id)
        now = None if present is None else present.bounded
        return ContainerSeen(
            container.id,
            container.name,
            allowed(profile.limits),
            shown(found.coldest),
            shown(found.warmest),
            shown(now),
            None if present is None else present.measured_us,
            _is_beyond(record, profile),
            bool(begins),
            odd(facts, since),
            proven_c(found.coldest),
            proven_c(found.warmest),
            proven_c(now),
        )

    others = tuple(
        happened(_happened(alert, sentence(alert, past=_is_over(alert))), since)
        for alert in alerts[None]
        # Whoever sees this is about to mend it.
        if alert.cause != CHECK_MISSING
    )
    return Look(from_at, now, last, Seen(tuple(map(seen, kept)), others))


@dataclass(frozen=True, slots=True)
class _Measured:
    """What the judged probes of a container measured, together."""

    coldest: Bounded | None = None
    warmest: Bounded | None = None
    no_numbers: int = 0
    impossible: int = 0

    def joined(self, other: Extremes, probe: Attached) -> "_Measured":
        """With what another probe measured."""
        cold, warm = (
            bounded(end_c, probe.range_min_c, probe.range_max_c) for end_c in (other.coldest_c, other.warmest_c)
        )
        return _Measured(
            coldest((self.coldest, cold)),
            warmest((self.warmest, warm)),
            self.no_numbers + other.no_numbers,
            self.impossible + other.impossible,
        )


def _within(attached: Iterable[Attached], since: Since) -> list[Attached]:
    return [one for one in attached if one.from_us < since.until_us and one.until_us > since.from_us]


def _measured(
    connection: Connection, attached: Mapping[str, Sequence[Attached]], mendings: Mapping[int, Mending], since: Since
) -> dict[str, _Measured]:
    probes = [one for some in attached.values() for one in _within(some, since)]
    wanted = [
        Stretch(one.series_id, max(one.from_us, since.from_us), min(one.until_us, since.until_us)) for one in probes
    ]
    found: dict[str, _Measured] = {}
    for probe, extremes in zip(probes, extremes_of(connection, wanted, mendings), strict=True):
        found[probe.container_id] = found.get(probe.container_id, _Measured()).joined(extremes, probe)
    return found


def _newest(
    connection: Connection,
    attached: Mapping[str, Sequence[Attached]],
    mendings: Mapping[int, Mending],
    profiles: Mapping[str, Profile],
    now_us: int,
) -> dict[str, Present]:
    """By container, the newest reading of that probe in it now which is the nearest to a limit; silent ones last."""
    there = {one.series_id: one for some in attached.values() for one in some if one.from_us <= now_us < one.until_us}
    heard: defaultdict[str, list[Present]] = defaultdict(list)
    for series_id, present in _newest_of(connection, there, mendings, now_us).items():
        # What it measured before it came here was elsewhere.
        if present.measured_us >= there[series_id].from_us:
            heard[there[series_id].container_id].append(present)

    def badness(profile: Profile, present: Present) -> tuple[bool, tuple[bool, bool, float]]:
        limit = nearest(present, profile.limits)
        is_silent = now_us - present.measured_us > profile.max_gap_s * SECOND_US
        return is_silent, (True, True, 0.0) if limit is None else limit.urgency

    return {
        container_id: min(some, key=partial(badness, profiles[container_id])) for container_id, some in heard.items()
    }


def _newest_of(
    connection: Connection, probes: Mapping[int, Attached], mendings: Mapping[int, Mending], now_us: int
) -> dict[int, Present]:
    """By series, its newest reading of the last day; what came since an instant was not seen then."""
    right = sorted(series_id for series_id in probes if not mendings[series_id].clock)
    found = {
        series_id: Present(one.measured_us, one.temperature_c, one.quality, one.range_min_c, one.range_max_c)
        for series_id, one in newest_of(connection, right, now_us, ahead_us=0).items()
    }
    mended = [
        TrueWindow(series_id, mendings[series_id], now_us - _A_DAY_US, now_us)
        for series_id in sorted(probes)
        if mendings[series_id].clock
    ]
    for window, stored in zip(mended, load_mended_windows(connection, mended, padding=0), strict=True):
        inside = stored.times_us <= now_us
        columns = stored.times_us[inside], stored.temperatures_c[inside], stored.qualities[inside]
        probe = probes[window.series_id]
        last = newest(*columns, probe.range_min_c, probe.range_max_c)
        if last is not None:
            found[window.series_id] = last
    return found


def _is_beyond(record: Record | None, profile: Profile) -> bool:
    if record is None:
        return False
    return any(threshold_of(limit) in record.open_beyond | record.open_possible for limit in profile.limits)


def _is_over(alert: Alert) -> bool:
    return alert.resolved_at is not None


def _happened(alert: Alert, text: str) -> Happened:
    ended_us = None if alert.resolved_at is None else from_datetime(alert.resolved_at)
    return Happened(alert.cause, Severity(alert.severity), text, from_datetime(alert.began_at), ended_us)
