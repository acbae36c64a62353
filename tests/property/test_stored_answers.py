"""An answer that was stored says, for as long as it stands, what judging the lot anew at that moment would say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from hypothesis import event, given
from hypothesis import strategies as st

from service.answers.documents import status_document
from service.answers.judging import JudgedLot, judge_lot, with_way_back
from service.answers.papers import KeptPapers
from service.answers.stored import carried, state_of
from service.answers.way_back import KeptAround
from service.domain import spans
from service.domain.answers.papers import NOTHING_ASKED, Assessment, Finding
from service.domain.answers.standing import LotState, Meanwhile, Stale, why_stale
from service.domain.answers.ways import JudgingLogger, Place
from service.domain.clocks import AsOf, Times
from service.domain.exposure.container import Record, thresholds_of
from service.domain.exposure.lot import Stay
from service.domain.instant import BEGINNING_US, END_US, SECOND_US, to_datetime
from service.domain.profiles import Profile, ThawRule
from service.domain.spans import Spans
from service.store.lots.lives import LotLife
from service.store.lots.papers import Assessments, LotPapers
from tests.oracle import Series
from tests.property.histories import (
    MAX_GAP_S,
    MAX_GAP_US,
    MODERATE,
    History,
    histories,
    instants,
    plain,
    profile_of,
    record_of,
    temperatures_c,
    thaw_rules,
    values,
)

Records = dict[str, Record]

#: Mostly cold, as lots are kept: so that most readings change nothing.
_mostly_cold = st.one_of(*[st.just(-80.0)] * 6, temperatures_c, values)

#: How long after it was measured a reading is evaluated; a logger's clock may be ahead of ours.
_delays_us = st.sampled_from([0, 0, 0, 1, SECOND_US // 2, -SECOND_US // 2, 3 * SECOND_US])

_calibrations = st.just(spans.ALWAYS) | st.lists(st.tuples(instants, instants), max_size=2).map(spans.spans)


@dataclass(frozen=True)
class Course:
    """What happens to a lot, and who looks when."""

    history: History
    profile: Profile
    lot: LotLife
    calibrated: dict[str, Spans]
    delays_us: dict[str, int]
    looks: list[tuple[int, bool]]
    assessments: list[Assessment]
    attached: dict[str, tuple[int, int]]
    assessed_there: list[Assessment]
    expires_on: date | None
    zones: dict[str, str]


_seconds_us = st.sampled_from([0, 0, 1, SECOND_US // 2, SECOND_US, 3 * SECOND_US])


@st.composite
def assessed(draw: st.DrawFn, number: int) -> Assessment:
    """A stretch of time that quality has assessed; it may lie anywhere, over others, and far into the future."""
    from_us, until_us = sorted(draw(st.lists(instants, min_size=2, max_size=2, unique=True)))
    finding = draw(st.sampled_from([Finding.GAP, Finding.GAP, Finding.DISPUTED, Finding.EXCURSION]))
    return Assessment(number, finding, from_us, until_us, draw(_seconds_us), "D-1", "Q. Quality")


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """A history, and instants at which readings are evaluated and somebody asks; at some, lots due are judged too."""
    history = draw(histories(_mostly_cold))
    thaw: ThawRule | None = draw(st.none() | st.none() | thaw_rules)
    profile = profile_of(history.limits, thaw)
    from_us = draw(st.just(history.lot.life_from_us) | st.just(history.lot.life_from_us) | st.just(BEGINNING_US))
    stays = tuple(Stay(*stay) for stay in history.lot.stays)
    lot = LotLife("lot", (profile.id, profile.version), from_us, history.lot.life_until_us, stays)
    at_us = draw(st.sets(instants, min_size=2, max_size=12))
    at_us |= {us + wait_us for us in at_us for wait_us in draw(st.sets(st.sampled_from([1, 7, 300_000]), max_size=2))}
    names = sorted(history.containers)
    return Course(
        history,
        profile,
        lot,
        {name: draw(_calibrations) for name in names},
        {name: draw(_delays_us) for name in names},
        [(us, draw(st.booleans())) for us in sorted(at_us)],
        [draw(assessed(number)) for number in range(draw(st.sampled_from([0, 1, 1, 2, 3])))],
        {name: (draw(instants), END_US) for name in names},
        [draw(assessed(number)) for number in range(10, 10 + draw(st.sampled_from([0, 0, 1])))],
        # The day before all readings: it is over by now, or will be, or is only once the lot is taken elsewhere.
        draw(st.none() | st.just(date(1969, 12, 31))),
        {name: draw(st.sampled_from(["Etc/GMT+12", "Etc/GMT+12", "Etc/GMT-14"])) for name in names},
    )


def known(course: Course, now_us: int) -> Records:
    """The records of the containers, of what has arrived by then; a container is known once anything of it has."""

    def arrived(name: str, one: Series) -> Series:
        there = tuple(reading for reading in one.readings if reading[0] + course.delays_us[name] <= now_us)
        return replace(one, readings=there)

    thresholds = thresholds_of([course.profile])
    found = {name: [arrived(name, one) for one in probes] for name, probes in course.history.containers.items()}
    return {
        name: record_of(probes, thresholds) for name, probes in found.items() if any(one.readings for one in probes)
    }


def touched(before: Records, now: Records, now_us: int) -> bool:
    """Whether the evaluator judges the lots of a container: its spans changed, or it is heard after a silence."""
    for name, record in now.items():
        old = before.get(name)
        if old is None or plain(replace(old, measured_until_us=record.measured_until_us)) != plain(record):
            return True
        if old.measured_until_us != record.measured_until_us and old.measured_until_us + MAX_GAP_US < now_us:
            return True
    return False


def judged(course: Course, records: Records, now_us: int) -> JudgedLot:
    """The lot, judged anew."""
    by_gap = {(name, MAX_GAP_S): record for name, record in records.items()}
    papers = KeptPapers(
        {"lot": LotPapers(NOTHING_ASKED, course.expires_on, (), None, None, None)},
        Assessments({"lot": course.assessments}, {"A": course.assessed_there}),
        course.zones,
        voyages={},
        custody={},
    )
    found = judge_lot(course.lot, course.profile, by_gap, course.calibrated, {}, AsOf(now_us), papers=papers)
    places = {name: Place(name, (JudgingLogger(name, *during),)) for name, during in course.attached.items()}
    return with_way_back(found, KeptAround(places))


def stored(found: JudgedLot, now_us: int) -> LotState:
    """As the database gives it back."""
    state = state_of(found, to_datetime(now_us))
    return replace(state, document=json.loads(json.dumps(state.document)))


def meanwhile(state: LotState, records: Mapping[str, Record], now_us: int) -> Meanwhile:
    """What is known beside a stored answer."""
    until_us = {name: record.measured_until_us for name, record in records.items()}
    return Meanwhile(
        times=Times(now_us, now_us),
        behind_since=None,
        measured_until_us=until_us.get(state.measured_in or ""),
        latest_measured_us=max(until_us.values(), default=None),
        heard=any(until_us[name] > awaited_us for name, awaited_us in state.awaited or ()),
    )


@MODERATE
@given(courses())
def test_a_stored_answer_is_what_judging_anew_would_find(course: Course) -> None:
    """Quiet readings come, none come, time passes and nobody looks: the whole status, carried forward, is the same."""
    records: Records = {}
    state: LotState | None = None
    for now_us, due_are_judged in course.looks:
        before, records = records, known(course, now_us)
        anew = judged(course, records, now_us)
        if state is None or touched(before, records, now_us):
            state = stored(anew, now_us)
        beside = meanwhile(state, records, now_us)
        stale = why_stale(state, beside, now_us, tolerance_us=0, ahead_us=600 * SECOND_US)
        if stale not in (None, Stale.UNEVEN) and due_are_judged:
            state = stored(anew, now_us)
            beside = meanwhile(state, records, now_us)
            stale = why_stale(state, beside, now_us, tolerance_us=0, ahead_us=600 * SECOND_US)
        event("assessed" if "assessed" in anew.answered.reason_codes else "nothing assessed")
        event("expired" if "expired" in anew.answered.reason_codes else "not expired")
        event(f"{stale}, {'just judged' if state.judged_us == now_us else 'judged before'}")
        if stale in (None, Stale.UNEVEN):
            told = (state.verdict, state.answer, state.reason_codes)
            assert told == (anew.judgement.verdict, anew.answered.answer, anew.answered.reason_codes)
        if stale in (None, Stale.UNEVEN, Stale.PAST, Stale.SILENT):
            until = carried(state, beside.measured_until_us, to_datetime(now_us))["good_until"]
            is_over = until is not None and datetime.fromisoformat(until) <= to_datetime(now_us)
            assert is_over is (stale in (Stale.PAST, Stale.SILENT)), "what is told of it is when it stops standing"
        if stale is None:
            assert carried(state, beside.measured_until_us, to_datetime(now_us)) == status_document(
                anew, to_datetime(now_us)
            )


@MODERATE
@given(courses())
def test_what_was_just_judged_stands(course: Course) -> None:
    """So a lot that is looked at again when it should be is not looked at for ever."""
    for now_us, _ in course.looks:
        records = known(course, now_us)
        state = stored(judged(course, records, now_us), now_us)
        stale = why_stale(state, meanwhile(state, records, now_us), now_us, tolerance_us=0, ahead_us=600 * SECOND_US)
        assert stale in (None, Stale.UNEVEN)
