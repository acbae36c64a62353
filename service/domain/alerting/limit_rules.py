"""Rules about limits: one may have been crossed, and the time allowed beyond it is being used up.

The limits are those of the container's profile, and whatever else a lot in it can be lost by. People are called for
what is *possible*: only readings within a limit say that it is kept.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from service.domain import spans
from service.domain.alerting.details import MOST_NAMED, Beyond, BudgetUsed, Certainty, EvidenceLost, WasBeyond
from service.domain.alerting.lifecycle import Figures, Finding
from service.domain.alerting.rules import UNDER_WAY, AtStake, ContainerFacts, Newest, Rule, at_most_warning
from service.domain.exposure.container import Record, Threshold, threshold_of, with_left_open
from service.domain.instant import BEGINNING_US, SECOND_US
from service.domain.profiles import Direction, Effect, Limit
from service.domain.series.quality import Quality
from service.domain.severity import Severity

LIMIT_CROSSED, BUDGET_USED = "limit_crossed", "budget_used"

#: People are told at the latest after this share of the smallest budget inside, so that most of it is left to act.
LATEST_SHARE = 1 / 3

#: What was measured longer ago is no news of now.
OUTDATED_AFTER_S = 86_400

#: Shares of a budget at which people are told again.
SHARES = (1.0, 0.8, 0.5)

#: From this share on it is as serious as the rule says.
SERIOUS_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class _Crossed:
    """A threshold that the container is beyond now, for all that its readings prove.

    Attributes:
        own: the limits of its profile there; at_stake: those of lots that were not lost before.
    """

    threshold: Threshold
    record: Record
    since_us: int
    own: tuple[Limit, ...]
    at_stake: tuple[AtStake, ...]
    declared: bool = False


def limit_crossed(rule: Rule[ContainerFacts], facts: ContainerFacts, now_us: int) -> Finding | None:
    """The most serious limit the container may be beyond now; one whose delay has passed before one that waits."""
    crossed = list(_crossed(facts))
    found = [(_crossing(rule, facts, one, crossed, now_us), one) for one in crossed]
    return max(found, key=lambda pair: _urgency(pair[0], pair[1], now_us), default=(None, None))[0]


def limit_left(
    rule: Rule[ContainerFacts], facts: ContainerFacts, ends_us: Collection[int], now_us: int
) -> Finding | None:
    """What `limit_crossed` would have found before the probes were taken out that it would have found it by.

    Nothing says since that it is within limits. Where no lot is to be kept, nobody is called for what nobody measures.

    Args:
        ends_us: when judged attachments ended, for good or for an absence.
    """
    if not facts.lots_to_keep:
        return None
    own = None if facts.record is None else with_left_open(facts.record, ends_us)
    others = tuple(with_left_open(record, ends_us) for record in facts.other_records)
    found = limit_crossed(rule, replace(facts, record=own, other_records=others), now_us)
    if found is None:
        return None
    return replace(found, details=WasBeyond(EvidenceLost.UNMEASURED), figures=found.figures.without_now())


def _urgency(found: Finding, crossed: _Crossed, now_us: int) -> tuple[bool, int, bool, float]:
    due_us = found.since_us + found.delay_s * SECOND_US
    direction, threshold_c = crossed.threshold
    farther = threshold_c if direction is Direction.ABOVE else -threshold_c
    # Of those that wait, the one that will wake people first: they are called when it is due, and not later.
    return due_us <= now_us, 0 if due_us <= now_us else -due_us, _condemns(crossed), farther


def _crossing(
    rule: Rule[ContainerFacts], facts: ContainerFacts, one: _Crossed, crossed: list[_Crossed], now_us: int
) -> Finding:
    return Finding(
        one.since_us,
        _beyond(facts, one, now_us),
        _severity(rule, facts, one),
        _delay_s(rule, one, now_us),
        _is_stale(one, now_us),
        Figures(facts.now_c, _least_s(crossed), now_is=facts.now_is),
        one.threshold,
        _lot_ids(crossed),
    )


def _beyond(facts: ContainerFacts, one: _Crossed, now_us: int) -> Beyond:
    lot_ids = () if one.own else _lot_ids([one])
    whose = lot_ids[:MOST_NAMED], len(lot_ids)
    if one.declared:
        return Beyond(one.threshold, Certainty.DECLARED, "", None, *whose)
    beyond = [newest for newest in facts.newest if _may_be_beyond(newest, one.threshold)]
    if one.threshold not in one.record.open_beyond:
        return Beyond(one.threshold, Certainty.POSSIBLE, *_end(beyond, one.threshold), *whose)
    # Of several probes the one that is beyond may be the one that fell silent.
    heard_us = (
        max((x.measured_us for x in beyond), default=None) if len(facts.newest) > 1 else one.record.measured_until_us
    )
    silent = heard_us is None or now_us - heard_us > facts.profile.max_gap_s * SECOND_US
    return Beyond(one.threshold, Certainty.LAST_HEARD if silent else Certainty.MEASURED, "", None, *whose)


def _may_be_beyond(one: Newest, threshold: Threshold) -> bool:
    direction, threshold_c = threshold
    if one.temperature_c is None:
        return one.quality is (Quality.HI if direction is Direction.ABOVE else Quality.LO)
    return one.temperature_c > threshold_c if direction is Direction.ABOVE else one.temperature_c < threshold_c


def _end(beyond: Sequence[Newest], threshold: Threshold) -> tuple[str, float | None]:
    """Which end of its range a reading shows instead of a number, and where that is, if that is known."""
    ends = [x for x in beyond if x.temperature_c is None]
    if not ends:
        return "", None
    return ("HI", ends[0].range_max_c) if threshold[0] is Direction.ABOVE else ("LO", ends[0].range_min_c)


def _least_s(crossed: list[_Crossed]) -> float | None:
    """What is lost already cannot be saved by hurrying, and what cannot be lost by this needs no hurry."""
    left_s = [x.remaining_s for one in crossed for x in one.at_stake]
    return min((x for x in left_s if 0 < x < math.inf), default=None)


def _lot_ids(crossed: list[_Crossed]) -> tuple[str, ...]:
    """The lots concerned, of which those come first that can be saved and have the least time."""
    stakes = sorted((x for one in crossed for x in one.at_stake), key=lambda x: (x.remaining_s == 0, x.remaining_s))
    return tuple(dict.fromkeys(x.lot_id for x in stakes))


def _condemns(one: _Crossed) -> bool:
    limits = (*one.own, *(x.limit for x in one.at_stake))
    return any(limit.effect is Effect.CONDEMNS for limit in limits)


def _severity(rule: Rule[ContainerFacts], facts: ContainerFacts, one: _Crossed) -> Severity:
    # A shipper with nothing in it has been unpacked.
    unpacked = facts.kind in UNDER_WAY and not facts.lot_ids
    return at_most_warning(rule.severity) if unpacked or not _condemns(one) else rule.severity


def _delay_s(rule: Rule[ContainerFacts], one: _Crossed, now_us: int) -> int:
    limits = (*one.own, *(x.limit for x in one.at_stake))
    delay_s = min(limit.alarm_delay_s for limit in limits) if rule.delay_s is None else rule.delay_s
    if any(x.lost_us is not None for x in one.at_stake):
        # This crossing has cost a lot already, such as one that may never freeze.
        return 0
    left_s = [x.remaining_s for x in one.at_stake if 0 < x.remaining_s < math.inf]
    if not left_s:
        return delay_s
    # What was left when it crossed is what counts.
    least_s = min(left_s) + _beyond_us(one, now_us) / SECOND_US
    return min(delay_s, max(0, int(LATEST_SHARE * least_s)))


def _beyond_us(one: _Crossed, now_us: int) -> int:
    """For how long of this time it was certainly beyond."""
    certain = one.record.beyond.get(one.threshold, spans.NONE)
    return spans.total_us(spans.clip(certain, one.since_us, now_us))


def budget_used(rule: Rule[ContainerFacts], facts: ContainerFacts, now_us: int) -> Finding | None:
    """While the container may be beyond a limit, the largest share a lot in it has used of the time allowed there."""
    growing = list(_growing(rule, facts))
    worst, crossed = max(growing, key=lambda x: x[0].used, default=(None, None))
    if worst is None or crossed is None:
        return None
    share = stage_of(worst.used, rule.at or 0)
    severity = rule.severity if share >= SERIOUS_SHARE else at_most_warning(rule.severity)
    # An opened door is no news of a lot that has used much of its time long ago.
    before = worst.used - share_used(worst.limit, _beyond_us(crossed, now_us))
    delay_s = 0 if share >= 1 or before < share else _delay_s(rule, crossed, now_us)
    concerned = [x for x, _ in sorted(growing, key=lambda x: -x[0].used)]
    return Finding(
        crossed.since_us,
        budget_used_of(worst.limit, share),
        severity,
        delay_s,
        _is_stale(crossed, now_us),
        Figures(facts.now_c, _least_s(list(_crossed(facts))) or 0.0, worst.used, facts.now_is),
        crossed.threshold,
        tuple(dict.fromkeys(x.lot_id for x in concerned)),
    )


def stages_told(rule: Rule[ContainerFacts], facts: ContainerFacts) -> dict[tuple[str, Threshold], float]:
    """By lot and threshold, the share of a budget that is told of by what `budget_used` finds."""
    return {(x.lot_id, one.threshold): stage_of(x.used, rule.at or 0) for x, one in _growing(rule, facts)}


def _growing(rule: Rule[ContainerFacts], facts: ContainerFacts) -> Iterator[tuple[AtStake, _Crossed]]:
    """The budgets that are being used up, and of which a share is reached that was not told of before."""
    for one in _crossed(facts):
        for x in one.at_stake:
            if x.limit.budget_s is not None and stage_of(x.used, rule.at or 0) > x.told:
                yield x, one


def stage_of(used: float, at: float = SHARES[-1]) -> float:
    """The last share at which people are told that a lot has passed; 0: none yet. `at`: the first of them."""
    return max((share for share in (*SHARES, at) if share >= at and used >= share), default=0.0)


def budget_used_of(limit: Limit, share: float) -> BudgetUsed:
    """That this share of a limit's budget is used."""
    return BudgetUsed(threshold_of(limit), limit.budget_s or 0, share)


def _crossed(facts: ContainerFacts) -> Iterator[_Crossed]:
    own: defaultdict[Threshold, list[Limit]] = defaultdict(list)
    for limit in facts.profile.limits:
        own[threshold_of(limit)].append(limit)
    theirs: defaultdict[Threshold, list[AtStake]] = defaultdict(list)
    for x in facts.at_stake:
        theirs[threshold_of(x.limit)].append(x)
    for key in sorted({*own, *theirs}):
        record = open_record(facts, key)
        if record is None:
            continue
        since_us = possibly_since_us(record, key)
        at_stake = tuple(x for x in theirs[key] if not _was_gone(x, since_us))
        if since_us > BEGINNING_US and (own[key] or at_stake):
            yield _Crossed(key, record, since_us, tuple(own[key]), at_stake)
        elif at_stake:
            # A room declared to be beyond a limit has never crossed it; the lots that were brought there have.
            yield _Crossed(key, record, min(x.came_us for x in at_stake), (), at_stake, declared=True)


def open_record(facts: ContainerFacts, key: Threshold) -> Record | None:
    """The record by which a container may be beyond a threshold now; one certainly so before one only possibly."""
    records = (facts.record, *facts.other_records) if facts.record else facts.other_records
    found = [record for record in records if key in record.open_possible | record.open_beyond]
    return next((record for record in found if key in record.open_beyond), found[0] if found else None)


def possibly_since_us(record: Record, key: Threshold) -> int:
    """Since when a container may have been beyond a threshold without a break, as far as its spans tell."""
    found = spans.union(record.beyond.get(key, spans.NONE), record.disputed.get(key, spans.NONE))
    return int(found[-1, 0]) if len(found) else record.measured_until_us


def _was_gone(one: AtStake, since_us: int) -> bool:
    """Whether a lot was lost before the limit was crossed this time, or before it came here."""
    return one.lost_us is not None and one.lost_us < max(since_us, one.came_us)


def is_gone(limit: Limit, certain: spans.Spans, carried_us: int = 0) -> bool:
    """Whether a lot is lost by its time beyond a limit, with what it had used before its readings begin."""
    if limit.effect is not Effect.CONDEMNS:
        return False
    too_much = limit.budget_s is not None and carried_us + spans.total_us(certain) > limit.budget_s * SECOND_US
    return too_much or (limit.single_s is not None and spans.longest_us(certain) > limit.single_s * SECOND_US)


def share_used(limit: Limit, certain_us: int) -> float:
    """The share of a limit's budget that a time beyond it uses; where nothing is allowed, any time is all."""
    if limit.budget_s is None:
        return 0.0
    return certain_us / (limit.budget_s * SECOND_US) if limit.budget_s else float(certain_us > 0)


def is_of(one: Limit, other: Limit) -> bool:
    """A lot has limits of its own; what its container crossed counts for those that are no farther away."""
    if one.direction is not other.direction:
        return False
    if one.direction is Direction.ABOVE:
        return one.threshold_c <= other.threshold_c
    return one.threshold_c >= other.threshold_c


def is_outdated(record: Record, now_us: int) -> bool:
    """Whether what a container measured last is so old that it says nothing of now.

    A day, and not the largest gap: a logger's clock may be wrong by hours, and a network late. What was beyond its
    limit when it was last heard of counts as being so still.
    """
    return now_us - record.measured_until_us > OUTDATED_AFTER_S * SECOND_US


def _is_stale(one: _Crossed, now_us: int) -> bool:
    return is_outdated(one.record, now_us) and now_us - one.since_us > OUTDATED_AFTER_S * SECOND_US
