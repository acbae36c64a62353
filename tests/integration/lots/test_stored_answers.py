"""Answers that are stored: given as long as they stand, and never saying more than judging anew would."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from psycopg import Cursor

from service.answers.documents import status_document
from service.answers.judging import judge_now
from service.answers.stored import status_now
from service.domain.answers.standing import RULES, Document, Stale, why_stale
from service.domain.clocks import CLOCKS_DISAGREE, AsOf
from service.domain.instant import SECOND_US, from_datetime, rfc3339
from service.evaluator.run import evaluate_once
from service.settings import Settings
from service.store.lots.answers import BEHIND, PAST, asked, lots_due, make_due
from service.store.pool import Connection, connect
from tests.acting import TESTER
from tests.cold_store import ago, attachment, evaluate, furnish, get, put, register_lot, send
from tests.scenario import Scenario, at, at_us, course, reading

#: What time it is by the database's clock is no matter in these scenarios.
_TOLERANCE_S = 100 * 365 * 86_400


def settings_of(database_url: str) -> Settings:
    """Those of these scenarios."""
    return Settings(database_url=database_url, clock_tolerance_s=_TOLERANCE_S)


def anew(connection: Connection, lot_id: str, settings: Settings, minutes: float) -> Document:
    """The status, judged anew."""
    [judged] = judge_now(connection, [lot_id], settings, at(minutes))
    return status_document(judged, at(minutes))


def stale(connection: Connection, lot_id: str, minutes: float) -> Stale | None:
    """Why what is stored does not stand; the database's own word on it must be the same."""
    found = asked(connection, lot_id, 15)
    assert found is not None
    within = {"tolerance_us": _TOLERANCE_S * SECOND_US, "ahead_us": 600 * SECOND_US}
    why = why_stale(found.state, found.meanwhile, at_us(minutes), **within)
    parameters = {"now_us": at_us(minutes), "rules": RULES, "lot": lot_id, "allowed_s": 15}
    # The store's own words, not a caller's.
    query = f"SELECT {PAST} AS past FROM lot_states AS state WHERE lot_id = %(lot)s"  # noqa: S608
    [row] = connection.execute(query, parameters).fetchall()
    assert row["past"] is (why in (Stale.OTHER_RULES, Stale.LATER, Stale.PAST, Stale.SILENT, Stale.HEARD))
    behind = {one["lot_id"] for one in connection.execute(BEHIND, parameters).fetchall()}
    assert (lot_id in behind) is (found.meanwhile.behind_since is not None)
    return why


@pytest.mark.parametrize("seed", range(4))
def test_what_is_stored_is_what_judging_anew_finds(connection: Connection, database_url: str, seed: int) -> None:
    """Quiet hours, warm ones, silence, moves, an evaluator that is late: the whole status is the same throughout."""
    chance, settings = random.Random(seed), settings_of(database_url)
    store = Scenario(connection)
    for name in ("one", "two"):
        store.container(name, loggers=[f"{name}-logger"])
    store.lot("lot", "one")
    store.lot("still", "two")
    store.evaluate(0)
    found = dict.fromkeys([None, *Stale], 0)
    minutes = 0.0
    for _ in range(90):
        minutes += chance.choice([0.5, 1, 4, 4, 4, 9])
        for name in ("one", "two"):
            if chance.random() < 0.85:
                sent = chance.choice([-80.0] * 60 + [-40.0, "HI"])
                store.store([reading(f"{name}-logger", minutes - chance.random() / 2, sent)])
        if chance.random() < 0.04:
            store.place("lot", chance.choice(["one", "two"]), minutes)
        if chance.random() < 0.8:
            store.evaluate(minutes)
        minutes += chance.choice([0, 0, 0, 3, 17])
        for lot_id in ("lot", "still"):
            found[stale(connection, lot_id, minutes)] += 1
            assert status_now(connection, lot_id, settings, at(minutes)) == anew(connection, lot_id, settings, minutes)
    assert found[None] >= 10, found


def test_a_quiet_freezer_costs_its_lots_nothing(connection: Connection, database_url: str) -> None:
    """Hours of cold readings judge no lot, and yet its status tells the minute; it is read by one statement."""
    store, settings = Scenario(connection), settings_of(database_url)
    store.container("freezer")
    store.lot("lot", "freezer")
    store.store(course("logger", [-80.0] * 10))
    assert store.evaluate(46).lots == 1
    lots = 0
    for minutes in range(50, 500, 5):
        store.store([reading("logger", minutes, -80.0)])
        lots += store.evaluate(minutes + 1).lots
    assert lots == 0
    asked_for: list[str] = []

    class CountingCursor(Cursor[Any]):
        """One that remembers what it was asked."""

        def execute(self, query: Any, *more: Any, **named: Any) -> Any:
            asked_for.append(str(query))
            return super().execute(query, *more, **named)

    with connect(database_url, application="tests", actor=TESTER) as asking:
        asking.cursor_factory = CountingCursor
        told = status_now(asking, "lot", settings, at(500))
    assert len(asked_for) == 1
    assert told["answer"] == "usable"
    assert (told["parts"]["life_s"], told["parts"]["pending_s"]) == (500 * 60, 5 * 60)
    assert told == anew(connection, "lot", settings, 500)
    assert connection.execute("SELECT FROM verdict_lapses").fetchall() == []


def test_silence_is_noticed_without_a_reading(connection: Connection, database_url: str) -> None:
    """A quiet reading moved the end of what is measured; from there on the largest gap counts, also for what is due."""
    store, settings = Scenario(connection), settings_of(database_url)
    store.container("freezer")
    store.lot("lot", "freezer")
    store.store(course("logger", [-80.0] * 10))
    store.evaluate(46)
    store.store([reading("logger", 55, -80.0)])
    store.evaluate(56)
    assert stale(connection, "lot", 70) is None
    assert lots_due(connection, at_us(70), 10) == []
    assert stale(connection, "lot", 70.1) is Stale.SILENT
    assert lots_due(connection, at_us(70.1), 10) == ["lot"]
    assert status_now(connection, "lot", settings, at(70.1))["parts"]["gap_s"] == pytest.approx(15.1 * 60)
    store.evaluate(71)
    # The gap is known now, and grows: when it is too long is known too.
    assert stale(connection, "lot", 115) is Stale.UNEVEN
    assert lots_due(connection, at_us(115), 10) == []
    assert lots_due(connection, at_us(115.1), 10) == ["lot"]
    store.evaluate(116)
    assert status_now(connection, "lot", settings, at(117))["answer"] == "not_proven"
    assert connection.execute("SELECT FROM verdict_lapses WHERE until_us - from_us > 60000000").fetchall() == []


@pytest.mark.parametrize("rules", [RULES, RULES - 1])
def test_what_an_evaluator_slept_through_was_no_silence(connection: Connection, rules: int) -> None:
    """It was away, for an upgrade or not; the readings came all the while, and the history tells of no gap."""
    store = Scenario(connection)
    store.container("freezer")
    store.lot("lot", "freezer")
    store.store(course("logger", [-80.0] * 10))
    store.evaluate(46)
    connection.execute("UPDATE lot_states SET rules = %s", [rules])
    store.store(course("logger", [-80.0] * 40, start=50))
    assert lots_due(connection, at_us(246), 10) == []
    for _ in range(2):
        store.evaluate(246)
    history = connection.execute("SELECT verdict, cause FROM verdicts ORDER BY id").fetchall()
    assert history == [{"verdict": "viable", "cause": "first"}]
    [lapse] = connection.execute("SELECT from_us, until_us FROM verdict_lapses").fetchall()
    assert (lapse["from_us"], lapse["until_us"]) == (at_us(60), at_us(246))


def test_what_a_recall_that_waited_was_told_as_is_not_recorded(api: httpx.Client, connection: Connection) -> None:
    """Nobody was at work when a lot was called back: its status said so at once, and what stood before is not told as
    what was said then."""
    furnish(api, "f1")
    register_lot(api, "lot", "f1", minutes_ago=10)
    send(api, "f1-logger", [-80, -80, -80], minutes_ago=10)
    now = datetime.now(UTC)
    while evaluate_once(connection, AsOf(from_datetime(now - timedelta(minutes=3)))).marks:
        pass
    put(api, "/recalls", {"lot_id": "lot", "reason": "a donor fell ill"})
    connection.execute("UPDATE dirty SET marked_at = %s", [now - timedelta(minutes=2)])
    asked = [now - timedelta(seconds=seconds) for seconds in (150, 60)]

    def told() -> list[int]:
        return [api.get("/v1/lots/lot/status", params={"at": rfc3339(at)}).status_code for at in asked]

    assert get(api, "/lots/lot/status")["answer"] == "do_not_use"
    assert told() == [200, 404]
    evaluate(connection)
    assert told() == [200, 404]
    assert get(api, "/lots/lot/status")["answer"] == "do_not_use"


def test_a_lot_that_waits_for_its_first_reading_is_judged_by_it(connection: Connection, database_url: str) -> None:
    """It changes nothing else, so no lot is told of it; the one that it proves something of is."""
    store, settings = Scenario(connection), settings_of(database_url)
    store.container("freezer")
    store.lot("old", "freezer")
    store.store(course("logger", [-80.0] * 10))
    store.evaluate(46)
    store.lot("new", "freezer", start=47)
    store.evaluate(48)
    assert status_now(connection, "new", settings, at(48))["reasons"][0]["code"] == "never_measured"
    store.store([reading("logger", 50, -80.0)])
    evaluate_once(connection, AsOf(at_us(51)), most_marks=1)
    store.evaluate(52)
    assert stale(connection, "new", 53) is None
    assert status_now(connection, "new", settings, at(53))["answer"] == "usable"
    assert stale(connection, "old", 53) is None


def test_what_other_rules_judged_is_judged_again(connection: Connection, database_url: str) -> None:
    """After an upgrade that judges otherwise, nobody is told what the version before found."""
    store, settings = Scenario(connection), settings_of(database_url)
    store.container("freezer")
    store.lot("lot", "freezer")
    store.store(course("logger", [-80.0] * 10))
    store.evaluate(46)
    for rules in (RULES - 1, RULES + 1):
        connection.execute("UPDATE lot_states SET rules = %s, document = '{}', good_until_us = NULL", [rules])
        assert stale(connection, "lot", 47) is Stale.OTHER_RULES
        assert status_now(connection, "lot", settings, at(47)) == anew(connection, "lot", settings, 47)
        assert store.evaluate(47).lots == 1
        assert stale(connection, "lot", 47) is None


def test_an_answer_from_after_now_is_none(connection: Connection) -> None:
    """A clock was ahead when it was judged; put right, nobody rests on what has not happened yet."""
    store = Scenario(connection)
    store.container("freezer")
    store.lot("lot", "freezer")
    store.store(course("logger", [-80.0] * 10))
    store.evaluate(46)
    assert stale(connection, "lot", 45) is Stale.LATER
    make_due(connection, CLOCKS_DISAGREE, at_us(45))
    assert store.evaluate(45.5).lots == 1
    assert stale(connection, "lot", 45.5) is None


def test_a_dead_share_of_the_work_does_not_stop_the_rest(api: httpx.Client, connection: Connection) -> None:
    """Readings of one freezer wait unseen: the lots that were ever in it are not proven, those elsewhere are."""
    furnish(api, "f1", "f2")
    for lot_id, container_id in (("here", "f1"), ("elsewhere", "f2"), ("moved", "f1")):
        register_lot(api, lot_id, container_id)
    put(api, "/lots/moved/placements", {"id": "m", "container_id": "f2", "from": ago(6)})
    for container_id in ("f1", "f2"):
        send(api, f"{container_id}-logger", [-80] * 12)
    evaluate(connection)
    assert {get(api, f"/lots/{lot_id}/status")["answer"] for lot_id in ("here", "elsewhere", "moved")} == {"usable"}
    send(api, "f1-logger", [-80], 0)
    connection.execute("UPDATE dirty SET marked_at = now() - interval '1 min'")
    told = {lot_id: get(api, f"/lots/{lot_id}/status") for lot_id in ("here", "elsewhere", "moved")}
    assert {lot_id: status["answer"] for lot_id, status in told.items()} == {
        "here": "not_proven",
        "elsewhere": "usable",
        "moved": "not_proven",
    }
    assert told["here"]["reasons"][0]["code"] == "evaluator_behind"
    evaluate(connection)
    assert get(api, "/lots/moved/status")["answer"] == "usable"


def test_what_a_person_did_counts_at_once(api: httpx.Client, connection: Connection) -> None:
    """A probe is calibrated, and whatever that makes of its freezer's lots, none is called fine before it is known."""
    furnish(api, "f1", "f2")
    for lot_id, container_id in (("here", "f1"), ("elsewhere", "f2")):
        register_lot(api, lot_id, container_id)
    register_lot(api, "lost", "f1", 200)
    send(api, "f1-logger", [-40] * 20 + [-80] * 21, 200)
    send(api, "f2-logger", [-80] * 13)
    evaluate(connection)
    lots = ("here", "elsewhere", "lost")
    assert [get(api, f"/lots/{one}/status")["answer"] for one in lots] == ["usable", "usable", "do_not_use"]
    assert api.post("/v1/loggers", json={"id": "spare", "site_id": "zurich"}).status_code == 201
    put(
        api,
        "/containers/f1/attachments",
        attachment("spare", "spare-attached", reason="Forgotten."),
    )
    assert [get(api, f"/lots/{one}/status")["answer"] for one in lots] == ["not_proven", "usable", "do_not_use"]
    assert "evaluator_behind" in [reason["code"] for reason in get(api, "/lots/here/status")["reasons"]]
    evaluate(connection)
    assert [get(api, f"/lots/{one}/status")["answer"] for one in lots] == ["usable", "usable", "do_not_use"]
