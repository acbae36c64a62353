"""No course of acts and readings gives `usable` where one thing forbids or is missing."""

import os

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from service.domain.answers.answer import Answer
from tests import answer_oracle as oracle
from tests.answer_oracle import Facts
from tests.property.lot_courses import Act, answer_of, courses, happen

#: Courses of each property here, each looked at after every act; ANSWER_COURSES=10000 looks at more.
MANY = settings(
    max_examples=int(os.environ.get("ANSWER_COURSES", "250")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

#: Each code, by what it does: forbids, is missing, or is only told.
_FORBIDS = {
    *("life_ended", "recalled", "rejected", "quarantined", "expired", "certificate_item_failed"),
    *("limit_exceeded", "single_run_exceeded"),
}
_LACKS = {
    *("limit_possibly_exceeded", "single_run_possibly_exceeded", "in_no_container", "history_before_unknown"),
    *("no_condemning_limit", "never_measured"),
    *("unsigned_change", "profile_not_adopted", "no_specification", "certificate_missing", "certificate_item_missing"),
    *("certificate_unsigned", "not_released", "release_lapsed"),
}
_BESIDE = {"temperature_alone", "release_suspended"}


@MANY
@given(courses())
def test_the_answer_is_what_the_scalar_oracle_says(course: tuple[Facts, list[Act]]) -> None:
    """Whatever is done in whatever order, nothing is usable that one thing forbids or that lacks one thing."""
    facts, acts = course
    for act in acts:
        happen(facts, act)
        oracle.look(facts)
        expected, found = oracle.told(facts), answer_of(facts)
        event(expected.answer)
        codes = set(found.reason_codes)
        assert found.answer == expected.answer
        assert codes & _FORBIDS == expected.forbids
        assert codes & _LACKS == expected.lacks
        assert codes & _BESIDE == expected.beside
        assert (found.answer is Answer.USABLE) == (not codes & (_FORBIDS | _LACKS))


@MANY
@given(courses())
def test_reasons_come_worst_first(course: tuple[Facts, list[Act]]) -> None:
    """What forbids is read before what is missing, and that before what is only told."""
    facts, acts = course
    for act in acts:
        happen(facts, act)
    order = [0 if one.code in _FORBIDS else 1 if one.code in _LACKS else 2 for one in answer_of(facts).reasons]
    assert order == sorted(order)


BADNESS = [Answer.USABLE, Answer.NOT_PROVEN, Answer.DO_NOT_USE]

#: Whatever of these is added to a lot, its answer is no better for it.
BAD: list[Act] = [
    ("recall", ()),
    ("quarantine", ()),
    ("reject", ()),
    ("soften", ()),
    ("expiry", (0,)),
    ("certificate", (3,)),
]


@MANY
@given(courses(), st.sampled_from(BAD))
def test_nothing_bad_makes_an_answer_better(course: tuple[Facts, list[Act]], bad: Act) -> None:
    """A recall, a quarantine or a change that waits never speaks for a lot, whatever else is known of it."""
    facts, acts = course
    for act in acts:
        happen(facts, act)
    before = answer_of(facts).answer
    happen(facts, bad)
    assert BADNESS.index(answer_of(facts).answer) >= BADNESS.index(before)
