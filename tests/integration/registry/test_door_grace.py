"""An opened door warms the air around a probe, and not the lots: where a mapping study shows that."""

import random
from typing import Any

import httpx
import pytest

from service.acts.containers import set_door_grace
from service.answers.watches import watches_over
from service.domain.clocks import AsOf
from service.domain.exposure.container import judge_container, thresholds_of
from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.profiles import CRYO_80
from service.evaluator.run import evaluate_once
from service.store.exposure.records import load_records
from service.store.pool import Connection
from tests.acting import TESTER
from tests.cold_store import (
    all_of,
    attachment,
    evaluate,
    furnish,
    get,
    put,
    refusal,
    register_logger,
    register_lot,
    register_site,
    send,
)
from tests.scenario import Scenario, at, at_us, reading

CONTAINER = {"id": "f1", "site_id": "zurich", "name": "Freezer 1", "kind": "freezer", "profile_id": "cryo-80"}
GRACE: dict[str, Any] = {
    "door_grace_s": 900,
    "mapping_study": "MAP-7",
    "reason": "Mapped with vials.",
}


def certain_s(store: httpx.Client) -> tuple[float, float]:
    """Time certainly and possibly above −60 °C."""
    first = get(store, "/lots/lot/status")["limits"][0]
    return first["certain_s"], first["possible_s"]


def test_a_door_grace_rests_on_a_mapping_study(api: httpx.Client) -> None:
    """Nobody may decide by feeling that warm air does no harm."""
    register_site(api)
    put(api, "/containers", CONTAINER)
    plain = get(api, "/containers/f1")
    assert (plain["mapping_study"], plain["door_grace_s"]) == (None, 0)
    unfounded = {**GRACE, "mapping_study": None}
    assert "mapping study" in refusal(api.post("/v1/containers/f1/door-grace", json=unfounded), 422, "mapping_study")
    refusal(api.post("/v1/containers", json={**CONTAINER, "id": "f2", "door_grace_s": 60}), 422, "mapping_study")
    for change, field in (({"door_grace_s": 3_601}, "door_grace_s"), ({"reason": " "}, "reason")):
        refusal(api.post("/v1/containers/f1/door-grace", json={**GRACE, **change}), 422, field)
    assert get(api, "/containers/f1")["door_grace_s"] == 0
    assert api.post("/v1/containers/f1/door-grace", json=GRACE).json()["door_grace_s"] == 900
    shorter = {**unfounded, "door_grace_s": 60}
    found = api.post("/v1/containers/f1/door-grace", json=shorter).json()
    assert (found["door_grace_s"], found["mapping_study"]) == (60, "MAP-7")
    study = put(api, "/containers", {**CONTAINER, "id": "f3", "door_grace_s": 60, "mapping_study": "MAP-8"})
    assert (study["door_grace_s"], study["mapping_study"]) == (60, "MAP-8")
    refusal(api.post("/v1/containers/no/door-grace", json=GRACE), 404)


def test_an_opened_door_is_shown_and_possible_but_not_certain(api: httpx.Client, connection: Connection) -> None:
    """Ten warm minutes of air count against nobody for certain; they are told, and an hour of them is no grace."""
    furnish(api, "f1")
    register_lot(api, "lot", "f1", 300)
    send(api, "f1-logger", [-80, -80, -50, -50, -80, *[-80] * 30, *[-50] * 14, *[-80] * 12], 300)
    evaluate(connection)
    before, possible = certain_s(api)
    api.post("/v1/containers/f1/door-grace", json=GRACE).raise_for_status()
    evaluate(connection)
    after, still_possible = certain_s(api)
    opened, warm = all_of(api, "/lots/lot/excursions")
    assert (opened["certain_s"], opened["ended"], opened["peak_c"]) == (0, "recovered", -50)
    assert warm["certain_s"] == warm["duration_s"] == after
    assert before == pytest.approx(after + opened["duration_s"])
    assert still_possible == possible
    assert all_of(api, "/lots/lot/verdicts")[-1]["verdict"] == "nonviable"


def test_only_air_is_forgiven(api: httpx.Client, connection: Connection) -> None:
    """A probe in a buffer is as slow as a lot: what it says of a door is certain."""
    furnish(api, "f1")
    register_logger(api, "slow")
    put(api, "/containers/f1/attachments", attachment("slow", place="buffered"))
    api.post("/v1/containers/f1/door-grace", json=GRACE).raise_for_status()
    register_lot(api, "lot", "f1", 60)
    send(api, "f1-logger", [-80, -80, -50, -50, *[-80] * 9])
    send(api, "slow", [-80, -80, -80, -55, *[-80] * 9])
    evaluate(connection)
    certain, possible = certain_s(api)
    assert 0 < certain < possible
    assert certain == pytest.approx(2 * 60 * 5 * 5 / 25)


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_arrival_ends_in_the_same_record(connection: Connection, seed: int) -> None:
    """A late reading may show that one warm hour was two openings of a door, or that two were one."""
    rng = random.Random(seed)
    scenario = Scenario(connection)
    scenario.container("freezer", loggers=["a", "b"])
    with connection.transaction():
        set_door_grace(connection, TESTER, "freezer", door_grace_s=1_800, mapping_study="MAP-7", reason="Mapped.")
    readings, minute = [], 0.0
    while minute < 900:
        minute += rng.choice([1, 5, 5, 5, 14, 20])
        sent = rng.choice([-80, -80, -50, -50, -50, -10, "HI", None])
        readings.append(reading(rng.choice(["a", "b"]), minute, sent))
    rng.shuffle(readings)
    while readings:
        size = rng.randint(1, 12)
        scenario.store(readings[:size])
        del readings[:size]
        evaluate_once(connection, AsOf(at_us(1_000)), most_readings=20)
    stored = load_records(connection, ["freezer"])["freezer", CRYO_80.max_gap_s]
    watches = watches_over(connection, "freezer", BEGINNING_US, END_US)
    assert {watch.door_grace_s for watch in watches} == {1_800}
    fresh = judge_container(watches, thresholds_of([CRYO_80]), CRYO_80.max_gap_s)
    for threshold in fresh.beyond:
        assert stored.beyond[threshold].tolist() == fresh.beyond[threshold].tolist()
        assert stored.disputed[threshold].tolist() == fresh.disputed[threshold].tolist()
    short = [b - a for a, b in fresh.disputed[thresholds_of([CRYO_80])[0]].tolist()]
    assert any(length < 1_800 * SECOND_US for length in short)


def test_an_opened_door_is_no_part_of_an_earlier_excursion(connection: Connection) -> None:
    """A warm hour in the morning does not make the first minutes of an open door in the evening an alarm."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    with connection.transaction():
        set_door_grace(connection, TESTER, "freezer", **GRACE)
    scenario.store([reading("logger", 5 * i, -30.0 if 3 <= i < 9 else -80.0) for i in range(49)])
    scenario.evaluate(240)
    scenario.store([reading("logger", 245, -50.0)])
    scenario.evaluate(245)
    [alert] = connection.execute("SELECT state, began_at FROM alerts WHERE NOT past").fetchall()
    assert alert["state"] == "pending"
    assert alert["began_at"] > at(240)
