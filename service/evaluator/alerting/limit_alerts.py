"""What the limits say of containers, asked with their readings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from service.answers.judging import judge_lots
from service.domain.alerting.lifecycle import AlertState, Figures, Finding
from service.domain.alerting.limit_rules import BUDGET_USED, LIMIT_RULES, is_old_news, open_record, stages_told
from service.domain.alerting.limit_words import TAKEN_OUT, UNMEASURED, VOID, left_text
from service.domain.alerting.rules import AtStake, ContainerFacts, Judged, Rule, asked, at_most_warning, overridden
from service.domain.alerting.stakes import at_stake
from service.domain.exposure.container import Threshold, threshold_of
from service.domain.instant import BEGINNING_US, SECOND_US, from_datetime, to_datetime
from service.domain.profiles import Direction, Profile
from service.domain.severity import Severity
from service.evaluator.alerting.findings import container_subject, settle, whatever_becomes_of
from service.store.alerting import alerts, budget_stages
from service.store.alerting.overrides import alerting_of
from service.store.exposure.records import Records, load_ends, within_since
from service.store.lots.lots import lots_now_in
from service.store.pool import Connection
from service.store.registry.attachments import Attached, judged_attachments
from service.store.registry.containers import Container, containers_by_id
from service.store.series.mended import newest_of

_CAUSES = tuple(rule.cause for rule in LIMIT_RULES)

#: The open alerts of a container, by cause.
_Known = Mapping[str, alerts.Row]


def update_alerts(
    connection: Connection, container_ids: Sequence[str], profiles: Mapping[tuple[str, int], Profile], now_us: int
) -> None:
    """What the limits say of these containers, and of those whose alerts are due to fire."""
    due = alerts.alarmed_containers(connection, _CAUSES, to_datetime(now_us))
    update_alerts_of(connection, sorted({*container_ids, *due}), profiles, now_us)


def containers_with_alerts(connection: Connection) -> list[str]:
    """The containers that have an alert about a limit: one that is taken over may be left too long."""
    return sorted(alerts.alarmed_containers(connection, _CAUSES))


def update_alerts_of(
    connection: Connection, container_ids: Sequence[str], profiles: Mapping[tuple[str, int], Profile], now_us: int
) -> None:
    """What the limits say of these containers."""
    if not container_ids:
        return
    records = load_ends(connection, container_ids)
    known: dict[str, dict[str, alerts.Row]] = {}
    for row in alerts.open_alerts(connection, [f"container:{x}" for x in container_ids]):
        known.setdefault(row["container_id"], {})[row["cause"]] = row
    hot = {container_id for (container_id, _), record in records.items() if record.open_possible}
    concerned = sorted(known.keys() | hot)
    if not concerned:
        return
    containers = containers_by_id(connection, concerned)
    alerting = alerting_of(connection, concerned)
    attached = judged_attachments(connection, concerned)
    for container_id in concerned:
        container, overrides = containers[container_id], alerting[container_id].overrides
        profile = profiles[container.profile_key]
        rules = [overridden(rule, overrides) for rule in LIMIT_RULES]
        with whatever_becomes_of(f"container:{container_id}"), connection.transaction():
            here = known.get(container_id, {})
            facts = _facts(connection, container, profile, records, attached[container_id], now_us)
            facts = _with_told(connection, facts, rules, here)
            judged = [_judged(connection, rule, facts, attached[container_id], here, now_us) for rule in rules]
            settle(connection, container_subject(container, facts.lot_ids), judged, now_us)
            _note_told(connection, facts, rules, judged)


def _facts(
    connection: Connection,
    container: Container,
    profile: Profile,
    records: Records,
    attached: Sequence[Attached],
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
        tuple(_at_stake(connection, lot_ids, now_us)),
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


def _at_stake(connection: Connection, lot_ids: Sequence[str], now_us: int) -> Iterator[AtStake]:
    """What these lots can be lost by, where they are now."""
    for found in judge_lots(connection, lot_ids, now_us):
        came_us = next((x.from_us for x in found.lot.stays if x.from_us <= now_us < x.until_us), BEGINNING_US)
        yield from at_stake(found.lot.id, came_us, found.judgement)


def _with_told(
    connection: Connection, facts: ContainerFacts, rules: Sequence[Rule[ContainerFacts]], known: _Known
) -> ContainerFacts:
    """With what people were told of the lots' budgets before, by other alerts than the one that is open."""
    at = min((rule.at for rule in rules if rule.at is not None), default=0.0)
    used = sorted({x.lot_id for x in facts.at_stake if x.used >= at and x.limit.budget_s is not None})
    if not used:
        return facts
    open_id = known[BUDGET_USED]["id"] if BUDGET_USED in known else None
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
    judged: Sequence[Judged],
) -> None:
    """Remember what the alert about budgets tells of, once it fires."""
    for rule, one in zip(rules, judged, strict=True):
        stages = stages_told(rule, facts) if rule.cause == BUDGET_USED and one.found is not None else {}
        if not stages:
            continue
        for row in alerts.open_alerts(connection, [f"container:{facts.container_id}"]):
            if row["cause"] == BUDGET_USED and row["state"] != AlertState.PENDING:
                budget_stages.note_told(connection, stages, row["id"])


def _judged(
    connection: Connection,
    rule: Rule[ContainerFacts],
    facts: ContainerFacts,
    attached: Sequence[Attached],
    known: _Known,
    now_us: int,
) -> Judged:
    """What a rule says; where it does not hold, what has become of what it told of."""
    row = known.get(rule.cause)
    about = None if row is None or row["direction"] is None else (Direction(row["direction"]), row["threshold_c"])
    called = row is not None and row["state"] != AlertState.PENDING
    judged = _as_heard(asked(rule, _minding(facts, about if called else None), now_us), facts, row, about, now_us)
    # Of budgets there is no more to say where the lots are elsewhere.
    if judged.found is not None or row is None or rule.off or (rule.cause == BUDGET_USED and not facts.at_stake):
        return judged
    if about is not None and open_record(facts, about) is not None:
        return judged if rule.cause == BUDGET_USED else replace(judged, calm_text=left_text(about))
    if _watching(attached, now_us):
        return _calm(connection, rule, facts, attached, row, about, now_us)
    if not facts.lot_ids and row["state"] == AlertState.PENDING:
        return judged
    if not facts.lot_ids and (facts.record is None or is_old_news(facts.record, now_us)):
        return Judged(rule.cause, 0, None, calm_text=UNMEASURED)
    return replace(judged, found=_unmeasured(rule, facts, row, about))


def _as_heard(
    judged: Judged, facts: ContainerFacts, row: alerts.Row | None, about: Threshold | None, now_us: int
) -> Judged:
    """Where a logger's clock is ahead, a delay counts from when it was heard, not from when that clock is caught up."""
    found = judged.found
    if found is None or all(one.measured_us <= now_us for one in facts.newest):
        return judged
    since_us = min(found.since_us, now_us)
    if row is not None and row["due_at"] is not None and found.threshold == about:
        since_us = min(since_us, from_datetime(row["due_at"]) - found.delay_s * SECOND_US)
    return replace(judged, found=replace(found, since_us=since_us))


def _minding(facts: ContainerFacts, about: Threshold | None) -> ContainerFacts:
    """A lot that is lost calls nobody anew; and yet what people were called for is not over while it lies there."""
    return replace(
        facts,
        at_stake=tuple(replace(x, lost_us=None) if threshold_of(x.limit) == about else x for x in facts.at_stake),
    )


def _unmeasured(rule: Rule[ContainerFacts], facts: ContainerFacts, row: alerts.Row, about: Threshold | None) -> Finding:
    """It was beyond a limit, its probe was taken out, and nothing has measured since that it is within."""
    began_us, due_us = from_datetime(row["began_at"]), from_datetime(row["due_at"] or row["began_at"])
    severity = Severity(row["severity"]) if facts.lot_ids else at_most_warning(rule.severity)
    figures = Figures(**{**row["figures"], "now_c": None})
    return Finding(began_us, UNMEASURED, severity, (due_us - began_us) // SECOND_US, figures=figures, threshold=about)


def _calm(
    connection: Connection,
    rule: Rule[ContainerFacts],
    facts: ContainerFacts,
    attached: Sequence[Attached],
    row: alerts.Row,
    about: Threshold | None,
    now_us: int,
) -> Judged:
    """With the time its readings prove to be within limits: silence proves nothing, nor does a probe taken out."""
    limits = (*facts.profile.limits, *(x.limit for x in facts.at_stake))
    keys = {threshold_of(limit) for limit in limits} | ({about} if about is not None else set())
    began_us = from_datetime(row["began_at"])
    within = within_since(connection, facts.container_id, facts.profile.max_gap_s, sorted(keys), began_us)
    last_us, since_us = within.beyond_until_us, within.measured_from_us
    measured_us = BEGINNING_US if facts.record is None else facts.record.measured_until_us
    void, taken_out = last_us == began_us, any(x.until_us == last_us for x in attached)
    if measured_us < since_us or (measured_us == last_us and (void or taken_out)):
        return Judged(rule.cause, rule.recovers_s, _unmeasured(rule, facts, row, about))
    said = TAKEN_OUT if taken_out else VOID if void else None
    if said is not None and since_us == last_us:
        # What another probe said before is no news of what somebody has just done: it is to be heard again.
        since_us = max(since_us, measured_us if row["calm_since"] is None else from_datetime(row["calm_since"]))
    until_us = min(measured_us, now_us)
    return Judged(rule.cause, rule.recovers_s, None, until_us, min(until_us, since_us), said)
