"""How often a lot thawed is bounded by every history that fits its readings."""

from itertools import product
from unittest.mock import patch

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from service.domain import spans
from service.domain.exposure.thaw import ThawExposure, thaws
from service.domain.profiles import Effect, ThawRule
from tests import oracle
from tests.oracle import Allowed
from tests.property.histories import MAX_GAP_S, MODERATE, History, exposure_of, histories, thaw_rules


def spans_of(moments: str, kinds: str) -> spans.Spans:
    """Where a history drawn as letters is of one of these kinds."""
    return spans.spans([(i, i + 1) for i, kind in enumerate(moments) if kind in kinds])


def counted(moments: str, rule: ThawRule) -> ThawExposure:
    """A history of moments that were (T)hawed, (f)rozen, (u)nknown or are (p)ending, `min_s` counted in moments."""
    # Thawing for longer than n moments takes n and a bit: a hundredth of one here.
    scale = 100
    with patch("service.domain.exposure.thaw.SECOND_US", scale):
        found = [spans_of(moments, kinds) * scale for kinds in ("Tfup", "T", "Tu", "p")]
        return thaws(*found, rule)


@MODERATE
@example("TTTuTTT", 2)
@example("TuTTuffT", 2)
@example("TTTTffuuuffTTTT", 3)
@example("TTufuTT", 2)
@given(st.text("TTuuuffp", min_size=1, max_size=11), st.integers(1, 3))
def test_the_bounds_hold_for_every_history_that_fits(moments: str, least: int) -> None:
    """However the unmeasured time is filled in, there were no fewer thaws than certain and no more than possible."""
    moments = moments.replace("p", "f") + "p" * moments.count("p")
    found = counted(moments, ThawRule(0.0, least, 0, Effect.CONDEMNS))
    counts, if_cold, or_just = [], [], []
    for filled in product([False, True], repeat=sum(moments.count(kind) for kind in "up")):
        free = iter(filled)
        history = [kind == "T" if kind in "Tf" else next(free) for kind in moments]
        counts.append(oracle.count_thaws(history, least))
        if not any(warm for warm, kind in zip(history, moments, strict=True) if kind == "p"):
            if_cold.append(counts[-1])
            or_just.append(oracle.count_thaws(history, least, or_just=True))
    assert len(found.certain_us) == min(counts)
    assert max(if_cold) <= found.possible
    # In equal moments a thaw takes one more than `least`; in truth it takes a bit more, so more of them may fit in.
    assert found.possible <= max(or_just)
    assert "u" in moments or found.possible == max(if_cold)


@MODERATE
@given(st.integers(1, 3), st.integers(0, 5), st.integers(0, 400))
def test_unmeasured_time_hides_as_many_thaws_as_fit(least: int, allowed: int, moments: int) -> None:
    """A thaw that counts takes a little more than the least time, and as much frozen before the next."""
    found = counted("f" * least + "u" * moments + "f" * least, ThawRule(0.0, least, allowed, Effect.CONDEMNS))
    length, period = 100 * moments, 2 * 100 * least + 1
    assert found.possible == (length + 100 * least) // period
    assert (found.possibly_passed_us is not None) == (found.possible > allowed)
    if found.possibly_passed_us is not None:
        assert found.possibly_passed_us == 100 * least + allowed * period + 100 * least


@MODERATE
@given(histories(), thaw_rules)
def test_thaws_are_counted_from_the_time_beyond_their_threshold(history: History, rule: ThawRule) -> None:
    """A lot's thaws are its own: what happened in its containers while it was elsewhere is none of them."""
    found = exposure_of(history, thaw=rule)
    limit = Allowed("above", rule.threshold_c)
    expected = oracle.judge(history.lot, history.containers, [limit], MAX_GAP_S, history.now_us)
    parts = [spans.spans(x) for x in (expected.certain[0], expected.possible[0], expected.pending)]
    life = spans.spans([(history.lot.life_from_us, min(history.lot.life_until_us, history.now_us))])
    assert found.thaw == thaws(life, *parts, rule)
    assert found.thaw is not None
    assert len(found.thaw.certain_us) <= found.thaw.possible
    assert all(np.diff(found.thaw.certain_us) > 0)
