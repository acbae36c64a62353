"""The fast judge and the slow one say the same of every history, to the microsecond."""

from dataclasses import asdict

from hypothesis import given

from service.domain.verdicts.verdict import judge
from tests import oracle
from tests.property.histories import MAX_GAP_S, MODERATE, History, exposure_of, histories, pairs, profile_of


@MODERATE
@given(histories())
def test_the_vectorised_code_equals_the_scalar_oracle(history: History) -> None:
    """What a lot went through does not depend on how fast it is computed."""
    expected = oracle.judge(history.lot, history.containers, history.limits, MAX_GAP_S, history.now_us)
    exposure = exposure_of(history)
    assert [pairs(x.certain) for x in exposure.limits] == expected.certain
    assert [pairs(x.possible) for x in exposure.limits] == expected.possible
    assert pairs(exposure.gaps) == expected.gaps
    assert pairs(exposure.pending) == expected.pending
    assert {name.removesuffix("_us"): us for name, us in asdict(exposure.parts).items()} == expected.parts
    judgement = judge(exposure, profile_of(history.limits))
    assert judgement.verdict == expected.verdict
    assert {reason.code for reason in judgement.reasons} == expected.codes


@MODERATE
@given(histories())
def test_the_parts_of_a_life_sum_to_it(history: History) -> None:
    """No microsecond of a lot's life is lost or counted twice: in range, above, below, disputed, gap or pending."""
    exposure = exposure_of(history)
    parts = asdict(exposure.parts)
    life_us = max(0, min(history.lot.life_until_us, history.now_us) - history.lot.life_from_us)
    assert sum(parts.values()) == life_us
    assert min(parts.values()) >= 0
    assert sum(until_us - from_us for from_us, until_us in pairs(exposure.life)) == life_us


@MODERATE
@given(histories())
def test_the_figures_of_a_limit_fit_together(history: History) -> None:
    """What is certain is possible too, what is left is never negative, and a limit passed was passed at an instant."""
    judgement = judge(exposure_of(history), profile_of(history.limits))
    for figures, asked in zip(judgement.limits, history.limits, strict=True):
        assert figures.certain_us <= figures.possible_us
        assert figures.longest_certain_us <= figures.longest_possible_us
        assert figures.longest_certain_us <= figures.certain_us
        assert (figures.remaining_us is None) == (asked.budget_s is None)
        if asked.budget_s is not None:
            assert figures.remaining_us == max(0, asked.budget_s * oracle.SECOND_US - figures.certain_us)
        certain = pairs(judgement.exposure.limits[judgement.limits.index(figures)].certain)
        assert (figures.exceeded_at_us is not None) == any(oracle.passed(certain, asked))
        if figures.exceeded_at_us is not None:
            just_before = [(a, min(b, figures.exceeded_at_us)) for a, b in certain if a < figures.exceeded_at_us]
            just_after = [(a, min(b, figures.exceeded_at_us + 1)) for a, b in certain if a <= figures.exceeded_at_us]
            assert not any(oracle.passed(just_before, asked))
            assert any(oracle.passed(just_after, asked))


@MODERATE
@given(histories())
def test_every_reason_says_since_when_or_never_did(history: History) -> None:
    """A reason's date lies within the time known: not before the lot's life, nor ahead of the readings."""
    judgement = judge(exposure_of(history), profile_of(history.limits))
    for reason in judgement.reasons:
        if reason.since_us is None:
            assert reason.code in ("within_limits", "no_condemning_limit", "never_measured")
        else:
            assert history.lot.life_from_us <= reason.since_us <= history.now_us
