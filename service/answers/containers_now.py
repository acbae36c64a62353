"""How containers are now: what their probes say, where that is going, and until when there is no trouble."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from service.answers.forecasts import first_crossed
from service.answers.watches import PADDING, Source, Sources, sources_of, watch_of
from service.domain.clocks import CLOCK_TOLERANCE_US, disagreement
from service.domain.exposure.container import Watch
from service.domain.instant import END_US, SECOND_US, from_datetime
from service.domain.profiles import Effect, Profile
from service.domain.series.forecast import LONGEST_WINDOW_S, Forecast, NoForecast
from service.domain.series.present import Nearest, Present, nearest, newest, per_hour_c
from service.store.alerting.lots_now import count_lots_now
from service.store.clocks import times
from service.store.paging import Part
from service.store.pool import Connection
from service.store.registry.attachments import Attached
from service.store.registry.container_list import ChosenContainers, ListedContainer, containers_listed
from service.store.registry.profiles import profiles_in_versions
from service.store.series.mended import TrueWindow, load_mended_windows
from service.store.series.newest import Battery, batteries
from service.store.series.series import StoredSeries

#: No battery is asked of what is older than this.
_BATTERY_US = 2 * 86_400 * SECOND_US


@dataclass(frozen=True, slots=True)
class ProbeNow:
    """A judged probe of a container now.

    Attributes:
        present: its newest usable reading there; None: there is none.
        stale: it is older than two readings may be apart, so it says nothing of now.
        nearest: the limit of the container's profile that matters most to it.
        per_hour_c: its trend; 0: steady; None: too few readings tell, or the newest is no number.
        away_until_us: it is recorded as absent until then; None: it is where it belongs.
        battery_v: of its logger, as it said last; None: it did not lately.
    """

    logger_id: str
    probe: str
    present: Present | None
    stale: bool
    nearest: Nearest | None
    per_hour_c: float | None
    away_until_us: int | None
    battery_v: float | None


@dataclass(frozen=True, slots=True)
class ContainerNow:
    """A container now.

    Attributes:
        probes: the judged ones, the worst first: heard lately before silent, then the nearest to what condemns.
        lots: how many are in it.
        forecast: the limit that condemns which will be crossed first, if it goes on as now; None: nothing is foretold.
        watches: the judged series in it, with their readings of the last `LONGEST_WINDOW_S`.
    """

    listed: ListedContainer
    profile: Profile
    probes: tuple[ProbeNow, ...]
    lots: int
    forecast: Forecast | None
    watches: tuple[Watch, ...]

    @property
    def worst(self) -> ProbeNow | None:
        """The probe whose reading is told of the container; None: none has one."""
        return next((probe for probe in self.probes if probe.present is not None), None)


def told_containers(
    connection: Connection,
    chosen: ChosenContainers,
    part: Part,
    now: datetime,
    tolerance_us: int | None = CLOCK_TOLERANCE_US,
    sources: Sources | None = None,
) -> list[ContainerNow]:
    """A part of the containers that are asked for, worst first.

    The number of statements does not grow with them. Where clocks disagree by more than `tolerance_us`, nothing is
    foretold: nobody knows what time it is.

    Args:
        tolerance_us: None: it was asked already, and they agree.
        sources: what `sources_of` found for each of them; None: that is asked.
    """
    now_us = from_datetime(now)
    listed = containers_listed(connection, chosen, now_us, part)
    if not listed:
        return []
    ids = [one.id for one in listed]
    profiles = profiles_in_versions(connection, {one.profile_key for one in listed})
    if sources is None:
        sources = sources_of(connection, ids)
    doubted = tolerance_us is not None and disagreement(now_us, times(connection), tolerance_us) is not None
    heard = _read(connection, [source for container_id in ids for source in sources.get(container_id, ())], now_us)
    power = batteries(connection, sorted({one.attached.logger_id for one in heard}), now_us - _BATTERY_US, now_us)
    lots = count_lots_now(connection, ids, now_us)
    by_container: defaultdict[str, list[_Heard]] = defaultdict(list)
    for one in heard:
        by_container[one.attached.container_id].append(one)
    return [
        _now(one, profiles[one.profile_key], by_container[one.id], power, lots.get(one.id, 0), doubted, now_us)
        for one in listed
    ]


def told_where_measured(
    connection: Connection,
    container_ids: Collection[str],
    now: datetime,
    tolerance_us: int | None = CLOCK_TOLERANCE_US,
) -> dict[str, ContainerNow]:
    """By container, how it is there now: of a box without a probe, how what it is in is."""

    def told(ids: Collection[str]) -> dict[str, ContainerNow]:
        chosen = ChosenContainers(container_ids=sorted(ids))
        found = told_containers(connection, chosen, Part(len(ids)), now, tolerance_us) if ids else []
        return {one.listed.id: one for one in found}

    own = told(container_ids)
    outer = told({one.listed.measured_by_id for one in own.values() if one.listed.measured_by_id} - own.keys())
    around = {**own, **outer}
    return {of: around.get(one.listed.measured_by_id or of, one) for of, one in own.items()}


@dataclass(frozen=True, slots=True)
class _Heard:
    """A probe in a container now, or away from it until an instant, and its readings of the last hours."""

    attached: Attached
    watch: Watch | None
    stored: StoredSeries | None
    away_until_us: int | None


def _read(connection: Connection, sources: Sequence[Source], now_us: int) -> list[_Heard]:
    here = [source for source in sources if source[0].from_us <= now_us < source[0].until_us]
    # To the end of time: nothing is to be looked for behind it.
    wanted = [
        TrueWindow(attached.series_id, mending, now_us - LONGEST_WINDOW_S * SECOND_US, END_US)
        for attached, mending in here
    ]
    found = [
        _Heard(attached, watch_of(attached, stored), _inside(stored, attached.from_us, attached.until_us), None)
        for (attached, _), stored in zip(here, load_mended_windows(connection, wanted, PADDING), strict=True)
    ]
    return found + list(_away(sources, {(one.attached.container_id, one.attached.series_id) for one in found}, now_us))


def _inside(stored: StoredSeries, from_us: int, until_us: int) -> StoredSeries:
    there = (stored.times_us >= from_us) & (stored.times_us < until_us)
    return StoredSeries(stored.times_us[there], stored.temperatures_c[there], stored.qualities[there])


def _away(sources: Iterable[Source], here: set[tuple[str, int]], now_us: int) -> Iterable[_Heard]:
    """Probes between two parts of their attachment: absent, as somebody recorded."""
    parts: defaultdict[tuple[str, int], list[Attached]] = defaultdict(list)
    for attached, _ in sources:
        parts[attached.container_id, attached.series_id].append(attached)
    for key, some in parts.items():
        later = [part.from_us for part in some if part.from_us > now_us]
        if key not in here and later and any(part.until_us <= now_us for part in some):
            yield _Heard(some[0], None, None, min(later))


def _now(
    listed: ListedContainer,
    profile: Profile,
    heard: Sequence[_Heard],
    power: Mapping[str, Battery],
    lots: int,
    doubted: bool,
    now_us: int,
) -> ContainerNow:
    limits = [(limit, None) for limit in profile.limits if limit.effect is Effect.CONDEMNS]
    watches = [one.watch for one in heard if one.watch is not None]
    found = NoForecast.TOO_FEW if doubted else first_crossed(watches, limits, profile.max_gap_s, now_us)
    probes = [_probe(one, profile, power, now_us) for one in heard]
    return ContainerNow(
        listed,
        profile,
        tuple(sorted(probes, key=_badness)),
        lots,
        found if isinstance(found, Forecast) and found.crosses is not None else None,
        tuple(watches),
    )


def _probe(heard: _Heard, profile: Profile, power: Mapping[str, Battery], now_us: int) -> ProbeNow:
    logger_id, probe = heard.attached.logger_id, heard.attached.probe
    battery = power.get(logger_id)
    battery_v = None if battery is None else battery.battery_v
    if heard.stored is None:
        return ProbeNow(logger_id, probe, None, True, None, None, heard.away_until_us, battery_v)
    columns = heard.stored.times_us, heard.stored.temperatures_c, heard.stored.qualities
    present = newest(*columns, heard.attached.range_min_c, heard.attached.range_max_c)
    stale = present is None or now_us - present.measured_us > profile.max_gap_s * SECOND_US
    return ProbeNow(
        logger_id,
        probe,
        present,
        stale,
        None if present is None else nearest(present, profile.limits),
        # Where the newest reading is no number, what numbers did before it is not where it is going.
        None if stale or present is None or present.temperature_c is None else per_hour_c(*columns),
        None,
        battery_v,
    )


def _badness(probe: ProbeNow) -> tuple[bool, tuple[bool, bool, float], str, str]:
    urgency = (True, True, np.inf) if probe.nearest is None else probe.nearest.urgency
    return probe.stale, urgency, probe.logger_id, probe.probe
