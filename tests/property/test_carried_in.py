"""What was carried in counts as if so much time, certainly beyond a limit, lay before the life that readings judge."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.domain import spans
from service.domain.exposure.container import thresholds_of
from service.domain.exposure.lot import LimitExposure, Stay, expose
from service.domain.exposure.outlook import outlook
from service.domain.instant import SECOND_US
from service.domain.verdicts.verdict import judge
from tests.property.histories import MODERATE, History, histories, profile_of, record_of

_used_us = st.sampled_from([0, 1, SECOND_US, 2 * SECOND_US, 5 * SECOND_US]) | st.integers(0, 10 * SECOND_US)


def _before(found: LimitExposure, used_us: int) -> LimitExposure:
    """As if it had been beyond the limit once, long before."""
    since_us = found.from_us - 1000 * SECOND_US
    once = spans.spans([(since_us, since_us + used_us)])
    return replace(found, certain=spans.union(once, found.certain), possible=spans.union(once, found.possible))


@MODERATE
@given(histories(), st.data())
def test_time_carried_in_counts_as_if_it_lay_before(history: History, data: st.DataObject) -> None:
    """A lot that used twenty minutes elsewhere has as much left, and is lost as soon, as one that used them here."""
    profile = profile_of(history.limits, None)
    # At a stretch it counts for nothing: nobody says that it went on.
    profile = replace(profile, limits=tuple(replace(limit, single_s=None) for limit in profile.limits))
    keys = thresholds_of([profile])
    records = {name: record_of(probes, keys) for name, probes in history.containers.items()}
    stays = [Stay(*stay) for stay in history.lot.stays]
    course = (history.lot.life_from_us, history.lot.life_until_us, stays, records, profile)
    carried_us = {key: data.draw(_used_us) for key in keys}
    here = expose(*course, now_us=history.now_us, carried_us=carried_us)
    alone = expose(*course, now_us=history.now_us)
    before = replace(
        alone,
        limits=tuple(
            _before(found, carried_us[found.limit.direction, found.limit.threshold_c]) for found in alone.limits
        ),
    )
    assert here.parts == alone.parts
    assert outlook(here, *course, now_us=history.now_us) == outlook(before, *course, now_us=history.now_us)
    told, other = judge(here, profile), judge(before, profile)
    assert (told.verdict, told.reason_codes) == (other.verdict, other.reason_codes)
    assert [reason.text for reason in told.reasons] == [reason.text for reason in other.reasons]
    for one, as_if in zip(told.limits, other.limits, strict=True):
        assert (one.certain_us, one.possible_us, one.remaining_us) == (
            as_if.certain_us,
            as_if.possible_us,
            as_if.remaining_us,
        )
        exceeded_us = as_if.exceeded_at_us
        assert one.exceeded_at_us == (None if exceeded_us is None else max(exceeded_us, history.lot.life_from_us))
