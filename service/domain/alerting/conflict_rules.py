"""The rule about loggers that contradict themselves. The text of a finding follows the container's name."""

from service.domain.alerting.lifecycle import Finding
from service.domain.alerting.rules import Conflicts, ContainerFacts, Rule, at_most_warning
from service.domain.exposure.container import threshold_of, thresholds_of
from service.domain.instant import to_datetime
from service.domain.profiles import Direction, Profile

CONFLICTING_READINGS = "conflicting_readings"

#: What became known longer ago is no news.
NEWS_S = 86_400

_MOST_PROBES = 3


def conflicting_readings(
    rule: Rule[ContainerFacts],
    facts: ContainerFacts,
    now_us: int,  # noqa: ARG001  every rule is asked with it
) -> Finding | None:
    """A logger gave two temperatures for one instant: its clock was set back, or two devices have its id.

    As serious as the rule says where they may disagree about a limit, and lots were there: their time is disputed.
    """
    if not facts.conflicts:
        return None
    worst = sorted(facts.conflicts, key=lambda one: -one.count)
    told = "; ".join(map(_text, worst[:_MOST_PROBES]))
    if len(worst) > _MOST_PROBES:
        told += f"; and {len(worst) - _MOST_PROBES} more probes"
    text = f"has readings that contradict each other: {told}; a clock may have fallen back, or two devices have one id"
    disputed = any(_disagree_about_a_limit(one, facts.profile) for one in facts.conflicts)
    severity = rule.severity if disputed and facts.conflicting_lot_ids else at_most_warning(rule.severity)
    return Finding(min(one.since_us for one in facts.conflicts), text, severity, rule.delay_s or 0)


def _text(one: Conflicts) -> str:
    name = f"logger {one.logger_id}" + (f" (probe {one.probe})" if one.probe else "")
    times = "once" if one.count == 1 else f"{one.count} times"
    since, first, last = (to_datetime(x) for x in (one.since_us, one.from_us, one.until_us))
    return (
        f"{name} gave another temperature for the same instant {times} since {since:%Y-%m-%d %H:%M} UTC "
        f"(of {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC by its clock)"
    )


def _disagree_about_a_limit(one: Conflicts, profile: Profile) -> bool:
    """Whether a limit lies between the coldest and the warmest of what was said; it may, not must, divide a pair."""
    return any(
        one.coldest_c <= threshold_c < one.warmest_c
        if direction is Direction.ABOVE
        else one.coldest_c < threshold_c <= one.warmest_c
        for direction, threshold_c in (*map(threshold_of, profile.limits), *thresholds_of([profile]))
    )
