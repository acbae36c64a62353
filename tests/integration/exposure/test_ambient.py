"""Rooms with a declared temperature: a bench, a loading dock."""

import httpx
import pytest

from service.acts.containers import add_container
from service.domain.instant import SECOND_US
from service.store.alerting.history import alerts_listed
from service.store.migrate import migrations, statements
from service.store.pool import Connection
from service.store.registry import loggers
from tests.acting import TESTER
from tests.cold_store import ago, all_of, evaluate, furnish, get, put, refusal, register_container, register_lot
from tests.scenario import Scenario, course, reading

MINUTE_US = 60 * SECOND_US


def room(scenario: Scenario, declared_c: float | None) -> None:
    """An ambient room without a probe."""
    add_container(scenario.connection, TESTER, "bench", "site", "Bench", "ambient", "cryo-80", declared_c=declared_c)


@pytest.mark.parametrize(("declared_c", "verdict"), [(21, "nonviable"), (-70, "unproven"), (None, "unproven")])
def test_minutes_on_a_bench_count_as_what_the_room_is(
    connection: Connection, declared_c: float | None, verdict: str
) -> None:
    """Ten minutes at room temperature are ten minutes above every limit; a room said to be cold proves no minute."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    room(scenario, declared_c)
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80] * 25))
    scenario.place("lot", "bench", 60)
    scenario.place("lot", "freezer", 70)
    scenario.evaluate(120)
    judgement = scenario.judged("lot", 120).judgement
    assert judgement.verdict.value == verdict
    assert judgement.exposure.parts.gap_us == (0 if declared_c == 21 else 10 * MINUTE_US)
    assert judgement.exposure.parts.above_us == (10 * MINUTE_US if declared_c == 21 else 0)
    assert alerts_listed(connection) == []


def test_a_room_that_nobody_measures_proves_nothing(connection: Connection) -> None:
    """A walk-in freezer said to be at −70 °C may have been warm all week: no lot in it is proven to be well."""
    scenario = Scenario(connection)
    room(scenario, -70)
    scenario.lot("lot", "bench")
    assert scenario.judged("lot", 1).answered.answer == "not_proven"
    for minutes in (4, 10, 100, 10_000):
        scenario.evaluate(minutes)
        found = scenario.judged("lot", minutes)
        assert (found.judgement.verdict, found.answered.answer) == ("unproven", "not_proven")
        assert found.judgement.exposure.parts.gap_us == minutes * MINUTE_US


def test_a_room_judged_by_a_version_that_believed_it_is_unproven_before_it_is_judged_anew(
    connection: Connection,
) -> None:
    """After an update of the software nobody is told "may be used" of a room without a logger."""
    scenario = Scenario(connection)
    room(scenario, -70)
    scenario.lot("lot", "bench")
    scenario.evaluate(10)
    connection.execute("UPDATE container_records SET measured_until_us = %s", [2**61])
    connection.execute("DELETE FROM gap_spans")
    connection.execute("TRUNCATE dirty")
    [declared] = [one.text for one in migrations() if one.name.endswith("_declared_rooms.sql")]
    for statement in statements(declared):
        connection.execute(statement)
    assert scenario.verdict("lot", 100) == "unproven"
    scenario.evaluate(100)
    assert scenario.verdict("lot", 100) == "unproven"


def test_what_a_probe_in_the_room_measures_counts_too(connection: Connection) -> None:
    """The worse of the two at each instant, however late the readings come; where the probe is silent it is a gap."""
    scenario = Scenario(connection)
    room(scenario, -70)
    loggers.register_logger(connection, "logger", "site", "Model T", -100, 50)
    scenario.attach("bench", "logger")
    scenario.lot("lot", "bench")
    scenario.store(course("logger", [-80, -80, -80, -80]))
    scenario.evaluate(500)
    scenario.store([reading("logger", minutes, -40) for minutes in (25, 30, 35)])
    scenario.evaluate(500)
    scenario.store([reading("logger", 20, -40)])
    scenario.evaluate(500)
    exposure = scenario.judged("lot", 500).judgement.exposure
    assert (exposure.parts.gap_us, exposure.parts.pending_us) == ((500 - 35) * MINUTE_US, 0)
    assert exposure.parts.above_us == 17.5 * MINUTE_US


def test_only_a_room_is_declared(api: httpx.Client, connection: Connection) -> None:
    """A freezer proves its temperature by measuring it; a room may do either."""
    furnish(api, "freezer")
    body = {"id": "bench", "site_id": "zurich", "name": "Bench", "kind": "ambient", "profile_id": "cryo-80"}
    assert put(api, "/containers", {**body, "declared_c": 21})["declared_c"] == 21
    assert put(api, "/containers", {**body, "id": "dock"})["declared_c"] is None
    wrong = {**body, "id": "other", "kind": "freezer", "declared_c": -80}
    assert "only a room" in refusal(api.post("/v1/containers", json=wrong), 422, "declared_c")
    register_container(api, "other")
    register_lot(api, "lot", "bench", minutes_ago=120)
    evaluate(connection)
    status = get(api, "/lots/lot/status")
    assert status["verdict"] == "nonviable"
    assert "uncalibrated" not in {reason["code"] for reason in status["reasons"]}
    [above_60, *_] = all_of(api, "/lots/lot/excursions")
    assert (above_60["from"], above_60["until"], above_60["peak_c"]) == (ago(120), None, None)
    assert api.get("/lots/lot").status_code == 200
    assert all_of(api, "/lots/lot/readings") == []
    assert [gap["from"] for gap in all_of(api, "/lots/lot/gaps")] == [ago(120)]
