"""Probes that hang where a lot is and count for nothing: what is said of them, and what helps."""

from dataclasses import replace

import pytest

from service.domain import spans
from service.domain.answers.answer import Answer, answer
from service.domain.answers.papers import NO_PAPERS, Assessment, Finding
from service.domain.answers.way_back import way_back
from service.domain.answers.ways import NOTHING_AROUND, Action, Way
from service.domain.exposure.container import Record
from service.domain.exposure.lot import Exposure, Stay, expose
from service.domain.exposure.uncounted import AttachedProbe, next_change_us, uncounted
from service.domain.instant import END_US, SECOND_US
from service.domain.profiles import CRYO_80, Direction, Effect, Limit
from service.domain.verdicts.verdict import Judgement, judge

HOUR_US = 3600 * SECOND_US
NOW_US = 100 * HOUR_US
_ABOVE = (Direction.ABOVE, -60.0)
PROFILE = replace(CRYO_80, limits=(Limit(Direction.ABOVE, -60, Effect.CONDEMNS, budget_s=3600),))

#: In freezer 1 since the beginning, and heard ten minutes ago.
WAITS = AttachedProbe(
    "f1-top", "f1", "Freezer 1", "TAG-1", "top", False, 0, END_US, None, heard_us=NOW_US - HOUR_US // 6
)
AMBIENT = replace(WAITS, attachment_id="f1-room", logger_id="ROOM-1", probe="", is_ambient=True, heard_us=None)
COUNTS = replace(WAITS, attachment_id="f1-old", logger_id="TAG-0", commissioned_us=0, heard_us=None)


def exposed(measured_h: float = 0, since_h: float = 0, until_h: float = 1e6) -> Exposure:
    """A lot in freezer 1 for so long, of which the first hours of all were measured."""
    there = spans.spans([(0, round(measured_h * HOUR_US))]) if measured_h else spans.NONE
    until_us = int(there[-1, 1]) if len(there) else 0
    record = Record({_ABOVE: spans.NONE}, {_ABOVE: spans.NONE}, spans.NONE, until_us)
    stays = [Stay("f1", round(since_h * HOUR_US), round(until_h * HOUR_US))]
    return expose(round(since_h * HOUR_US), END_US, stays, {"f1": record}, PROFILE, now_us=NOW_US)


def judged(exposure: Exposure, *attached: AttachedProbe) -> Judgement:
    """With this attached in freezer 1."""
    return judge(exposure, PROFILE, uncounted=uncounted(exposure, {"f1": attached}, NOW_US))


def said(judgement: Judgement) -> list[tuple[str, str]]:
    """Its doubts."""
    return [(reason.code, reason.text) for reason in judgement.doubting]


def ways(judgement: Judgement) -> list[Way]:
    """Its way back."""
    return list(way_back(judgement, NO_PAPERS, answer(judgement, NO_PAPERS, NOW_US), NOTHING_AROUND))


def test_a_probe_that_nobody_commissioned_is_named_before_the_gap() -> None:
    """A lot lies a hundred hours beside a logger that sends: why none of it counts is the first thing said."""
    (code, text), (gap, _) = said(judged(exposed(), WAITS))
    assert (code, gap) == ("probe_not_commissioned", "limit_possibly_exceeded")
    assert text == (
        "Logger TAG-1 (probe top) in Freezer 1, attached since 1970-01-01 00:00 UTC, is not commissioned: "
        "its readings arrive, the last of 1970-01-05 03:50 UTC, and do not count."
    )
    [_, (_, silent), _] = said(judged(exposed(), WAITS, replace(WAITS, attachment_id="f1-2", heard_us=None)))
    assert silent.endswith("is not commissioned, and no reading of it has arrived.")


def test_whoever_is_to_confirm_it_is_told_how_and_what_that_changes() -> None:
    """A lot that was just put in is proven by the next reading; what was before takes a reason and a signature."""
    just_now = exposed(since_h=100 - 1 / 60)
    judgement = judged(just_now, WAITS)
    assert [code for code, _ in said(judgement)] == ["probe_not_commissioned", "never_measured"]
    [way] = ways(judgement)
    assert (way.action, way.enough, way.attachment_id, way.logger_ids) == (
        Action.COMMISSION,
        False,
        "f1-top",
        ("TAG-1",),
    )
    assert way.ends == {"probe_not_commissioned", "never_measured"}
    assert [(x.container_id, x.from_us, x.until_us) for x in way.stretches] == [("f1", NOW_US - 60 * SECOND_US, NOW_US)]
    assert way.text == (
        "A technician or quality confirms on the page of Freezer 1 that logger TAG-1 (probe top) in Freezer 1 has "
        "settled: from then on what it measures counts. "
        "Its readings so far count if that is confirmed for their time, which takes a reason and quality's signature."
    )
    long_ago = [x.action for x in ways(judged(exposed(), WAITS))]
    assert long_ago == [Action.COMMISSION, Action.ASSESS], "nobody is told that nothing was attached there"


def test_a_lot_that_has_left_needs_the_readings_of_then() -> None:
    """Commissioned today, the probe tells nothing of last week, unless somebody says that it had settled by then."""
    left = exposed(until_h=50)
    first, *_ = ways(judged(left, WAITS))
    assert first.action is Action.COMMISSION
    assert first.text.endswith(
        "Its readings of then count if that is confirmed for their time, which takes a reason and quality's signature."
    )
    assert first.ends == {"probe_not_commissioned"}
    silent = replace(WAITS, heard_us=None)
    assert Action.COMMISSION not in [x.action for x in ways(judged(left, silent))]
    ended = replace(WAITS, until_us=40 * HOUR_US, heard_us=39 * HOUR_US)
    [text] = [text for code, text in said(judged(left, ended)) if code == "probe_not_commissioned"]
    assert "attached 1970-01-01 00:00 to 1970-01-02 16:00 UTC, was not commissioned: its readings arrived" in text


def test_what_is_measured_by_another_probe_needs_no_word() -> None:
    """A second probe that still settles is no matter of a lot that the first one proves."""
    assert uncounted(exposed(measured_h=100), {"f1": [COUNTS, WAITS]}, NOW_US) == ()
    assert [x.attached for x in uncounted(exposed(measured_h=60), {"f1": [COUNTS, WAITS]}, NOW_US)] == [WAITS]


def test_a_lot_put_in_after_the_last_reading_that_counts_is_told_what_it_waits_for() -> None:
    """The old probe was taken out a minute ago, and the new one waits for its word: no first reading is to come."""
    just_after = exposed(measured_h=100 - 2 / 60, since_h=100 - 1 / 60)
    assert len(just_after.pending)
    assert [code for code, _ in said(judged(just_after, WAITS))] == ["probe_not_commissioned", "never_measured"]


def test_a_probe_beside_the_freezer_proves_nothing_of_it() -> None:
    """Only the room is measured; as soon as anything hangs inside, the room is not what is talked of."""
    codes = [code for code, _ in said(judged(exposed(), AMBIENT))]
    assert codes == ["probe_only_ambient", "limit_possibly_exceeded"]
    assert said(judged(exposed(), AMBIENT))[0][1] == (
        "Only logger ROOM-1 beside Freezer 1 is attached, as ambient: that is recorded, "
        "and proves nothing of the inside."
    )
    assert [x.attached for x in uncounted(exposed(), {"f1": [AMBIENT, WAITS]}, NOW_US)] == [WAITS]
    assert uncounted(exposed(measured_h=60), {"f1": [AMBIENT, COUNTS]}, NOW_US) == (), "its silence is what matters"
    [attach] = ways(judged(exposed(since_h=100 - 1 / 60), AMBIENT))
    assert attach.action is Action.ATTACH


@pytest.mark.parametrize(
    ("commissioned_us", "told"),
    [
        (102 * HOUR_US, "Logger TAG-1 (probe top) in Freezer 1 counts only from 1970-01-05 06:00 UTC on."),
        (None, "Logger TAG-1 (probe top) in Freezer 1 is attached only from 1970-01-05 05:00 UTC on, and is not "
         "commissioned yet."),
    ],
)  # fmt: skip
def test_a_probe_that_is_to_count_later_does_not_yet(commissioned_us: int | None, told: str) -> None:
    """Until then the lot is not measured, and whoever reads it knows until when."""
    later = replace(WAITS, from_us=101 * HOUR_US, commissioned_us=commissioned_us, heard_us=None)
    just_now = exposed(since_h=100 - 1 / 60)
    assert said(judged(just_now, later))[0] == ("probe_counts_later", told)
    assert next_change_us(just_now, {"f1": [later]}, NOW_US) == 101 * HOUR_US
    [way] = ways(judged(just_now, later))
    assert (way.action, way.ends, way.enough) == (Action.WAIT, frozenset(), False)
    assert uncounted(just_now, {"f1": [later, COUNTS]}, NOW_US) == (), "another one measures until then"


def test_quality_may_accept_such_time_as_any_other() -> None:
    """The reason goes with the doubt that it explains: an accepted gap needs no explanation."""
    lot = judged(exposed(measured_h=60), COUNTS, WAITS)
    accepted = Assessment(1, Finding.GAP, 60 * HOUR_US, NOW_US, 0, "D-1", "Q. Quality")
    told = answer(lot, replace(NO_PAPERS, assessments=(accepted,)), NOW_US)
    assert told.answer is Answer.USABLE
    assert "probe_not_commissioned" not in told.reason_codes


def test_of_many_probes_three_are_named() -> None:
    """A rack of ten probes makes no page of reasons."""
    many = [replace(WAITS, attachment_id=str(i), probe=str(i)) for i in range(10)]
    texts = [text for code, text in said(judged(exposed(), *many)) if code == "probe_not_commissioned"]
    assert len(texts) == 3
    assert texts[-1].endswith("So it is with 7 more.")
