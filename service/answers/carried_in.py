"""What was measured before the time that was carried in: nobody's word makes it undone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from service.domain import spans
from service.domain.exposure.carried import CarriedIn
from service.domain.exposure.container import Record, threshold_of
from service.domain.exposure.figures import figures
from service.domain.exposure.lot import LimitExposure, expose
from service.domain.instant import BEGINNING_US
from service.domain.profiles import Effect, Profile
from service.domain.verdicts.reasons import Reason, certainly_over
from service.store.lots.lives import LotLife


def begun_before(
    lot: LotLife, records: Mapping[str, Record], profile: Profile, now_us: int
) -> tuple[LimitExposure, ...]:
    """Of each limit the runs beyond it that began before the life that is judged; without anything carried in, none."""
    if lot.carried is None or not lot.stays:
        return ()
    began_us, until_us = lot.began_us if lot.began_us > BEGINNING_US else lot.stays[0].from_us, lot.carried.until_us
    whole = expose(began_us, lot.life_until_us, lot.stays, records, profile, now_us=now_us)
    return tuple(replace(found, certain=found.certain[found.certain[:, 0] < until_us]) for found in whole.limits)


def no_less_than(before: Sequence[LimitExposure], carried: CarriedIn) -> CarriedIn:
    """What was carried in, and no less of each limit than was measured before."""
    measured_us = {
        threshold_of(found.limit): spans.total_us(spans.clip(found.certain, BEGINNING_US, carried.until_us))
        for found in before
    }
    used_us = {key: max(said_us, measured_us.get(key, 0)) for key, said_us in carried.used_us.items()}
    if used_us == carried.used_us:
        return carried
    return replace(carried, used_us=used_us, by=f"{carried.by} and our readings")


def lost_by_a_run(before: Sequence[LimitExposure]) -> list[Reason]:
    """Limits of which one run was too long: totals go on in what was carried in, and runs do not."""
    return [
        reason
        for found in before
        if found.limit.effect is Effect.CONDEMNS
        for reason in certainly_over(found, figures(found))
        if reason.code == "single_run_exceeded"
    ]
