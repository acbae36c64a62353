"""What a rule about a limit says of a container; where it does not hold, what became of what it told of."""

from dataclasses import replace

from service.domain.alerting.details import EvidenceLost, StillBeyond, WasBeyond
from service.domain.alerting.lifecycle import AlertState, Finding
from service.domain.alerting.limit_rules import BUDGET_USED, LIMIT_CROSSED, is_outdated, limit_left, open_record
from service.domain.alerting.rules import ContainerFacts, Rule, RuleOutcome, at_most_warning, outcome_of
from service.domain.exposure.container import Threshold, threshold_of
from service.domain.instant import BEGINNING_US, SECOND_US, from_datetime
from service.domain.severity import Severity
from service.evaluator.alerting.limit_facts import Looked
from service.store.alerting.alerts import OpenAlert


def outcome_at(rule: Rule[ContainerFacts], looked: Looked, now_us: int) -> RuleOutcome:
    """What a rule says; where it does not hold, what has become of what it told of."""
    facts = looked.facts
    alert = looked.known.get(rule.cause)
    about = None if alert is None else alert.threshold
    called = alert is not None and alert.state != AlertState.PENDING
    outcome = outcome_of(rule, _with_lost_lots_counting(facts, about if called else None), now_us)
    if outcome.found is None and alert is None and rule.cause == LIMIT_CROSSED and not rule.off:
        # Nobody may have looked between what a probe said last and the end of its attachment.
        outcome = replace(outcome, found=limit_left(rule, facts, {x.until_us for x in looked.attached}, now_us))
    outcome = _delayed_from_arrival(outcome, facts, alert, about, now_us)
    # Of budgets there is no more to say where the lots are elsewhere.
    if outcome.found is not None or alert is None or rule.off or (rule.cause == BUDGET_USED and not facts.at_stake):
        return outcome
    if about is not None and open_record(facts, about) is not None:
        return outcome if rule.cause == BUDGET_USED else replace(outcome, calm_details=StillBeyond(about))
    if looked.watching(now_us):
        return _calm(rule, looked, alert, now_us)
    if not facts.lots_to_keep and alert.state == AlertState.PENDING:
        return outcome
    if not facts.lots_to_keep and _is_left_alone(looked, now_us):
        return RuleOutcome(rule.cause, 0, None, calm_details=WasBeyond(EvidenceLost.UNMEASURED))
    return replace(outcome, found=_unmeasured(rule, facts, alert, about))


def _is_left_alone(looked: Looked, now_us: int) -> bool:
    """Whether nobody waits for a container to be measured again in which no lot is to be kept."""
    record = looked.facts.record
    return looked.container.retired_at is not None or record is None or is_outdated(record, now_us)


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
    severity = Severity(alert.severity) if facts.lots_to_keep else at_most_warning(rule.severity)
    figures = alert.figures.without_now()
    return Finding(
        began_us,
        WasBeyond(EvidenceLost.UNMEASURED),
        severity,
        (due_us - began_us) // SECOND_US,
        figures=figures,
        threshold=about,
    )


def _calm(rule: Rule[ContainerFacts], looked: Looked, alert: OpenAlert, now_us: int) -> RuleOutcome:
    """With the time its readings prove to be within limits: silence proves nothing, nor does a probe taken out."""
    facts, within, began_us = looked.facts, looked.within[rule.cause], from_datetime(alert.began_at)
    last_us, since_us = within.beyond_until_us, within.measured_from_us
    measured_us = BEGINNING_US if facts.record is None else facts.record.measured_until_us
    void, taken_out = last_us == began_us, any(x.until_us == last_us for x in looked.attached)
    if measured_us < since_us or (measured_us == last_us and (void or taken_out)):
        return RuleOutcome(rule.cause, rule.recovers_s, _unmeasured(rule, facts, alert, alert.threshold))
    lost = EvidenceLost.PROBE_REMOVED if taken_out else EvidenceLost.READINGS_VOID if void else None
    if lost is not None and since_us == last_us:
        # What another probe said before is no news of what somebody has just done: it is to be heard again.
        since_us = max(since_us, measured_us if alert.calm_since is None else from_datetime(alert.calm_since))
    until_us = min(measured_us, now_us)
    said = None if lost is None else WasBeyond(lost)
    return RuleOutcome(rule.cause, rule.recovers_s, None, until_us, min(until_us, since_us), said)
