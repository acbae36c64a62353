"""Quality's assessments: what they free, what they do not, and what cannot be assessed."""

from collections.abc import Sequence
from dataclasses import replace

import httpx
import pytest

from service.acts.assessments import assess, strike
from service.acts.containers import add_container
from service.acts.corrections import correct
from service.acts.nestings import put_into
from service.acts.parts import split
from service.acts.placements import place
from service.domain.answers.papers import Finding
from service.domain.answers.ways import Action
from service.domain.corrections import Word
from service.domain.lots.parts import NewPart
from service.domain.lots.placements import Placement
from service.domain.registry.nesting import Nesting
from service.domain.softening import Kind
from service.errors import ConflictError, RefusedError, UnbrokenError
from service.store.changes import Chosen, change, changes, lock_changes
from service.store.lots.assessments import KeptAssessment, NewAssessment, assessments
from service.store.lots.placements import placements
from service.store.pool import Connection
from tests.acting import TESTER
from tests.cold_store import ago, all_of, evaluate, furnish, get, put, refusal, register_lot, send
from tests.scenario import BEFOREHAND, Scenario, at, course
from tests.signing import sign_all


@pytest.fixture
def store(connection: Connection) -> Scenario:
    """A freezer with two lots that was not heard for six hours: from minute 60 to minute 420."""
    scenario = Scenario(connection)
    scenario.container("f1")
    scenario.store(course("logger", [-80] * 13))
    scenario.store(course("logger", [-80] * 13, start=420))
    for lot in ("a", "b"):
        scenario.lot(lot, "f1")
    scenario.evaluate(480)
    return scenario


def gap(from_minute: float = 60, until_minute: float = 420, accepted_s: float = 0) -> NewAssessment:
    """Of lot a."""
    found = at(from_minute), at(until_minute)
    return NewAssessment("a", None, Finding.GAP, *found, accepted_s, "the freezer's chart", None, "D-118")


def told(store: Scenario, lot: str, minutes: float = 480) -> tuple[str, list[str]]:
    """Answer and reasons."""
    found = store.judged(lot, minutes)
    beside = {"temperature_alone", "adopted_by_migration"}
    return found.answered.answer.value, [code for code in found.answered.reason_codes if code not in beside]


def recorded(store: Scenario, new: NewAssessment, minutes: float = 480) -> KeptAssessment:
    """An assessment, as a person of quality records it."""
    return assess(store.connection, TESTER, new, "the battery was empty", at(minutes))


def test_an_assessment_frees_its_lot_once_another_account_signed_it(store: Scenario, connection: Connection) -> None:
    """Six hours of a gap: named by the way back, accepted by quality for one lot, which frees no other."""
    assert told(store, "a") == ("not_proven", ["limit_possibly_exceeded"])
    ways = store.judged("a", 480).way_back
    assert [(way.action, way.enough) for way in ways] == [(Action.UPLOAD, True), (Action.ASSESS, True)]
    assert ways[0].text.startswith(
        "Upload the file of logger for 2026-03-01 01:00 to 2026-03-01 07:00 UTC (6 h) in F1,"
    )
    kept = recorded(store, gap())
    assert (kept.state, kept.reason, told(store, "a")[0]) == ("waits", "the battery was empty", "not_proven")
    assert sign_all(connection)
    assert told(store, "a") == ("usable", ["assessed"])
    assert store.verdict("a", 480) == "unproven"
    assert told(store, "b")[0] == "not_proven"
    [kept] = assessments(connection, lot_id="a")
    assert (kept.state, kept.signed_by) == ("counts", ["Q. Quality"])
    assert strike(connection, TESTER, kept.id, "another freezer's chart", lot_id="a").state == "struck"
    assert told(store, "a")[0] == "not_proven"
    with pytest.raises(ConflictError, match="was struck"):
        strike(connection, TESTER, kept.id, "once more", lot_id="a")


def test_what_was_struck_before_it_was_signed_waits_for_nobody(store: Scenario, connection: Connection) -> None:
    """Quality is not asked to approve what its author took back."""
    kept = recorded(store, gap())
    strike(connection, TESTER, kept.id, "another freezer's chart", lot_id="a")
    assert changes(connection, Chosen("unsigned", Kind.ASSESSMENT)) == []
    assert change(connection, kept.change_id).state == "void"
    with pytest.raises(ConflictError, match="struck"), connection.transaction():
        lock_changes(connection, [kept.change_id])


@pytest.mark.parametrize("how", ["struck", "moved", "parent"])
def test_the_chart_of_a_freezer_says_nothing_of_what_lay_elsewhere_in_a_box_or_as_a_part(
    store: Scenario, connection: Connection, how: str
) -> None:
    """A gap is accepted by the freezer's chart; then the box, or the lot before it was split, turns out elsewhere."""
    store.container("f2", loggers=["logger-2"])
    add_container(connection, TESTER, "box", "site", "Box", "box", "cryo-80")
    put_into(connection, Nesting("in", "box", "f1", at(0), None), BEFOREHAND)
    store.lot("c", "f1" if how == "parent" else "box")
    lot_id = "c"
    if how == "parent":
        split(connection, "c", [NewPart("c-1", 3)], at(450), BEFOREHAND)
        lot_id = "c-1"
    store.evaluate(480)
    recorded(store, replace(gap(), lot_id=lot_id))
    sign_all(connection)
    assert told(store, lot_id)[0] == "usable"
    late = Word(TESTER, at(480), 900, BEFOREHAND.clock_tolerance_s, reason="misread")
    if how == "struck":
        correct(connection, TESTER, kind="nesting", row_id="in", change={"in_id": "f2"}, reason="misread")
    elif how == "moved":
        put_into(connection, Nesting("late", "box", "f2", at(100), None), late)
    else:
        first = placements(connection, "c")[0].id
        correct(connection, TESTER, kind="placement", row_id=first, change={"container_id": "f2"}, reason="misread")
    sign_all(connection)
    assert told(store, lot_id)[0] == "not_proven"
    assert assessments(connection, lot_id=lot_id)[0].state == "struck"


@pytest.mark.parametrize("corrected", [False, True])
def test_the_chart_of_a_freezer_says_nothing_of_a_lot_that_lay_elsewhere(
    store: Scenario, connection: Connection, corrected: bool
) -> None:
    """Quality accepted the gap of its freezer; then it turns out that the lot lay on a bench meanwhile."""
    store.container("bench", loggers=())
    kept = recorded(store, gap())
    late = Word(TESTER, at(490), 900, BEFOREHAND.clock_tolerance_s, "found out since")
    if corrected:
        # Put into the freezer it was in: it lay nowhere else for that.
        place(connection, Placement("again", "a", "f1", at(200), None), late)
    sign_all(connection)
    store.evaluate(491)
    assert told(store, "a", 491)[0] == "usable"
    if corrected:
        [there] = [one for one in placements(connection, "a") if one.from_at == at(0)]
        change = {"container_id": "bench"}
        correct(connection, TESTER, kind="placement", row_id=there.id, change=change, reason="found out since")
    else:
        place(connection, Placement("bench", "a", "bench", at(70), at(410)), late, "back")
    assert assessments(connection, lot_id="a")[0].id == kept.id
    assert assessments(connection, lot_id="a")[0].state == "struck"
    sign_all(connection)
    store.evaluate(492)
    assert told(store, "a", 492)[0] == "not_proven"


def test_one_of_a_container_frees_each_lot_as_far_as_it_was_there(store: Scenario, connection: Connection) -> None:
    """The freezer's chart speaks for what lay in it, and not for what was carried off meanwhile."""
    store.container("f2", loggers=())
    store.lot("moved", "f1")
    store.place("moved", "f2", 200)
    store.evaluate(480)
    recorded(store, replace(gap(), lot_id=None, container_id="f1"))
    sign_all(connection)
    assert [told(store, lot)[0] for lot in ("a", "b", "moved")] == ["usable", "usable", "not_proven"]


def test_more_than_the_limit_leaves_is_accepted_in_vain(store: Scenario, connection: Connection) -> None:
    """Quality accepts two hours of the gap as warm; one is allowed over the whole life."""
    recorded(store, gap(accepted_s=7200))
    sign_all(connection)
    assert told(store, "a") == ("not_proven", ["limit_possibly_exceeded"])


@pytest.mark.parametrize(
    ("new", "error", "said"),
    [
        (gap(500, 550), ConflictError, "readings that came since may have closed it"),
        (gap(30, 90), ConflictError, "only 2026-03-01 01:00 to 2026-03-01 01:30 UTC is a gap"),
        (replace(gap(), finding=Finding.DISPUTED), ConflictError, "nothing is disputed"),
        (replace(gap(), finding=Finding.EXCURSION), ConflictError, "nothing is an excursion"),
        (gap(accepted_s=6 * 3600 + 1), RefusedError, "lasts 6 h"),
        (replace(gap(), document_sha256="0" * 64), RefusedError, "there is no document"),
        (replace(gap(), lot_id=None, container_id="f3"), ConflictError, "no lot was in 'f3'"),
    ],
)
def test_what_is_no_such_stretch_is_not_assessed(
    store: Scenario, new: NewAssessment, error: type[UnbrokenError], said: str
) -> None:
    """Nothing is accepted in advance, by the way, or of time that is something else."""
    store.container("f3", loggers=())
    with pytest.raises(error, match=said):
        recorded(store, new)
    assert assessments(store.connection, lot_id="a") == []


def test_a_gap_that_a_late_upload_has_closed_is_not_assessed(store: Scenario, connection: Connection) -> None:
    """The logger sent what it held meanwhile: an assessment is refused, and one that is signed hides nothing."""
    recorded(store, gap())
    sign_all(connection)
    with pytest.raises(ConflictError, match="assessment 1 counts"):
        recorded(store, gap(100, 200))
    store.store(course("logger", [-80] * 71, start=65))
    store.evaluate(481)
    assert told(store, "a", 481) == ("usable", ["within_limits"])
    with pytest.raises(ConflictError, match="closed it"):
        recorded(store, replace(gap(), lot_id="b"), 481)


def _filled(warm: Sequence[float]) -> list[float]:
    return [-80, *warm, *[-80] * (70 - len(warm))]


def test_an_excursion_is_documented_and_frees_nothing(store: Scenario, connection: Connection) -> None:
    """Two hours warm are two hours warm, whatever anybody thinks of them."""
    store.store(course("logger", _filled([-40] * 30), start=65))
    store.evaluate(481)
    assert told(store, "a", 481)[0] == "do_not_use"
    recorded(store, replace(gap(70, 210), finding=Finding.EXCURSION), 481)
    sign_all(connection)
    answer, codes = told(store, "a", 481)
    assert answer == "do_not_use"
    assert {"limit_exceeded", "excursion_assessed"} <= set(codes)


def test_assessments_over_http(api: httpx.Client, connection: Connection) -> None:
    """Quality asks what is lacking, accepts it for the lot or the container, and takes it back."""
    furnish(api, "f1")
    register_lot(api, "lot", "f1", minutes_ago=400)
    send(api, "f1-logger", [-80] * 5, minutes_ago=400)
    send(api, "f1-logger", [-80] * 13, minutes_ago=60)
    evaluate(connection)
    status = get(api, "/lots/lot/status")
    [assessing] = [way for way in status["way_back"] if way["action"] == "assess"]
    [stretch] = assessing["stretches"]
    new = {
        "finding": stretch["finding"],
        "from": stretch["from"],
        "until": stretch["until"],
        "accepted_s": assessing["accepted_s"],
        "evidence": "chart",
        "deviation": "D-1",
        "reason": "battery",
    }
    made = put(api, "/lots/lot/assessments", new)
    evaluate(connection)
    status = get(api, "/lots/lot/status")
    assert (status["answer"], status["way_back"], made["lot_id"]) == ("usable", [], "lot")
    assert [one["state"] for one in all_of(api, "/lots/lot/assessments")] == ["counts"]
    assert "future" in refusal(api.post("/v1/lots/lot/assessments", json={**new, "until": ago(-60)}), 422, "until")
    struck = {"reason": "wrong chart"}
    assert refusal(api.post(f"/v1/containers/f1/assessments/{made['id']}/strike", json=struck), 404)
    assert api.post(f"/v1/lots/lot/assessments/{made['id']}/strike", json=struck).json()["state"] == "struck"
    evaluate(connection)
    assert get(api, "/lots/lot/status")["answer"] == "not_proven"
    made = put(api, "/containers/f1/assessments", new)
    assert [one["id"] for one in all_of(api, "/containers/f1/assessments")] == [made["id"]]
    evaluate(connection)
    assert get(api, "/lots/lot/status")["answer"] == "usable"
    assert api.post(f"/v1/containers/f1/assessments/{made['id']}/strike", json=struck).is_success
