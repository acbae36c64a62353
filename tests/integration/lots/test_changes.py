"""Changes that wait for a signature: which lots they touch, and what is answered of those."""

import hashlib
import json

import httpx
import psycopg
import pytest

from service.domain.softening import Kind, Rule
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, NotFoundError
from service.store.acting import acting
from service.store.changes import Chosen, change, changes, free, lock_changes, note_change
from service.store.pool import Connection
from service.store.reaches import Touched, lots_touched
from service.store.registry.loggers import series_of
from service.store.site_rules import add_site_rule, is_in_force, site_rules
from tests.acting import TESTER
from tests.cold_store import all_of, get, refusal
from tests.scenario import Scenario, at, course
from tests.signing import QUALITY, sign_all, signature


def noted(connection: Connection, *touched: Touched, kind: Kind = Kind.CALIBRATION) -> int:
    """A change that waits, as an act notes it."""
    with acting(connection, TESTER, "certificate SCS 1"):
        return note_change(connection, kind, "c1", {"offset_c": -40}, touched, Cause.CALIBRATION)


def told(scenario: Scenario, lot: str, minutes: float) -> tuple[str, str, list[str]]:
    """Answer, verdict and reasons of a lot."""
    found = scenario.judged(lot, minutes)
    codes = [code for code in found.answered.reason_codes if code != "temperature_alone"]
    return found.answered.answer.value, found.judgement.verdict.value, codes


@pytest.fixture
def store(connection: Connection) -> Scenario:
    """Two cold freezers, with a lot in each."""
    scenario = Scenario(connection)
    for name in ("f1", "f2"):
        scenario.container(name, loggers=(f"{name}-logger",))
        scenario.store(course(f"{name}-logger", [-80] * 25))
        scenario.lot(f"in-{name}", name)
    sign_all(connection)
    scenario.evaluate(120)
    return scenario


def test_an_unsigned_change_withholds_a_good_answer_and_leaves_the_verdict(
    store: Scenario, connection: Connection
) -> None:
    """What may have made a lot look better is not believed before quality has looked at it; the verdict stands."""
    noted(connection, Touched(lot_id="in-f1"))
    assert told(store, "in-f1", 120) == ("not_proven", "viable", ["unsigned_change", "within_limits"])
    assert told(store, "in-f2", 120) == ("usable", "viable", ["within_limits"])
    [reason] = [x for x in store.judged("in-f1", 120).answered.reasons if x.code == "unsigned_change"]
    assert reason.text.startswith("A calibration by T. Tester (")
    assert sign_all(connection)
    assert told(store, "in-f1", 120) == ("usable", "viable", ["within_limits"])


def test_what_a_change_makes_worse_counts_unsigned(store: Scenario, connection: Connection) -> None:
    """A lot that is lost stays lost, whatever waits."""
    store.store(course("f1-logger", [-20] * 40, start=125))
    store.evaluate(320)
    noted(connection, Touched(lot_id="in-f1"))
    answer, verdict, codes = told(store, "in-f1", 320)
    assert (answer, verdict) == ("do_not_use", "nonviable")
    assert "unsigned_change" in codes


def test_the_history_tells_when_an_answer_was_withheld_and_freed(store: Scenario, connection: Connection) -> None:
    """An auditor reads that the vial was not to be used between the act and the signature, and why."""
    change_id = noted(connection, Touched(container_id="f1", from_at=at(30), until_at=at(60)))
    store.evaluate(121)
    with acting(connection, QUALITY):
        signature_id = signature(connection, change_id)
        assert free(connection, [change_id], signature_id) == [change_id]
        assert free(connection, [change_id], signature_id) == []
    store.evaluate(122)
    rows = connection.execute("SELECT cause, answer FROM answers WHERE lot_id = 'in-f1' ORDER BY id")
    assert [(row["cause"], row["answer"]) for row in rows] == [
        ("first", "usable"),
        ("calibration", "not_proven"),
        ("signed", "usable"),
    ]
    found = change(connection, change_id)
    assert (found.state, found.freed_by, found.freed_by_author) == ("signed", signature_id, False)


def test_a_lot_is_touched_where_it_lay_at_that_time(store: Scenario, connection: Connection) -> None:
    """What concerns a freezer's Monday concerns no lot that came on Tuesday or whose life had ended before."""
    store.lot("ended", "f1", end=20)
    store.lot("later", "f1", start=110)
    change_id = noted(connection, Touched(container_id="f1", from_at=at(60), until_at=at(70)))
    assert lots_touched(connection, [change_id]) == ["in-f1"]
    codes = {lot: told(store, lot, 120)[2] for lot in ("in-f1", "in-f2", "ended", "later")}
    assert [lot for lot, found in codes.items() if "unsigned_change" in found] == ["in-f1"]


def test_time_counts_as_far_around_as_readings_may_be_apart(store: Scenario, connection: Connection) -> None:
    """Between two readings it is as warm as both say: one that was brought speaks for the time beside it too."""
    store.lot("beside", "f1", start=80)
    store.lot("later", "f1", start=110)
    change_id = noted(connection, Touched(container_id="f1", from_at=at(60), until_at=at(70)))
    assert store.judged("beside", 120).profile.max_gap_s == 15 * 60
    assert lots_touched(connection, [change_id]) == ["beside", "in-f1"]


def test_a_calibration_without_an_end_goes_with_its_probe(store: Scenario, connection: Connection) -> None:
    """Forty degrees taken off before the warm night: lots that come into that freezer next week are not free of it."""
    series_id = series_of(connection, "f2-logger", "")
    change_id = noted(connection, Touched(series_id=series_id, from_at=at(200)))
    assert lots_touched(connection, [change_id]) == ["in-f2"]
    store.container("f3", loggers=())
    store.lot("in-f3", "f3", start=300)
    assert lots_touched(connection, [change_id]) == ["in-f2"]
    store.lot("next", "f2", start=400)
    store.place("in-f1", "f2", 500)
    assert lots_touched(connection, [change_id]) == ["in-f1", "in-f2", "next"]
    for lot in ("in-f1", "in-f2", "next"):
        assert "unsigned_change" in told(store, lot, 600)[2]
    assert "unsigned_change" not in told(store, "in-f3", 600)[2]


@pytest.mark.usefixtures("store")
def test_what_is_signed_is_kept_word_for_word(connection: Connection) -> None:
    """A signature is bound to who recorded what, when and why, by a hash of exactly that text."""
    change_id = noted(connection, Touched(lot_id="in-f1"))
    found = change(connection, change_id)
    assert found.content_sha256 == hashlib.sha256(found.content.encode()).hexdigest()
    content = json.loads(found.content)
    assert content["what"] == {"offset_c": -40}
    assert (content["author"], content["recorded_by"]) == (TESTER.id, TESTER.name)
    assert content["reason"] == found.reason == "certificate SCS 1"
    assert (found.site_id, found.lots, found.lot_count) == ("site", ["in-f1"], 1)


@pytest.mark.usefixtures("store")
def test_what_waits_is_found_by_state_kind_site_and_lot(connection: Connection) -> None:
    """Whoever waits for a vial asks what holds it back."""
    first = noted(connection, Touched(lot_id="in-f1"))
    second = noted(connection, Touched(container_id="f2"), kind=Kind.DOOR_GRACE)
    with acting(connection, QUALITY):
        free(connection, [first], signature(connection, first))
    # What the product asks for touches its lots, too.
    adoption = first - 1
    assert [x.id for x in changes(connection, Chosen())] == [second, first, adoption]
    assert [x.id for x in changes(connection, Chosen("unsigned"))] == [second]
    assert [x.id for x in changes(connection, Chosen("signed", site_id="site"))] == [first]
    assert [x.id for x in changes(connection, Chosen(kind=Kind.DOOR_GRACE))] == [second]
    assert [x.id for x in changes(connection, Chosen(lot_id="in-f1"))] == [first, adoption]
    assert changes(connection, Chosen(site_id="elsewhere")) == []


@pytest.mark.usefixtures("store")
def test_nothing_is_freed_without_a_signature(connection: Connection) -> None:
    """The database itself asks for it: whoever writes past the act frees no lot."""
    change_id = noted(connection, Touched(lot_id="in-f1"))
    with acting(connection, QUALITY), pytest.raises(psycopg.errors.ForeignKeyViolation):
        free(connection, [change_id], 1_000)


@pytest.mark.usefixtures("store")
def test_what_is_signed_already_is_not_signed_again(connection: Connection) -> None:
    """Two who press the button at once: the second is told."""
    change_id = noted(connection, Touched(lot_id="in-f1"))
    with acting(connection, QUALITY):
        assert [x.id for x in lock_changes(connection, [change_id])] == [change_id]
        free(connection, [change_id], signature(connection, change_id))
    with pytest.raises(ConflictError), acting(connection, QUALITY):
        lock_changes(connection, [change_id])
    with pytest.raises(NotFoundError), acting(connection, QUALITY):
        lock_changes(connection, [change_id + 1])


def test_what_the_author_signed_is_told_of_each_lot_it_freed(store: Scenario, connection: Connection) -> None:
    """A site of one person is trusted, and everybody who reads its answers knows."""
    change_id = noted(connection, Touched(lot_id="in-f1"))
    with acting(connection, TESTER):
        free(connection, [change_id], signature(connection, change_id), by_author=True)
    assert told(store, "in-f1", 120) == ("usable", "viable", ["signed_by_author", "within_limits"])


@pytest.mark.usefixtures("store")
def test_a_rule_of_a_site_is_in_force_once_it_is_signed_and_ends_at_once(connection: Connection) -> None:
    """Fewer signatures are a decision of quality; more are nobody's permission."""
    change_id = noted(connection, kind=Kind.SITE_RULE)
    with acting(connection, TESTER, "daily"):
        add_site_rule(connection, "site", Rule.ACCEPTS_FILES, is_on=True, reason="daily", change_id=change_id)
    assert not is_in_force(connection, "site", Rule.ACCEPTS_FILES)
    sign_all(connection)
    assert is_in_force(connection, "site", Rule.ACCEPTS_FILES)
    assert not is_in_force(connection, "site", Rule.AUTHOR_SIGNS)
    assert not is_in_force(connection, None, Rule.ACCEPTS_FILES)
    with acting(connection, TESTER, "no more"):
        add_site_rule(connection, "site", Rule.ACCEPTS_FILES, is_on=False, reason="no more", change_id=None)
    assert not is_in_force(connection, "site", Rule.ACCEPTS_FILES)
    assert [rule.is_on for rule in site_rules(connection, "site")] == [False, True]


def test_changes_over_http_and_on_the_page(api: httpx.Client, store: Scenario, connection: Connection) -> None:
    """Quality reads on one page what waits, word for word as it is signed, and which lots it holds back."""
    change_id = noted(connection, Touched(lot_id="in-f1"))
    store.evaluate(121)
    [listed] = all_of(api, "/changes", state="unsigned", lot_id="in-f1")
    assert (listed["id"], listed["text"], listed["lots"]) == (change_id, "a calibration", ["in-f1"])
    assert (listed["recorded_by"], listed["state"], listed["signed_at"]) == ("T. Tester", "unsigned", None)
    assert get(api, f"/changes/{change_id}") == listed
    refusal(api.get(f"/v1/changes/{change_id + 1}"), 404)
    page = api.get("/to-sign").text
    assert "A calibration" in page
    assert "T. Tester" in page
    assert "/lots/in-f1" in page
    [lot] = [lot for lot in all_of(api, "/lots", answer="not_proven") if lot["id"] == "in-f1"]
    assert lot["answer"] == "not_proven"
    sign_all(connection)
    assert all_of(api, "/changes", state="unsigned") == []
    assert "Nothing waits" in api.get("/to-sign").text
