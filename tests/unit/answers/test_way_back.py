"""The way back: what would make a lot usable, and what can no longer help."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from service.domain import spans
from service.domain.answers.answer import Answer, answer
from service.domain.answers.papers import (
    NO_PAPERS,
    NOTHING_ASKED,
    Assessment,
    Certificate,
    Finding,
    JudgedItem,
    Outcome,
    Papers,
)
from service.domain.answers.way_back import way_back
from service.domain.answers.ways import ACTIONS, NOTHING_AROUND, Action, Around, JudgingLogger, Place, Waiting, Way
from service.domain.exposure.container import Record
from service.domain.exposure.lot import Stay, expose
from service.domain.instant import END_US, SECOND_US
from service.domain.profiles import CRYO_80, Direction, Effect, Limit, Profile, ThawRule
from service.domain.severity import Severity
from service.domain.spans import Spans
from service.domain.verdicts.reasons import Reason
from service.domain.verdicts.verdict import Judgement, judge

HOUR_US = 3600 * SECOND_US
NOW_US = 100 * HOUR_US
_ABOVE = (Direction.ABOVE, -60.0)
PROFILE = replace(CRYO_80, limits=(Limit(Direction.ABOVE, -60, Effect.CONDEMNS, budget_s=3600),))
AROUND = Around({"F2": Place("Freezer 2", (JudgingLogger("ml-6102", 0, 50 * HOUR_US),))})


def hours(*pairs: tuple[float, float]) -> Spans:
    """Spans in hours."""
    return spans.spans((round(a * HOUR_US), round(b * HOUR_US)) for a, b in pairs)


def judged(
    gaps: Spans, *, beyond: Spans = spans.NONE, disputed: Spans = spans.NONE, profile: Profile = PROFILE
) -> Judgement:
    """A lot in freezer 2 for 100 hours, of which these were not measured, or were beyond."""
    keys = [_ABOVE] if profile.thaw is None else [_ABOVE, (Direction.ABOVE, profile.thaw.threshold_c)]
    record = Record(dict.fromkeys(keys, beyond), dict.fromkeys(keys, disputed), gaps, NOW_US)
    return judge(expose(0, END_US, [Stay("F2", 0, END_US)], {"F2": record}, profile, now_us=NOW_US), profile)


def ways(judgement: Judgement, papers: Papers = NO_PAPERS, around: Around = AROUND) -> list[Way]:
    """Its way back."""
    return list(way_back(judgement, papers, answer(judgement, papers, NOW_US), around))


def assessed(from_h: float, until_h: float, accepted_s: float = 0, finding: Finding = Finding.GAP) -> Assessment:
    """Quality accepted so much of a stretch."""
    length = round(accepted_s * SECOND_US)
    return Assessment(1, finding, round(from_h * HOUR_US), round(until_h * HOUR_US), length, "D-1", "Q. Quality")


def test_a_file_closes_the_gap_or_quality_accepts_it() -> None:
    """Six hours nobody heard of, at 31 h to 37 h: the logger's file first, for it costs nothing and proves the most."""
    upload, assess = ways(judged(hours((31, 37)), beyond=hours((1, 1.5))))
    assert (upload.action, upload.enough, upload.logger_ids) == (Action.UPLOAD, True, ("ml-6102",))
    assert upload.text == (
        "Upload the file of ml-6102 for 1970-01-02 07:00 to 1970-01-02 13:00 UTC (6 h) in Freezer 2, "
        "or wait until the logger sends what it holds."
    )
    assert (assess.action, assess.enough, assess.accepted_us) == (Action.ASSESS, True, HOUR_US // 2)
    assert assess.text == (
        "Quality assesses the gap from 1970-01-02 07:00 to 1970-01-02 13:00 UTC (6 h), with evidence: "
        "of it at most 30 min may be accepted as beyond the limits."
    )


def test_what_is_said_to_be_enough_is_enough() -> None:
    """Of four gaps the two longest are named, for with both of them closed the other two may have been warm."""
    gaps = hours((3, 3.3), (10, 12), (20, 20.4), (30, 33))
    upload, assess = ways(judged(gaps))
    assert [(x.from_us // HOUR_US, x.until_us // HOUR_US) for x in upload.stretches] == [(10, 12), (30, 33)]
    assert "both of" in upload.text
    named = [assessed(10, 12), assessed(30, 33, 18 * 60)]
    assert assess.accepted_us == 18 * 60 * SECOND_US
    assert answer(judged(gaps), replace(NO_PAPERS, assessments=tuple(named)), NOW_US).answer is Answer.USABLE
    more = [named[0], assessed(30, 33, 18 * 60 + 1)]
    assert answer(judged(gaps), replace(NO_PAPERS, assessments=tuple(more)), NOW_US).answer is Answer.NOT_PROVEN
    assert answer(judged(gaps), replace(NO_PAPERS, assessments=tuple(named[:1])), NOW_US).answer is Answer.NOT_PROVEN


def test_where_nothing_was_attached_no_file_can_help() -> None:
    """After the logger was taken out, nobody need look for a file: it is told so, and only quality can help."""
    assess, none = ways(judged(hours((60, 66))))
    assert (assess.action, assess.enough) == (Action.ASSESS, True)
    assert (none.action, none.helps, none.enough) == (Action.UPLOAD, False, False)
    assert none.text == (
        "No file can help for 1970-01-03 12:00 to 1970-01-03 18:00 UTC (6 h): nothing was attached in Freezer 2 then."
    )
    upload, *_ = ways(judged(hours((31, 37), (60, 66))))
    assert (upload.enough, upload.ends) == (False, frozenset())
    assert upload.text.endswith("That alone is not enough.")


def test_readings_that_came_after_all_are_a_doubt_of_their_own() -> None:
    """Quality accepted a gap; then a file comes whose readings prove nothing. Nobody has accepted those."""
    papers = replace(NO_PAPERS, assessments=(assessed(31, 37),))
    assert answer(judged(hours((31, 37))), papers, NOW_US).answer is Answer.USABLE
    after = judged(hours((31, 33)), disputed=hours((33, 37)))
    assert answer(after, papers, NOW_US).answer is Answer.NOT_PROVEN
    [way] = [x for x in ways(after, papers) if x.action is Action.ASSESS]
    assert [x.finding for x in way.stretches] == [Finding.DISPUTED]


def test_one_accepted_second_may_hide_a_thaw() -> None:
    """A gap of which none is accepted stayed frozen; of one with a second accepted nobody knows how often it thawed."""
    profile = replace(PROFILE, limits=(), thaw=ThawRule(-20, 0, 0, Effect.CONDEMNS))
    found = judged(hours((31, 37)), profile=profile)
    [way] = [x for x in ways(found) if x.action is Action.ASSESS]
    assert way.accepted_us == 0
    for accepted_s, told in ((0, Answer.USABLE), (1, Answer.NOT_PROVEN)):
        papers = replace(NO_PAPERS, assessments=(assessed(31, 37, accepted_s),))
        assert answer(found, papers, NOW_US).answer is told


def test_a_life_that_nobody_measured_is_not_assessed_away() -> None:
    """Judgements alone prove nothing: something of the life must have been measured."""
    found = judged(hours((0, 100)))
    papers = replace(NO_PAPERS, assessments=(assessed(0, 100),))
    told = answer(found, papers, NOW_US)
    assert (told.answer, told.assessed.doubts[0].code) == (Answer.NOT_PROVEN, "never_measured")


def test_time_in_no_container_is_recorded_or_assessed() -> None:
    """Nobody says where it was for six hours: whoever carried it may, or quality judges."""
    record = Record({_ABOVE: spans.NONE}, {_ABOVE: spans.NONE}, spans.NONE, NOW_US)
    stays = [Stay("F2", 0, 31 * HOUR_US), Stay("F2", 37 * HOUR_US, END_US)]
    found = judge(expose(0, END_US, stays, {"F2": record}, PROFILE, now_us=NOW_US), PROFILE)
    assert [(x.action, x.enough) for x in ways(found)] == [(Action.RECORD_PLACEMENT, False), (Action.ASSESS, True)]
    papers = replace(NO_PAPERS, assessments=(assessed(31, 37),))
    assert answer(found, papers, NOW_US).answer is Answer.USABLE


def test_papers_that_lack_are_told_with_what_is_to_be_signed() -> None:
    """Each thing that is missing, and the number that quality finds at /to-sign."""
    items = (JudgedItem("mycoplasma", "Mycoplasma", Outcome.MISSING, None, "it is not stated"),)
    certificate = Certificate(2, "exosomes", 1, date(2026, 11, 1), "Q. Maker", items, is_signed=False, recorded_us=0)
    asked = replace(NOTHING_ASKED, specification=("exosomes", 1), release_signatures=2, profile_adopted=False)
    waits = Reason("unsigned_change", "A correction waits.", Severity.WARNING, 0)
    papers = replace(NO_PAPERS, asked=asked, certificates=(certificate,), unsigned=waits)
    around = replace(
        AROUND,
        papers=[Waiting(9, "disposition", "lot", "a decision", 1), Waiting(4, "adoption", "exo-a/storage", "limits")],
        changes=[Waiting(12, "correction", "", "a correction by T. Technician")],
    )
    found = ways(judged(spans.NONE), papers, around)
    assert [(x.action, x.change_ids, x.signatures, x.items, x.enough) for x in found] == [
        (Action.SIGN_CHANGE, (12,), 1, (), False),
        (Action.SIGN_CHANGE, (4,), 1, (), False),
        (Action.SIGN_RELEASE, (9,), 1, (), False),
        (Action.ENTER_ITEM, (), None, ("mycoplasma",), False),
    ]
    assert found[0].text == (
        "Quality signs change 12 (a correction by T. Technician), by another account than its author's."
    )
    signed = replace(certificate, items=(), is_signed=True)
    alone = replace(papers, asked=replace(asked, profile_adopted=True, release_signatures=0), certificates=(signed,))
    assert [(x.action, x.enough) for x in ways(judged(spans.NONE), alone, around)] == [(Action.SIGN_CHANGE, True)]
    assert ways(judged(spans.NONE)) == []


def test_a_lot_that_was_just_placed_waits_for_its_first_reading() -> None:
    """Until when it is due is told; where nothing is attached, that is to be done first."""
    record = Record({_ABOVE: spans.NONE}, {_ABOVE: spans.NONE}, spans.NONE, NOW_US)
    stays = [Stay("F2", NOW_US, END_US)]
    found = judge(expose(NOW_US, END_US, stays, {"F2": record}, PROFILE, now_us=NOW_US + 1), PROFILE)
    [wait, attach] = ways(found, around=replace(AROUND, due_us=NOW_US + HOUR_US))
    assert (wait.action, wait.enough) == (Action.WAIT, True)
    assert wait.text == "Wait: the next reading from Freezer 2 is due by 1970-01-05 05:00 UTC."
    assert (attach.action, attach.enough) == (Action.ATTACH, False)
    assert [x.action for x in ways(found, around=NOTHING_AROUND)] == [Action.ATTACH]


def test_an_unknown_beginning_is_recorded() -> None:
    """Whether before our readings it lay warm is to be said by somebody, and signed."""
    found = judge(judged(spans.NONE).exposure, PROFILE, life_start_known=False)
    assert [(x.action, x.enough) for x in ways(found)] == [
        (Action.RECORD_LIFE_START, True),
        (Action.RECORD_CARRIED_IN, True),
    ]


@pytest.mark.parametrize("action", list(Action))
def test_every_action_is_documented_in_the_same_words(action: Action) -> None:
    """Whoever programs against it finds what each word asks for."""
    text = (Path(__file__).parents[3] / "docs/way-back.md").read_text(encoding="utf-8")
    assert f"| `{action}` | {ACTIONS[action]} |" in text
