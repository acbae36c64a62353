"""A clock that is wrong: nobody is told that a lot may be used, and everybody whose clock it is."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from alerts.watch.service_watch import ServiceWatch
from ingest.heartbeat import heartbeats_written
from service.api.database import _now
from service.cli.main import command_line
from service.cli.serve import application
from service.domain.instant import SECOND_US, from_datetime
from service.evaluator.run import run
from service.settings import Settings
from service.store import clocks
from service.store.pool import Connection
from service.web import answering
from tests.alarms import alerts_in_words
from tests.cold_store import (
    ago,
    all_of,
    attachment,
    evaluate,
    furnish,
    get,
    put,
    refusal,
    register_logger,
    register_lot,
    send,
)
from tests.database_roles import url_as
from tests.eventually import eventually
from tests.serving import served


@contextmanager
def api_off_by(database_url: str, hours: float) -> Iterator[httpx.Client]:
    """The service on the same database, by a clock that is ahead by so much."""
    running = application(Settings(database_url=database_url))
    running.dependency_overrides[_now] = lambda: datetime.now(UTC) + timedelta(hours=hours)
    with served(running) as client:
        yield client


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """A lot that is fine, and one lost two hours ago; both are measured until now, and judged."""
    furnish(api, "cold", "warm")
    register_lot(api, "fine", "cold", minutes_ago=600)
    register_lot(api, "lost", "warm", minutes_ago=600)
    send(api, "cold-logger", [-80] * 121, minutes_ago=600)
    send(api, "warm-logger", [-80] * 96 + [-40] * 25, minutes_ago=600)
    evaluate(connection)
    return api


def answers(api: httpx.Client) -> dict[str, str]:
    """What each door says of each lot; the doors agree, but that a list keeps to a no, whatever time it is."""
    listed = {row["id"]: row["answer"] for row in all_of(api, "/lots")}
    told = {lot: get(api, f"/lots/{lot}/status")["answer"] for lot in listed}
    assert told == {lot: get(api, f"/lots/{lot}")["status"]["answer"] for lot in listed}
    for lot, answer in listed.items():
        assert answer == told[lot] or (answer, told[lot]) == ("do_not_use", "not_proven")
    return told


def test_clocks_that_agree_hide_nothing(store: httpx.Client) -> None:
    """One lot may be used, the other not."""
    assert answers(store) == {"fine": "usable", "lost": "do_not_use"}


@pytest.mark.parametrize("hours", [-7, -300 * 24, -0.05, -0.02, 0.02, 0.05, 7, 300 * 24])
def test_an_api_whose_clock_is_wrong_gives_no_good_answer(store: httpx.Client, database_url: str, hours: float) -> None:
    """By a clock of seven hours ago the freezer has not failed yet; by one of a year ago no lot was filled."""
    assert store.get("/readyz").status_code == 200
    with api_off_by(database_url, hours) as wrong:
        told = answers(wrong)
        assert told["fine"] == "not_proven"
        assert told["lost"] in {"not_proven", "do_not_use"}
        codes = [reason["code"] for reason in get(wrong, "/lots/fine/status")["reasons"]]
        assert "clocks_disagree" in codes
        assert all_of(wrong, "/containers/warm/alternatives") == []
        assert get(wrong, "/containers/cold/forecast")["reason"] == "clocks_disagree"
        ready = wrong.get("/readyz")
        words = refusal(ready, 503)
        assert "the clock of the API" in words
        assert ("behind" if hours < 0 else "ahead of") in words
        assert ready.json()["clocks"] == "disagree"
    assert answers(store)["fine"] == "usable"


def test_a_page_by_a_wrong_clock_says_not_proven(store: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks at a screen instead of asking is told the same."""

    class Behind(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) - timedelta(hours=7)

    monkeypatch.setattr(answering, "datetime", Behind)
    assert "clocks" in store.get("/lots/fine").text
    assert "clocks" in store.get("/lots/fine").text.lower()
    board = store.get("/").text
    assert 'class="lot not_proven"' in board
    assert 'class="lot usable"' not in board


@pytest.mark.usefixtures("store")
def test_a_small_difference_is_none(database_url: str) -> None:
    """Half a minute between two machines stops nobody."""
    with api_off_by(database_url, 0.5 / 60) as near:
        assert answers(near)["fine"] == "usable"
        assert near.get("/readyz").status_code == 200


def test_nothing_is_recorded_as_of_a_time_nobody_knows(store: httpx.Client, database_url: str) -> None:
    """A move "now", by a clock of seven hours ago, would be one from before the freezer failed."""
    with api_off_by(database_url, -7) as wrong:
        body = {"to_id": "cold", "reason": "it is warm"}
        assert "set right" in refusal(wrong.post("/v1/containers/warm/move", json=body), 503)
    assert [row["container_id"] for row in all_of(store, "/lots/lost/placements")] == ["warm"]


@pytest.mark.parametrize("table", ["verdicts", "clocks", "dirty"])
def test_what_is_recorded_after_now_makes_now_doubtful(store: httpx.Client, connection: Connection, table: str) -> None:
    """A verdict, a mark or readings of this evening, seen this morning: one of the clocks is wrong, perhaps ours."""
    later = datetime.now(UTC) + timedelta(hours=7)
    if table == "verdicts":
        connection.execute("ALTER TABLE verdicts DISABLE TRIGGER verdicts_stay")
        connection.execute("UPDATE verdicts SET decided_at = %s WHERE id = (SELECT max(id) FROM verdicts)", [later])
    elif table == "clocks":
        clocks.tell(connection, "the evaluator on other", later)
    else:
        body = {"measured_at": ago(-1), "temperature_c": -80}
        assert store.post("/v1/readings", params={"logger_id": "cold-logger"}, json=body).json()["stored"] == 1
        connection.execute("UPDATE dirty SET received_at = %s", [later])
    assert answers(store)["fine"] == "not_proven"
    assert store.get("/readyz").status_code == 503


def test_readings_from_the_future_prove_nothing_of_now(
    store: httpx.Client, connection: Connection, database_url: str
) -> None:
    """An ingest whose clock runs ahead stamps what it hears with tonight: then silence until tonight looks measured."""
    with api_off_by(database_url, 7) as ahead:
        body = {"measured_at": ago(-60 * 6), "temperature_c": -80}
        assert ahead.post("/v1/readings", params={"logger_id": "cold-logger"}, json=body).json()["stored"] == 1
    evaluate(connection)
    connection.execute("DELETE FROM clocks")
    assert answers(store)["fine"] == "not_proven"


@pytest.mark.long
@pytest.mark.parametrize("hours", [-7, 7])
def test_an_evaluator_whose_clock_is_wrong_goes_by_the_others_and_says_so(
    store: httpx.Client, connection: Connection, database_url: str, hours: float
) -> None:
    """A freezer that fails is still heard of in time; no lot gets a good verdict until the clock is right again."""
    off_us = [round(hours * 3_600) * SECOND_US]
    stop = threading.Event()

    def clock_us() -> int:
        return from_datetime(datetime.now(UTC)) + off_us[0]

    thread = threading.Thread(target=run, args=[database_url, stop], kwargs={"clock_us": clock_us})
    thread.start()
    try:
        register_lot(store, "new", "cold", minutes_ago=600)
        eventually(lambda: all_of(store, "/lots/new/verdicts"), 30, "the lot is judged")
        # A pass may have come before the lot was placed.
        *before, row = all_of(store, "/lots/new/verdicts")
        assert {one["verdict"] for one in (*before, row)} == {"unproven"}
        assert "clocks_disagree" in [reason["code"] for reason in row["reasons"]]
        assert abs(datetime.fromisoformat(row["decided_at"]) - datetime.now(UTC)) < timedelta(minutes=1)
        watch = ServiceWatch(("log",), 15, lambda: datetime.now(UTC), wait=lambda _: None)
        watch.look(connection)
        [alert] = alerts_in_words(connection, "WHERE subject = 'service:clocks'")
        assert alert["state"] == "firing"
        assert "the clock of the evaluator" in alert["summary"]
        off_us[0] = 0
        eventually(lambda: all_of(store, "/lots/new/verdicts")[-1]["verdict"] == "viable", 30, "it is judged again")
        eventually(lambda: answers(store)["new"] == "usable", 30, "the answer is good again")
    finally:
        stop.set()
        thread.join()


def test_ingest_says_what_time_it_is(connection: Connection, database_url: str) -> None:
    """Of a clock nobody has heard of, nobody can say that it is wrong."""
    with heartbeats_written(database_url, "ingest-1", dict, every_s=0.1):
        eventually(lambda: len(clocks.clocks(connection, "me", datetime.now(UTC))) == 2, 30, "ingest has told")
    [_, told] = clocks.clocks(connection, "me", datetime.now(UTC))
    assert told.who.startswith("ingest ingest-1 on ")
    assert abs(told.ahead_us) < 5 * SECOND_US


def test_the_doctor_finds_what_is_wrong(
    connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One command tells whoever is called at night what is wrong and what to do; all is well: it says so too."""
    monkeypatch.setenv("UNBROKEN_DATABASE_URL", database_url)
    clocks.tell(connection, "the evaluator on cold-2", datetime.now(UTC) - timedelta(hours=7))
    asked = CliRunner().invoke(command_line(), ["doctor"])
    assert asked.exit_code == 1
    assert "the clock of the evaluator on cold-2 is 7 h behind the others" in asked.output
    assert "set it right" in asked.output
    assert "evaluator: none is at work" in asked.output
    assert "ok    schema: up to date" in asked.output
    monkeypatch.setenv("UNBROKEN_DATABASE_URL", "postgresql://127.0.0.1:1/none")
    asked = CliRunner().invoke(command_line(), ["doctor"])
    assert asked.exit_code == 1
    assert "WRONG database" in asked.output


def test_the_doctor_of_a_service_that_is_well(
    connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is wrong: the exit status says so to a script."""
    monkeypatch.setenv("UNBROKEN_DATABASE_URL", database_url)
    stop = threading.Event()
    thread = threading.Thread(target=run, args=[url_as(database_url, "evaluator"), stop])
    thread.start()
    try:
        with heartbeats_written(url_as(database_url, "ingest"), "ingest-1", dict, every_s=0.1):
            eventually(lambda: len(clocks.clocks(connection, "me", datetime.now(UTC))) == 3, 30, "all have told")
            asked = CliRunner().invoke(command_line(), ["doctor"])
    finally:
        stop.set()
        thread.join()
    assert asked.exit_code == 0, asked.output
    assert "WRONG" not in asked.output


def test_a_life_that_has_not_begun_by_our_clock_is_not_fine(store: httpx.Client, connection: Connection) -> None:
    """A lot filled, says the form, in five minutes: nothing of it was measured, so nothing is proven."""
    put(store, "/lots", {"id": "early", "product_id": "exo-a", "lot_number": "E", "life_starts_at": ago(-5)})
    put(store, "/lots/early/placements", {"id": "e", "container_id": "cold", "from": ago(-5)})
    evaluate(connection)
    assert get(store, "/lots/early/status")["answer"] != "usable"


def test_another_probe_ends_what_a_reading_from_the_future_began(
    store: httpx.Client, connection: Connection, database_url: str
) -> None:
    """A probe whose reading was stamped with tonight is taken out: by the next one's readings all is known again."""
    with api_off_by(database_url, 7) as ahead:
        body = {"measured_at": ago(-60 * 6), "temperature_c": -80}
        assert ahead.post("/v1/readings", params={"logger_id": "cold-logger"}, json=body).json()["stored"] == 1
    register_logger(store, "spare")
    put(store, "/containers/cold/attachments", attachment("spare", **{"from": ago(10), "commissioned_at": ago(10)}))
    send(store, "spare", [-80] * 3, minutes_ago=10)
    assert store.post("/v1/containers/cold/attachments/cold-attached/end", json={"until": ago(5)}).is_success
    evaluate(connection)
    assert answers(store)["fine"] == "usable"
