"""Rules about limits: one was crossed, and the time allowed beyond it is being used up."""

from collections.abc import Iterable, Sequence

from service.domain.container import Record, opened_us, threshold_of
from service.domain.instant import BEGINNING_US, SECOND_US, duration_text, temperature_text
from service.domain.lifecycle import Figures, Finding
from service.domain.profiles import Direction, Effect, Limit
from service.domain.reasons import Severity
from service.domain.rules import UNDER_WAY, AtStake, ContainerFacts, Rule, at_most_warning

LIMIT_CROSSED, BUDGET_USED = "limit_crossed", "budget_used"

#: Of the smallest budget inside: after so much of it at the latest people are told, so that most of it is left to act.
LATEST_SHARE = 1 / 3

#: What was measured longer ago is no news of now.
OLD_NEWS_S = 86_400

#: Shares of a budget at which people are told again; from so much on it is as serious as the rule says.
SHARES, SERIOUS_SHARE = (1.0, 0.8, 0.5), 0.8


def limit_crossed(rule: Rule[ContainerFacts], facts: ContainerFacts, now_us: int) -> Finding | None:
    """The most serious limit the container is beyond now; one whose delay has passed before one that waits."""
    found = [(_crossing(rule, facts, limit, since_us, now_us), limit) for limit, since_us in _crossed(facts)]
    return max(
        found,
        key=lambda pair: (now_us - pair[0].since_us >= pair[0].delay_s * SECOND_US, *_seriousness(pair[1])),
        default=(None, None),
    )[0]


def _crossing(rule: Rule[ContainerFacts], facts: ContainerFacts, limit: Limit, since_us: int, now_us: int) -> Finding:
    # What is lost already cannot be saved by hurrying.
    at_stake = [x for x in facts.at_stake if is_of(x.limit, limit) and x.remaining_s > 0]
    return Finding(
        since_us,
        f"{_is(facts, now_us)} {limit.direction} {temperature_text(limit.threshold_c)}",
        _severity(rule, facts, limit),
        _delay_s(rule, facts, limit, since_us, at_stake),
        _is_stale(facts, now_us),
        Figures(facts.now_c, min((x.remaining_s for x in at_stake), default=None)),
    )


def _severity(rule: Rule[ContainerFacts], facts: ContainerFacts, limit: Limit) -> Severity:
    # A shipper with nothing in it has been unpacked.
    unpacked = facts.kind in UNDER_WAY and not facts.lot_ids
    return at_most_warning(rule.severity) if unpacked or limit.effect is not Effect.CONDEMNS else rule.severity


def _delay_s(
    rule: Rule[ContainerFacts], facts: ContainerFacts, limit: Limit, since_us: int, at_stake: Sequence[AtStake]
) -> int:
    delay_s = limit.alarm_delay_s if rule.delay_s is None else rule.delay_s
    if not at_stake:
        return delay_s
    # What was left when it crossed is what counts.
    least_s = min(x.remaining_s for x in at_stake) + _beyond_s(facts, since_us)
    return min(delay_s, max(0, int(LATEST_SHARE * least_s)))


def budget_used(rule: Rule[ContainerFacts], facts: ContainerFacts, now_us: int) -> Finding | None:
    """While the container is beyond a limit, the largest share a lot in it has used of the time allowed there."""
    at = rule.at or 0
    growing = [
        (one, since_us)
        for one in facts.at_stake
        for since_us in _beyond_since_us(facts, one.limit)
        if not _was_gone(facts, one, since_us)
    ]
    worst, since_us = max(growing, key=lambda x: x[0].used, default=(None, 0))
    if worst is None or worst.used < at:
        return None
    share = next((share for share in SHARES if worst.used >= share), at)
    severity = rule.severity if share >= SERIOUS_SHARE else at_most_warning(rule.severity)
    allowed = f"the {duration_text((worst.limit.budget_s or 0) * SECOND_US)} allowed {worst.limit.direction} "
    allowed += temperature_text(worst.limit.threshold_c)
    text = f"has used up all of {allowed}" if share >= 1 else f"has used more than {share:.0%} of {allowed}"
    # An opened door is no news of a lot that has used much of its time long ago.
    delay_s = 0 if share >= 1 else _delay_s(rule, facts, worst.limit, since_us, [worst])
    # What is lost already is not what there is time left for.
    remaining_s = min((one.remaining_s for one, _ in growing if one.remaining_s > 0), default=0.0)
    figures = Figures(facts.now_c, remaining_s, worst.used)
    return Finding(since_us, text, severity, delay_s, _is_stale(facts, now_us), figures)


def _beyond_since_us(facts: ContainerFacts, limit: Limit) -> Iterable[int]:
    """Since when a lot's container is beyond the lot's own limit: it may be stricter than the container's."""
    key = threshold_of(limit)
    records = (facts.record, *facts.other_records) if facts.record else facts.other_records
    for record in records:
        since_us = opened_us(record, key) if key in record.open_beyond else BEGINNING_US
        if since_us > BEGINNING_US:
            yield since_us
            return


def _was_gone(facts: ContainerFacts, one: AtStake, since_us: int) -> bool:
    """Whether a lot had no time left when the limit was crossed this time."""
    budget_s = one.limit.budget_s or 0
    return one.used >= 1 and one.used * budget_s - _beyond_s(facts, since_us) > budget_s


def _crossed(facts: ContainerFacts) -> Iterable[tuple[Limit, int]]:
    record = facts.record
    if record is None:
        return
    for limit in facts.profile.limits:
        if threshold_of(limit) in record.open_beyond:
            since_us = opened_us(record, threshold_of(limit))
            # A room declared to be beyond a limit has never crossed it.
            if since_us > BEGINNING_US:
                yield limit, since_us


def is_budget(limit: Limit) -> bool:
    """Whether a lot is lost once it has been beyond a limit for too long in total."""
    return limit.effect is Effect.CONDEMNS and limit.budget_s is not None


def share_used(limit: Limit, certain_us: int) -> float:
    """The share of a limit's budget that a time beyond it uses; where nothing is allowed, any time is all."""
    return certain_us / (limit.budget_s * SECOND_US) if limit.budget_s else float(certain_us > 0)


def is_gone(limit: Limit, certain_us: int) -> bool:
    """Whether a time beyond a limit is more than its budget allows."""
    return limit.budget_s is not None and certain_us > limit.budget_s * SECOND_US


def is_of(one: Limit, other: Limit) -> bool:
    """A lot has limits of its own; what its container crossed counts for those that are no farther away."""
    if one.direction is not other.direction:
        return False
    if one.direction is Direction.ABOVE:
        return one.threshold_c <= other.threshold_c
    return one.threshold_c >= other.threshold_c


def _beyond_s(facts: ContainerFacts, since_us: int) -> float:
    """How long it has been beyond the limit by its readings."""
    return 0.0 if facts.record is None else max(0.0, (facts.record.measured_until_us - since_us) / SECOND_US)


def is_old_news(record: Record, now_us: int) -> bool:
    """Whether what a container measured last is so old that it says nothing of now.

    A day, and not the largest gap: a logger's clock may be wrong by hours, and a network late. What was beyond its
    limit when it was last heard of counts as being so still.
    """
    return now_us - record.measured_until_us > OLD_NEWS_S * SECOND_US


def _is_stale(facts: ContainerFacts, now_us: int) -> bool:
    return facts.record is None or is_old_news(facts.record, now_us)


def _is(facts: ContainerFacts, now_us: int) -> str:
    """'is', or that it was when it was last heard of."""
    silent_us = 0 if facts.record is None else now_us - facts.record.measured_until_us
    if silent_us <= facts.profile.max_gap_s * SECOND_US:
        return "is"
    return "was, when last heard of,"


def _seriousness(limit: Limit) -> tuple[bool, float]:
    farther = limit.threshold_c if limit.direction is Direction.ABOVE else -limit.threshold_c
    return limit.effect is Effect.CONDEMNS, farther


#: How long a container must be within its limits, by its readings, before an alert is over: a flapping one is one.
RECOVERS_S = 300

LIMIT_RULES: tuple[Rule[ContainerFacts], ...] = (
    Rule(LIMIT_CROSSED, Severity.CRITICAL, None, RECOVERS_S, limit_crossed),
    Rule(BUDGET_USED, Severity.CRITICAL, None, RECOVERS_S, budget_used, at=0.5),
)
