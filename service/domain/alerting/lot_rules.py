"""Rules about lots that nothing measures, and limits that will be crossed."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from service.domain.alerting.details import (
    MOST_NAMED,
    Approaching,
    InNoContainer,
    NotCommissioned,
    Plain,
    ProbeName,
    WaitingProbe,
)
from service.domain.alerting.given_up import why_given_up
from service.domain.alerting.lifecycle import Figures, Finding
from service.domain.alerting.rules import ContainerFacts, Probe, Rule, at_most_warning
from service.domain.exposure.container import threshold_of
from service.domain.exposure.uncounted import AttachedProbe
from service.domain.instant import SECOND_US
from service.domain.profiles import Direction, Effect, Limit
from service.domain.series.quality import Quality

LOT_UNMONITORED, FORECAST_CROSSES = "lot_unmonitored", "forecast_crosses"

PROBE_NOT_COMMISSIONED = "probe_not_commissioned"

#: A lot that has been nowhere for longer than this is an old matter of the books: it opens no alert.
OLD_US = 7 * 86_400 * SECOND_US

#: Readings at each end of those lately heard by which a container is seen to go towards a limit.
_AT_EACH_END = 5


def lot_unmonitored(rule: Rule[ContainerFacts], facts: ContainerFacts, now_us: int) -> Finding | None:
    """Lots that may be used are in a container without a probe that counts.

    What a room is declared to be measures nothing. A box is measured by what it is in: where nothing there is, that
    says so, and not each box.
    """
    if facts.probes or set(facts.lots_to_keep) <= facts.judged_elsewhere_ids:
        return None
    # Under way nobody can attach a logger; once it is late, somebody has to look where it is.
    if facts.under_way and facts.due_us is not None and now_us <= facts.due_us:
        return None
    details = _not_commissioned(facts.waiting, alone=True) if facts.waiting else Plain()
    return Finding(now_us, details, rule.severity, rule.delay_s or 0)


def probe_not_commissioned(
    rule: Rule[ContainerFacts],
    facts: ContainerFacts,
    now_us: int,  # noqa: ARG001  every rule is asked with it
) -> Finding | None:
    """Lots that may be used are where a probe sends, and nobody has confirmed for long that it has settled."""
    sending = [one for one in facts.waiting if one.heard_us is not None]
    if not sending or not facts.lots_to_keep:
        return None
    return Finding(sending[0].from_us, _not_commissioned(sending), rule.severity, rule.delay_s or 0)


def _not_commissioned(waiting: Sequence[AttachedProbe], *, alone: bool = False) -> NotCommissioned:
    named = [WaitingProbe(ProbeName(one.logger_id, one.probe), one.from_us) for one in waiting[:MOST_NAMED]]
    return NotCommissioned(tuple(named), len(waiting) - len(named), alone)


def lot_in_no_container(
    rule: Rule[ContainerFacts], since_us: int, reason_codes: Collection[str], now_us: int
) -> Finding | None:
    """A lot that may be used is recorded in no container: a matter to put right, though nothing is known to be warm.

    Args:
        reason_codes: of its answer.
    """
    if rule.off or why_given_up(reason_codes) is not None:
        return None
    return Finding(
        since_us, InNoContainer(), at_most_warning(rule.severity), rule.delay_s or 0, now_us - since_us > OLD_US
    )


def forecast_crosses(rule: Rule[ContainerFacts], facts: ContainerFacts, now_us: int) -> Finding | None:
    """A limit will be crossed within `rule.at` seconds, and none is yet."""
    found = facts.forecast
    if found is None or found.crosses is None or found.crosses.earliest_s > (rule.at or 0) or is_beyond(facts):
        return None
    details = Approaching(threshold_of(found.limit), found.crosses)
    return Finding(now_us, details, rule.severity, rule.delay_s or 0, figures=Figures(facts.now_c, now_is=facts.now_is))


def may_still_cross(
    rule: Rule[ContainerFacts],  # noqa: ARG001  every rule is asked with it
    facts: ContainerFacts,
    now_us: int,  # noqa: ARG001  likewise
    told: bool,  # noqa: ARG001  likewise
) -> bool:
    """Whether what was foretold has come, or nothing tells any more whether it has."""
    return is_beyond(facts) or (bool(facts.lots_to_keep) and not facts.probes)


def is_beyond(facts: ContainerFacts) -> bool:
    """Whether a container may be beyond any limit of its profile, as far as its last readings tell."""
    if facts.record is None:
        return False
    possible = facts.record.open_possible | facts.record.open_beyond
    return any(threshold_of(limit) in possible for limit in facts.profile.limits)


def foretold_limits(facts: ContainerFacts) -> list[Limit]:
    """The limits a forecast is about: those that condemn."""
    return [limit for limit in facts.profile.limits if limit.effect is Effect.CONDEMNS]


def may_cross(rule: Rule[ContainerFacts], facts: ContainerFacts) -> bool:
    """Whether a forecast is worth its price: a probe is seen to go towards a limit, and fast enough to get there.

    A first look, and a generous one: at twice the speed it would cross within `rule.at` seconds.
    """
    if rule.off or not facts.lots_to_keep or is_beyond(facts):
        return False
    return any(_gets_there(probe, foretold_limits(facts), rule.at or 0) for probe in facts.probes)


def _gets_there(probe: Probe, limits: Iterable[Limit], within_s: float) -> bool:
    numbers = probe.qualities == Quality.OK
    times_us, values_c = probe.times_us[numbers], probe.temperatures_c[numbers]
    if len(times_us) < 2 * _AT_EACH_END:
        return False
    was_c, is_c = _level(values_c[:_AT_EACH_END]), _level(values_c[-_AT_EACH_END:])
    lasted_s = int(times_us[-_AT_EACH_END] - times_us[0]) / SECOND_US
    for limit in limits:
        sign = 1 if limit.direction is Direction.ABOVE else -1
        risen_c, to_go_c = sign * (is_c - was_c), sign * (limit.threshold_c - is_c)
        if risen_c > 0 and to_go_c * lasted_s <= 2 * within_s * risen_c:
            return True
    return False


def _level(values: NDArray[np.float64]) -> float:
    # Of so few, numpy's median takes ten times as long.
    return float(sorted(values.tolist())[len(values) // 2])
