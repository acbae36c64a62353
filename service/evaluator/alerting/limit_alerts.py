"""What the limits say of containers, asked with their readings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from service.answers.judging import JudgedLot, judge_lots
from service.domain.alerting.at_stake import limits_at_stake
from service.domain.alerting.details import EvidenceLost, StillBeyond, WasBeyond
from service.domain.alerting.lifecycle import AlertState, Finding
from service.domain.alerting.limit_rules import (
    BUDGET_USED,
    LIMIT_CROSSED,
    OUTDATED_AFTER_S,
    is_outdated,
    limit_left,
    open_record,
    stages_told,
)
from service.domain.alerting.rule_table import LIMIT_RULES
from service.domain.alerting.rules import (
    AtStake,
    ContainerFacts,
    Rule,
    RuleOutcome,
    at_most_warning,
    outcome_of,
    overridden,
)
from service.domain.clocks import AsOf
from service.domain.exposure.container import Threshold, left_beyond, threshold_of
from service.domain.instant import BEGINNING_US, SECOND_US, from_datetime, to_datetime
from service.domain.profiles import Profile
from service.domain.severity import Severity
from service.evaluator.alerting.findings import apply_findings, container_subject, isolate_failure
from service.store.alerting import budget_stages
from service.store.alerting.alerts import OpenAlert, alarmed_containers, open_alerts
from service.store.alerting.overrides import alerting_of
from service.store.exposure.ends import load_ends, within_since
from service.store.exposure.records import Records
from service.store.lots.lots import lots_now_in
from service.store.pool import Connection
from service.store.registry.attachments import Attached, judged_attachments
from service.store.registry.containers import Container, containers_by_id
from service.store.series.mended import newest_of

_CAUSES = tuple(rule.cause for rule in LIMIT_RULES)

#: The open alerts of a container, by cause.
_Known = Mapping[str, OpenAlert]


def update_alerts(
    connection: Connection,
    container_ids: Sequence[str],
    profiles: Mapping[tuple[str, int], Profile],
    now_us: int,
    judged: Sequence[JudgedLot],
) -> None:
    """What the limits say of these containers, and of those whose alerts are due to fire. `judged`: as of now."""
    due = alarmed_containers(connection, _CAUSES, to_datetime(now_us))
    update_alerts_of(connection, sorted({*container_ids, *due}), profiles, now_us, judged)


def containers_with_alerts(connection: Connection) -> list[str]:
    """The containers that have an alert about a limit: one that is taken over may be left too long."""
    return sorted(alarmed_containers(connection, _CAUSES))


def update_alerts_of(
    connection: Connection,
    container_ids: Sequence[str],
    profiles: Mapping[tuple[str, int], Profile],
    now_us: int,
    judged: Sequence[JudgedLot] = (),
) -> None:
    """What the limits say of these containers. `judged`: lots that were judged as of now already."""
    if not container_ids:
        return
    records = load_ends(connection, container_ids, now_us - OUTDATED_AFTER_S * SECOND_US)
    known: dict[str, dict[str, OpenAlert]] = {}
    for alert in open_alerts(connection, [f"container:{x}" for x in container_ids]):
        known.setdefault(alert.container_id or "", {})[alert.cause] = alert
    hot = {container_id for (container_id, _), record in records.items() if record.open_possible or left_beyond(record)}
    concerned = sorted(known.keys() | hot)
    if not concerned:
        return
    containers = containers_by_id(connection, concerned)
    alerting = alerting_of(connection, concerned)
    attached = judged_attachments(connection, concerned)
    judged_by_id = {one.lot.id: one for one in judged}
    for container_id in concerned:
        container, overrides = containers[container_id], alerting[container_id].overrides
        profile = profiles[container.profile_key]
        rules = [overridden(rule, overrides) for rule in LIMIT_RULES]
        with isolate_failure(f"container:{container_id}"), connection.transaction():
            here = known.get(container_id, {})
            facts = _facts(connection, container, profile, records, attached[container_id], judged_by_id, now_us)
            facts = _with_told(connection, facts, rules, here)
            outcomes = [_outcome(connection, rule, facts, attached[container_id], here, now_us) for rule in rules]
            apply_findings(connection, container_subject(container, facts.lot_ids), outcomes, now_us)
            _note_told(connection, facts, rules, outcomes)


def _facts(
    connection: Connection,
    container: Container,
    profile: Profile,
    records: Records,
    attached: Sequence[Attached],
    judged: Mapping[str, JudgedLot],
    now_us: int,
) -> ContainerFacts:
    lot_ids = lots_now_in(connection, container.id, to_datetime(now_us))
    of_container = {max_gap_s: record for (name, max_gap_s), record in records.items() if name == container.id}
    own = of_container.pop(profile.max_gap_s, None)
    newest = newest_of(connection, [x.series_id for x in _watching(attached, now_us)], now_us)
    return ContainerFacts(
        container.id,
        container.kind,
        profile,
        own,
        tuple(lot_ids),
        tuple(_at_stake(connection, lot_ids, judged, now_us)),
        # What was heard before it fell silent is not how warm it is now.
        next(
            (
                x.temperature_c
                for x in newest
                if x.temperature_c is not None and now_us - x.measured_us <= profile.max_gap_s * SECOND_US
            ),
            None,
        ),
        other_records=tuple(of_container.values()),
        newest=tuple(newest),
    )


def _watching(attached: Sequence[Attached], now_us: int) -> list[Attached]:
    return [x for x in attached if x.from_us <= now_us < x.until_us]


def _at_stake(
    connection: Connection, lot_ids: Sequence[str], judged: Mapping[str, JudgedLot], now_us: int
) -> Iterator[AtStake]:
    """What these lots can be lost by, where they are now."""
    fresh = judge_lots(connection, [lot_id for lot_id in lot_ids if lot_id not in judged], AsOf(now_us))
    here = {one.lot.id: one for one in fresh} | {lot_id: judged[lot_id] for lot_id in lot_ids if lot_id in judged}
    for found in (here[lot_id] for lot_id in lot_ids):
        came_us = next((x.from_us for x in found.lot.stays if x.from_us <= now_us < x.until_us), BEGINNING_US)
        yield from limits_at_stake(found.lot.id, came_us, found.judgement)


def _with_told(
    connection: Connection, facts: ContainerFacts, rules: Sequence[Rule[ContainerFacts]], known: _Known
) -> ContainerFacts:
    """With what people were told of the lots' budgets before, by other alerts than the one that is open."""
    at = min((rule.at for rule in rules if rule.at is not None), default=0.0)
    used = sorted({x.lot_id for x in facts.at_stake if x.used >= at and x.limit.budget_s is not None})
    if not used:
        return facts
    open_id = known[BUDGET_USED].id if BUDGET_USED in known else None
    told = budget_stages.told(connection, used, open_id)
    return replace(
        facts,
        at_stake=tuple(
            replace(x, told=told.get((x.lot_id, threshold_of(x.limit)), 0.0)) if x.limit.budget_s is not None else x
            for x in facts.at_stake
        ),
    )


def _note_told(
    connection: Connection,
    facts: ContainerFacts,
    rules: Sequence[Rule[ContainerFacts]],
    outcomes: Sequence[RuleOutcome],
) -> None:
    """Remember what the alert about budgets tells of, once it fires."""
    for rule, one in zip(rules, outcomes, strict=True):
        stages = stages_told(rule, facts) if rule.cause == BUDGET_USED and one.found is not None else {}
        if not stages:
            continue
        for alert in open_alerts(connection, [f"container:{facts.container_id}"]):
            if alert.cause == BUDGET_USED and alert.state != AlertState.PENDING:
                budget_stages.note_told(connection, stages, alert.id)


def _outcome(
    connection: Connection,
    rule: Rule[ContainerFacts],
    facts: ContainerFacts,
    attached: Sequence[Attached],
    known: _Known,
    now_us: int,
) -> RuleOutcome:
    """What a rule says; where it does not hold, what has become of what it told of."""
    alert = known.get(rule.cause)
    about = None if alert is None else alert.threshold
    called = alert is not None and alert.state != AlertState.PENDING
    outcome = outcome_of(rule, _with_lost_lots_counting(facts, about if called else None), now_us)
    if outcome.found is None and alert is None and rule.cause == LIMIT_CROSSED and not rule.off:
        # Nobody may have looked between what a probe said last and the end of its attachment.
        outcome = replace(outcome, found=limit_left(rule, facts, {x.until_us for x in attached}, now_us))
    outcome = _delayed_from_arrival(outcome, facts, alert, about, now_us)
    # Of budgets there is no more to say where the lots are elsewhere.
    if outcome.found is not None or alert is None or rule.off or (rule.cause == BUDGET_USED and not facts.at_stake):
        return outcome
    if about is not None and open_record(facts, about) is not None:
        return outcome if rule.cause == BUDGET_USED else replace(outcome, calm_details=StillBeyond(about))
    if _watching(attached, now_us):
        return _calm(connection, rule, facts, attached, alert, about, now_us)
    if not facts.lot_ids and alert.state == AlertState.PENDING:
        return outcome
    if not facts.lot_ids and (facts.record is None or is_outdated(facts.record, now_us)):
        return RuleOutcome(rule.cause, 0, None, calm_details=WasBeyond(EvidenceLost.UNMEASURED))
    return replace(outcome, found=_unmeasured(rule, facts, alert, about))


def _delayed_from_arrival(
    outcome: RuleOutcome, facts: ContainerFacts, alert: OpenAlert | None, about: Threshold | None, now_us: int
) -> RuleOutcome:
    """Where a logger's clock is ahead, a delay counts from when it was heard, not from when that clock is caught up."""
    found = outcome.found
    if found is None or all(one.measured_us <= now_us for one in facts.newest):
        return outcome
    since_us = min(found.since_us, now_us)
    if alert is not None and alert.due_at is not None and found.threshold == about:
        since_us = min(since_us, from_datetime(alert.due_at) - found.delay_s * SECOND_US)
    return replace(outcome, found=replace(found, since_us=since_us))


def _with_lost_lots_counting(facts: ContainerFacts, about: Threshold | None) -> ContainerFacts:
    """A lot that is lost calls nobody anew; and yet what people were called for is not over while it lies there."""
    return replace(
        facts,
        at_stake=tuple(replace(x, lost_us=None) if threshold_of(x.limit) == about else x for x in facts.at_stake),
    )


def _unmeasured(
    rule: Rule[ContainerFacts], facts: ContainerFacts, alert: OpenAlert, about: Threshold | None
) -> Finding:
    """It was beyond a limit, its probe was taken out, and nothing has measured since that it is within."""
    began_us, due_us = from_datetime(alert.began_at), from_datetime(alert.due_at or alert.began_at)
    severity = Severity(alert.severity) if facts.lot_ids else at_most_warning(rule.severity)
    figures = replace(alert.figures, now_c=None)
    return Finding(
        began_us,
        WasBeyond(EvidenceLost.UNMEASURED),
        severity,
        (due_us - began_us) // SECOND_US,
        figures=figures,
        threshold=about,
    )


def _calm(
    connection: Connection,
    rule: Rule[ContainerFacts],
    facts: ContainerFacts,
    attached: Sequence[Attached],
    alert: OpenAlert,
    about: Threshold | None,
    now_us: int,
) -> RuleOutcome:
    """With the time its readings prove to be within limits: silence proves nothing, nor does a probe taken out."""
    limits = (*facts.profile.limits, *(x.limit for x in facts.at_stake))
    keys = {threshold_of(limit) for limit in limits} | ({about} if about is not None else set())
    began_us = from_datetime(alert.began_at)
    within = within_since(connection, facts.container_id, facts.profile.max_gap_s, sorted(keys), began_us)
    last_us, since_us = within.beyond_until_us, within.measured_from_us
    measured_us = BEGINNING_US if facts.record is None else facts.record.measured_until_us
    void, taken_out = last_us == began_us, any(x.until_us == last_us for x in attached)
    if measured_us < since_us or (measured_us == last_us and (void or taken_out)):
        return RuleOutcome(rule.cause, rule.recovers_s, _unmeasured(rule, facts, alert, about))
    lost = EvidenceLost.PROBE_REMOVED if taken_out else EvidenceLost.READINGS_VOID if void else None
    if lost is not None and since_us == last_us:
        # What another probe said before is no news of what somebody has just done: it is to be heard again.
        since_us = max(since_us, measured_us if alert.calm_since is None else from_datetime(alert.calm_since))
    until_us = min(measured_us, now_us)
    said = None if lost is None else WasBeyond(lost)
    return RuleOutcome(rule.cause, rule.recovers_s, None, until_us, min(until_us, since_us), said)
