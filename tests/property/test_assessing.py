"""What quality accepts of unknown time never hides more than it says, whatever the history was."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from service.domain import spans
from service.domain.answers.assessing import counted
from service.domain.answers.papers import Assessment, Finding
from service.domain.exposure.lot import LimitExposure
from service.domain.profiles import Direction, Effect, Limit
from service.domain.spans import Spans
from tests.property.histories import MODERATE

_LIFE = 40
_ticks = st.integers(0, _LIFE)
_time = st.lists(st.tuples(_ticks, _ticks), max_size=4).map(spans.spans)
_LIMIT = Limit(Direction.ABOVE, -60, Effect.CONDEMNS, budget_s=1, single_s=1)


@st.composite
def _assessments(draw: st.DrawFn) -> list[Assessment]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        from_us, until_us = sorted(draw(st.lists(_ticks, min_size=2, max_size=2, unique=True)))
        finding = draw(st.sampled_from([Finding.GAP, Finding.DISPUTED]))
        accepted_us = draw(st.sampled_from([0, 0, 1, 2, 5]))
        found.append(Assessment(number, finding, from_us, until_us, accepted_us, "D-1", "Q. Quality"))
    return found


def _moments(time: Spans) -> set[int]:
    return {moment for from_us, until_us in time.tolist() for moment in range(from_us, until_us)}


def _longest(moments: set[int]) -> int:
    run = longest = 0
    for moment in range(_LIFE + 1):
        run = run + 1 if moment in moments else 0
        longest = max(longest, run)
    return longest


@MODERATE
@given(_time, _time, _time, _assessments(), st.integers(0, 3), st.randoms(use_true_random=False))
def test_no_history_that_fits_was_beyond_for_longer_than_is_counted(
    certain: Spans, gaps: Spans, disputed: Spans, assessments: list[Assessment], carried_us: int, chance: Random
) -> None:
    """Quality accepts two minutes of a gap: no course of the night that it allows passes a limit unseen."""
    found = LimitExposure(_LIMIT, certain, spans.union(certain, gaps, disputed), None, False, spans.NONE, carried_us)
    used = counted(found, gaps, assessments)
    sure, unmeasured = _moments(certain), _moments(gaps)
    unknown = _moments(found.possible) - sure
    about = [
        (
            one,
            {
                x
                for x in unknown
                if one.from_us <= x < one.until_us and (x in unmeasured) is (one.finding is Finding.GAP)
            },
        )
        for one in assessments
    ]
    warm = set(unknown)
    for one, moments in about:
        left = sorted(warm & moments)
        chance.shuffle(left)
        warm -= set(left[one.accepted_us :])
    assert carried_us + len(sure | warm) <= used.possible_us
    assert _longest(sure | warm) <= used.longest_us
    # And not more than without any, nor less than is certain.
    alone = counted(found, gaps, [])
    assert (alone.possible_us, alone.longest_us) == (carried_us + len(sure | unknown), _longest(sure | unknown))
    assert carried_us + len(sure) <= used.possible_us <= alone.possible_us
    assert _longest(sure) <= used.longest_us <= alone.longest_us
    assert used.possible_us >= carried_us + len(sure | (unknown - set().union(*(moments for _, moments in about))))
