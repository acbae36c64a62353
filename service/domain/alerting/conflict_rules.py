"""The rule about loggers that contradict themselves."""

from service.domain.alerting.details import MOST_NAMED, Conflicting, Contradicted, ProbeName
from service.domain.alerting.lifecycle import Finding
from service.domain.alerting.rules import Conflicts, ContainerFacts, Rule, at_most_warning
from service.domain.exposure.container import threshold_of, thresholds_of
from service.domain.profiles import Direction, Profile

CONFLICTING_READINGS = "conflicting_readings"

#: What became known longer ago is no news.
TOLD_WITHIN_S = 86_400


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
    details = Conflicting(
        tuple(
            Contradicted(ProbeName(one.logger_id, one.probe), one.count, one.since_us, one.from_us, one.until_us)
            for one in worst[:MOST_NAMED]
        ),
        max(0, len(worst) - MOST_NAMED),
    )
    disputed = any(_disagree_about_a_limit(one, facts.profile) for one in facts.conflicts)
    severity = rule.severity if disputed and facts.conflicting_lot_ids else at_most_warning(rule.severity)
    return Finding(min(one.since_us for one in facts.conflicts), details, severity, rule.delay_s or 0)


def lots_disputed(facts: ContainerFacts) -> tuple[str, ...]:
    """The lots that were there when its loggers said two things: these may be others than now."""
    return facts.conflicting_lot_ids


def _disagree_about_a_limit(one: Conflicts, profile: Profile) -> bool:
    """Whether a limit lies between the coldest and the warmest of what was said; it may, not must, divide a pair."""
    return any(
        one.coldest_c <= threshold_c < one.warmest_c
        if direction is Direction.ABOVE
        else one.coldest_c < threshold_c <= one.warmest_c
        for direction, threshold_c in (*map(threshold_of, profile.limits), *thresholds_of([profile]))
    )
