"""What a lot can be lost by: each of its condemning limits, how much time that leaves it, and since when it is lost."""

import math
from collections.abc import Iterator

from service.domain.alerting.limit_rules import share_used
from service.domain.alerting.rules import AtStake
from service.domain.exposure.figures import LimitFigures
from service.domain.exposure.lot import LimitExposure
from service.domain.exposure.thaw import ThawExposure
from service.domain.instant import SECOND_US
from service.domain.profiles import Direction, Effect, Limit
from service.domain.verdicts.verdict import Judgement


def limits_at_stake(lot_id: str, came_us: int, judgement: Judgement) -> Iterator[AtStake]:
    """What a lot that has been where it is since `came_us` can be lost by; a limit that only warns is nothing."""
    for found, used in zip(judgement.exposure.limits, judgement.limits, strict=True):
        if is_condemning(used.limit):
            yield AtStake(
                lot_id,
                used.limit,
                _remaining_s(used, found),
                share_used(used.limit, used.certain_us),
                used.exceeded_at_us,
                came_us,
            )
    thaw = judgement.exposure.thaw
    if thaw is not None and thaw.rule.effect is Effect.CONDEMNS:
        left_s = _until_next_s(thaw)
        # That a thaw uses up one of those allowed may be warned of; the one too many condemns.
        effect = Effect.CONDEMNS if len(thaw.certain_us) >= thaw.rule.allowed and left_s < math.inf else Effect.WARNS
        limit = Limit(Direction.ABOVE, thaw.rule.threshold_c, effect, budget_s=None)
        yield AtStake(lot_id, limit, left_s, 0.0, thaw.passed_us, came_us)


def is_condemning(limit: Limit) -> bool:
    """Whether a lot can be lost by time beyond a limit."""
    return limit.effect is Effect.CONDEMNS and (limit.budget_s is not None or limit.single_s is not None)


def _remaining_s(used: LimitFigures, found: LimitExposure) -> float:
    if used.exceeded_at_us is not None:
        return 0.0
    left_us = []
    if used.remaining_us is not None:
        left_us.append(used.remaining_us)
    if used.limit.single_s is not None:
        left_us.append(used.limit.single_s * SECOND_US - _run_us(found))
    return min(left_us) / SECOND_US


def _run_us(found: LimitExposure) -> int:
    """How long the lot has been beyond the limit without a break, as far as that is certain."""
    last = found.certain[-1:].tolist()
    return sum(until_us - from_us for from_us, until_us in last if from_us == found.beyond_since_us)


def _until_next_s(thaw: ThawExposure) -> float:
    """After how much more time above the threshold there may be one thaw more."""
    if thaw.passed_us is not None:
        return 0.0
    return min(thaw.if_thawed_us) / SECOND_US if thaw.if_thawed_us else math.inf
