"""What is known of containers when it is asked what their limits say: of all of them at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from service.answers.judging import JudgedLot, judge_lots
from service.domain.alerting.at_stake import limits_at_stake
from service.domain.alerting.given_up import why_given_up
from service.domain.alerting.limit_rules import BUDGET_USED, open_record
from service.domain.alerting.rule_table import LIMIT_RULES
from service.domain.alerting.rules import AtStake, ContainerFacts, Newest, Rule, overridden
from service.domain.clocks import AsOf
from service.domain.exposure.container import Record, threshold_of
from service.domain.instant import BEGINNING_US, SECOND_US, from_datetime
from service.domain.profiles import Profile
from service.store.alerting import budget_stages
from service.store.alerting.alerts import OpenAlert
from service.store.alerting.lots_now import lots_now
from service.store.alerting.overrides import alerting_of
from service.store.exposure.ends import Asked, WithinSince, within_since
from service.store.exposure.records import Records
from service.store.pool import Connection
from service.store.registry.attachments import Attached, judged_attachments
from service.store.registry.containers import Container, containers_by_id
from service.store.series.mended import newest_of

LIMIT_CAUSES = tuple(rule.cause for rule in LIMIT_RULES)

#: The open alerts of a container, by cause.
Known = Mapping[str, OpenAlert]


@dataclass(frozen=True, slots=True)
class Looked:
    """A container that was looked at.

    Attributes:
        rules: those about limits, as they are in force there.
        attached: its judged probes; known: its open alerts.
        within: by cause of an open alert, when the container came back within what that is about.
    """

    container: Container
    rules: tuple[Rule[ContainerFacts], ...]
    facts: ContainerFacts
    attached: Sequence[Attached]
    known: Known
    within: Mapping[str, WithinSince]

    def watching(self, now_us: int) -> list[Attached]:
        """The probes that are there now."""
        return watching(self.attached, now_us)


def look(
    connection: Connection,
    container_ids: Sequence[str],
    records: Records,
    known: Mapping[str, Known],
    profiles: Mapping[tuple[str, int], Profile],
    judged: Mapping[str, JudgedLot],
    now_us: int,
) -> list[Looked]:
    """What is known of these containers. `judged`: lots that were judged as of now already, by id."""
    containers, attached = containers_by_id(connection, container_ids), judged_attachments(connection, container_ids)
    alerting = alerting_of(connection, container_ids)
    rules = {x: tuple(overridden(rule, alerting[x].overrides) for rule in LIMIT_RULES) for x in container_ids}
    lots = lots_now(connection, now_us, container_ids)
    found = _judged(connection, lots, judged, now_us)
    given_up = frozenset(lot_id for lot_id, one in found.items() if why_given_up(one.answered.reason_codes) is not None)
    at_stake = {
        container_id: [x for lot_id in some if lot_id not in given_up for x in _limits_at_stake(found[lot_id], now_us)]
        for container_id, some in lots.items()
    }
    _add_told(connection, at_stake, rules, known)
    newest = newest_of(connection, [x.series_id for some in attached.values() for x in watching(some, now_us)], now_us)
    facts = {
        container_id: _facts(
            containers[container_id],
            profiles[containers[container_id].profile_key],
            {max_gap_s: record for (name, max_gap_s), record in records.items() if name == container_id},
            lots.get(container_id, ()),
            at_stake.get(container_id, ()),
            given_up,
            [newest[series_id] for series_id in newest if series_id in _series_of(attached[container_id], now_us)],
            now_us,
        )
        for container_id in container_ids
    }
    within = _within(connection, facts.values(), known)
    return [
        Looked(containers[x], rules[x], facts[x], attached[x], known.get(x, {}), within.get(x, {}))
        for x in container_ids
    ]


def watching(attached: Iterable[Attached], now_us: int) -> list[Attached]:
    """Those of these probes that are there now."""
    return [x for x in attached if x.from_us <= now_us < x.until_us]


def _series_of(attached: Iterable[Attached], now_us: int) -> set[int]:
    return {x.series_id for x in watching(attached, now_us)}


def _facts(
    container: Container,
    profile: Profile,
    records: dict[int, Record],
    lot_ids: tuple[str, ...],
    at_stake: Sequence[AtStake],
    given_up: frozenset[str],
    newest: Sequence[Newest],
    now_us: int,
) -> ContainerFacts:
    own = records.pop(profile.max_gap_s, None)
    # What was heard before it fell silent is not how warm it is now.
    lately = (x.bounded for x in newest if now_us - x.measured_us <= profile.max_gap_s * SECOND_US)
    now = next((one for one in lately if one is not None), None)
    return ContainerFacts(
        container.id,
        container.kind,
        profile,
        own,
        lot_ids,
        tuple(at_stake),
        None if now is None else now.temperature_c,
        other_records=tuple(records.values()),
        newest=tuple(newest),
        given_up_ids=given_up,
        now_is=None if now is None else now.bound,
    )


def _judged(
    connection: Connection, lots: Mapping[str, Sequence[str]], judged: Mapping[str, JudgedLot], now_us: int
) -> dict[str, JudgedLot]:
    """The lots that are there now, and those judged already, by id."""
    unjudged = sorted(lot_id for some in lots.values() for lot_id in some if lot_id not in judged)
    fresh = judge_lots(connection, unjudged, AsOf(now_us))
    return {one.lot.id: one for one in fresh} | dict(judged)


def _limits_at_stake(found: JudgedLot, now_us: int) -> Iterator[AtStake]:
    came_us = next((x.from_us for x in found.lot.stays if x.from_us <= now_us < x.until_us), BEGINNING_US)
    return limits_at_stake(found.lot.id, came_us, found.judgement)


def _add_told(
    connection: Connection,
    at_stake: dict[str, list[AtStake]],
    rules: Mapping[str, Sequence[Rule[ContainerFacts]]],
    known: Mapping[str, Known],
) -> None:
    """Add what people were told of the lots' budgets before, by other alerts than the one that is open."""
    at = {
        container_id: min((rule.at for rule in rules[container_id] if rule.at is not None), default=0.0)
        for container_id in at_stake
    }
    used = {
        x.lot_id
        for container_id, some in at_stake.items()
        for x in some
        if x.used >= at[container_id] and x.limit.budget_s is not None
    }
    if not used:
        return
    told = budget_stages.told(connection, sorted(used))
    for container_id, some in at_stake.items():
        open_alert = known.get(container_id, {}).get(BUDGET_USED)
        shares = {key: one.share for key, one in told.items() if open_alert is None or one.alert_id != open_alert.id}
        at_stake[container_id] = [
            x if x.limit.budget_s is None else replace(x, told=shares.get((x.lot_id, threshold_of(x.limit)), 0.0))
            for x in some
        ]


def _within(
    connection: Connection, facts: Iterable[ContainerFacts], known: Mapping[str, Known]
) -> dict[str, dict[str, WithinSince]]:
    """By container and cause of an open alert that may be over, when the container came back within its limits."""
    asked: list[Asked] = []
    causes: list[tuple[str, str]] = []
    for one in facts:
        for cause, alert in known.get(one.container_id, {}).items():
            about = alert.threshold
            if cause not in LIMIT_CAUSES or (about is not None and open_record(one, about) is not None):
                continue
            limits = (*one.profile.limits, *(x.limit for x in one.at_stake))
            keys = {threshold_of(limit) for limit in limits} | ({about} if about is not None else set())
            began_us = from_datetime(alert.began_at)
            asked.append(Asked(one.container_id, one.profile.max_gap_s, tuple(sorted(keys)), began_us))
            causes.append((one.container_id, cause))
    found: defaultdict[str, dict[str, WithinSince]] = defaultdict(dict)
    for (container_id, cause), since in zip(causes, within_since(connection, asked), strict=True):
        found[container_id][cause] = since
    return found
