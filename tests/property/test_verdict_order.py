"""Verdicts are worst first, and neither more exposure nor fewer readings make one better."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from service.domain import spans
from service.domain.answers.answer import Answer
from service.domain.exposure.lot import Exposure
from service.domain.instant import SECOND_US
from service.domain.profiles import Effect
from service.domain.spans import Spans
from service.domain.verdicts.reasons import REASON_CODES
from service.domain.verdicts.verdict import Judgement, Verdict, judge
from tests.oracle import Allowed
from tests.papers import by_temperature
from tests.property.histories import MODERATE, History, exposure_of, histories, instants, profile_of

#: So many seconds more are allowed; None: as many as one likes.
more_s = st.none() | st.integers(0, 6)

BADNESS = [Verdict.VIABLE, Verdict.AT_RISK, Verdict.UNPROVEN, Verdict.NONVIABLE]


def badness(judgement: Judgement) -> int:
    """How bad a verdict is."""
    return BADNESS.index(judgement.verdict)


def with_more(exposure: Exposure, certain: Spans, gap: Spans) -> Exposure:
    """The same lot, longer beyond every limit and with a larger gap."""
    return replace(
        exposure,
        gaps=spans.union(exposure.gaps, gap),
        limits=tuple(
            replace(
                found,
                certain=spans.union(found.certain, certain),
                possible=spans.union(found.possible, certain, gap),
            )
            for found in exposure.limits
        ),
    )


@MODERATE
@given(histories(), st.lists(st.tuples(instants, instants), max_size=3), st.lists(st.tuples(instants, instants)))
def test_more_exposure_and_more_gaps_never_give_a_better_verdict(
    history: History, hot: list[tuple[int, int]], unmeasured: list[tuple[int, int]]
) -> None:
    """Nothing a lot goes through, and nothing that is lost, speaks in its favour."""
    profile = profile_of(history.limits)
    exposure = exposure_of(history)
    worse = with_more(exposure, spans.spans(hot), spans.spans(unmeasured))
    assert badness(judge(worse, profile)) >= badness(judge(exposure, profile))


@MODERATE
@given(histories(), st.integers(0, 300).map(lambda n: n / 10), more_s, more_s)
def test_widening_a_limit_never_worsens_a_verdict(
    history: History, wider_c: float, budget_s: int | None, single_s: int | None
) -> None:
    """A product that is shown to stand more warmth, or the same for longer, is never judged worse for it."""

    def widened(limit: Allowed) -> Allowed:
        return replace(
            limit,
            threshold_c=limit.threshold_c + (wider_c if limit.side == "above" else -wider_c),
            budget_s=None if None in (limit.budget_s, budget_s) else limit.budget_s + budget_s,
            single_s=None if None in (limit.single_s, single_s) else limit.single_s + single_s,
        )

    wider = replace(history, limits=[widened(limit) for limit in history.limits])
    # What allows any time is no limit any more, and without one that condemns no lot is judged.
    assume(profile_of(wider.limits).condemns or not profile_of(history.limits).condemns)
    strictly, widely = (judge(exposure_of(said), profile_of(said.limits)) for said in (history, wider))
    assert badness(widely) <= badness(strictly)
    for one, other in zip(strictly.limits, widely.limits, strict=True):
        assert other.certain_us <= one.certain_us
        assert other.longest_certain_us <= one.longest_certain_us
        assert other.possible_us <= one.possible_us
        assert other.longest_possible_us <= one.longest_possible_us
        if one.remaining_us is not None and other.remaining_us is not None:
            assert other.remaining_us >= one.remaining_us
        if other.exceeded_at_us is not None:
            assert one.exceeded_at_us is not None
            assert other.exceeded_at_us >= one.exceeded_at_us


@MODERATE
@given(histories())
def test_missing_readings_are_never_fine(history: History) -> None:
    """A hole long enough to hide that a limit was passed never leaves a lot within limits, or usable."""
    profile = profile_of(history.limits)
    judgement = judge(exposure_of(history), profile)
    for figures in judgement.limits:
        limit = figures.limit
        if limit.effect is Effect.CONDEMNS:
            may_have_passed = (
                (limit.budget_s is not None and figures.possible_us > limit.budget_s * SECOND_US),
                (limit.single_s is not None and figures.longest_possible_us > limit.single_s * SECOND_US),
            )
            if any(may_have_passed):
                assert judgement.verdict in (Verdict.UNPROVEN, Verdict.NONVIABLE)
                assert by_temperature(judgement).answer is not Answer.USABLE


@MODERATE
@given(histories(), st.booleans(), st.booleans())
def test_not_knowing_suspends_every_good_answer(history: History, start_known: bool, behind: bool) -> None:
    """Without the start of a life, or with readings not yet looked at, no lot is found fine; a bad one stays bad."""
    exposure, profile = exposure_of(history), profile_of(history.limits)
    plainly = judge(exposure, profile)
    doubted = judge(exposure, profile, life_start_known=start_known, behind_since_us=0 if behind else None)
    expected = plainly.verdict
    if (behind or not start_known) and expected is not Verdict.NONVIABLE:
        expected = Verdict.UNPROVEN
    assert doubted.verdict is expected


@MODERATE
@given(histories())
def test_every_verdict_gives_documented_reasons(history: History) -> None:
    """Every no says why, and so does every yes; the first reason is the one that decided."""
    judgement = judge(exposure_of(history), profile_of(history.limits))
    assert judgement.reasons
    assert {reason.code for reason in judgement.reasons} <= REASON_CODES.keys()
    assert all(not reason.text[0].islower() and reason.text.endswith(".") for reason in judgement.reasons)
    deciding = {
        Verdict.NONVIABLE: {"limit_exceeded", "single_run_exceeded"},
        Verdict.UNPROVEN: {
            "limit_possibly_exceeded",
            "single_run_possibly_exceeded",
            "no_condemning_limit",
            "never_measured",
        },
        Verdict.AT_RISK: {"budget_low", "beyond_now"},
        Verdict.VIABLE: {"within_limits"},
    }
    assert judgement.reasons[0].code in deciding[judgement.verdict]
    usable = judgement.verdict in (Verdict.VIABLE, Verdict.AT_RISK)
    assert (by_temperature(judgement).answer is Answer.USABLE) == usable
    assert (by_temperature(judgement).answer is Answer.DO_NOT_USE) == (judgement.verdict is Verdict.NONVIABLE)
