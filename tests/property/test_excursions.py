"""What is shown of excursions agrees with what is charged."""

from itertools import pairwise
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import spans
from service.domain.exposure.excursions import Ended, Excursion, Watched, excursions
from service.domain.exposure.lot import Exposure
from service.domain.instant import END_US, SECOND_US
from service.domain.profiles import Limit
from tests import oracle
from tests.oracle import Allowed, Lot, Series
from tests.property.histories import (
    HORIZON_US,
    MAX_GAP_US,
    MODERATE,
    History,
    exposure_of,
    histories,
    profile_of,
    series,
    watch_of,
)


def shown(history: History, exposure: Exposure, deadband_c: float = 1.0) -> list[Excursion]:
    """The excursions of the lot."""
    watched = [
        Watched(spans.spans([(from_us, until_us)]), until_us, [watch_of(probe) for probe in history.containers[name]])
        for name, from_us, until_us in history.lot.stays
    ]
    profile = profile_of(history.limits)
    return excursions(exposure, watched, profile, now_us=history.now_us, deadband_c=deadband_c)


def by_limit(found: list[Excursion]) -> dict[Limit, list[Excursion]]:
    """The same, limit by limit."""
    return {one.limit: [other for other in found if other.limit == one.limit] for one in found}


@MODERATE
@given(histories(), st.sampled_from([0.0, 1.0, 40.0]))
def test_every_charged_second_lies_in_one_excursion(history: History, deadband_c: float) -> None:
    """Joining for the eye loses no second and invents none."""
    exposure = exposure_of(history)
    found = by_limit(shown(history, exposure, deadband_c))
    for limit in exposure.limits:
        ours = found.get(limit.limit, [])
        alike = [x for x in exposure.limits if x.limit == limit.limit]
        assert sum(one.certain_us for one in ours) == len(alike) * spans.total_us(limit.certain)
        for one in ours:
            assert 0 <= one.certain_us <= one.until_us - one.from_us


@MODERATE
@given(histories())
def test_excursions_follow_one_another(history: History) -> None:
    """None begins before the one before it; one that was left unmeasured was not seen to recover."""
    exposure = exposure_of(history)
    for found in by_limit(shown(history, exposure)).values():
        if len(found) != len({one.from_us for one in found}):
            continue  # The same limit was drawn twice.
        for before, after in pairwise(found):
            assert before.until_us < after.from_us
        for one in found:
            if one.ended is Ended.RECOVERED:
                assert not spans.contains(exposure.gaps, one.until_us)


@MODERATE
@given(histories())
def test_a_wider_deadband_tells_fewer_events(history: History) -> None:
    """What is joined at half a degree is joined at five."""
    exposure = exposure_of(history)
    narrow, wide = shown(history, exposure, 0.5), shown(history, exposure, 5.0)
    assert len(wide) <= len(narrow)
    assert sum(one.crossings for one in wide) == sum(one.crossings for one in narrow)


@MODERATE
@given(series(), st.sampled_from(["above", "below"]), st.sampled_from([-60.0, -20.0]))
def test_the_area_is_the_sum_of_its_trapezoids(probe: Series, side: str, threshold_c: float) -> None:
    """Degree-minutes are what one would measure with a ruler on the chart."""
    limit = Allowed(side, threshold_c)
    history = History({"A": [probe]}, Lot(0, END_US, (("A", 0, END_US),)), [limit], HORIZON_US)
    for one in shown(history, exposure_of(history)):
        area = 0.0
        for piece in oracle.pieces_of(probe, MAX_GAP_US):
            ends_c = piece.lows_c if side == "above" else piece.highs_c
            (opens_us, closes_us), _ = oracle.beyond(piece, limit)
            opens_us, closes_us = max(opens_us, one.from_us), min(closes_us, one.until_us)
            if opens_us < closes_us and all(map(isfinite, ends_c)):
                slope = (ends_c[1] - ends_c[0]) / (piece.until_us - piece.from_us)
                depths_c = [abs(ends_c[0] + slope * (t - piece.from_us) - threshold_c) for t in (opens_us, closes_us)]
                area += sum(depths_c) / 2 * (closes_us - opens_us) / 60 / SECOND_US
        assert one.degree_minutes == pytest.approx(area, rel=1e-6, abs=1e-6)
