"""Readings over HTTP, as they are drawn."""

import httpx
import pytest

from service.store.pool import Connection
from tests.cold_store import (
    ago,
    all_of,
    attachment,
    evaluate,
    furnish,
    put,
    refusal,
    register_container,
    register_logger,
    register_lot,
    send,
)


@pytest.fixture
def store(api: httpx.Client) -> httpx.Client:
    """The service, knowing a watched freezer and a product."""
    furnish(api, "f1")
    return api


def test_a_long_time_is_drawn_from_hours(store: httpx.Client, connection: Connection) -> None:
    """Few points stand for many readings, and say what they stand for: extremes, mean, and what was out of range."""
    register_lot(store, "lot", "f1", 3000)
    temperatures: list[float | str | None] = [-80.0] * 3000
    temperatures[1234], temperatures[2000], temperatures[2500] = -30.5, "HI", "LO"
    send(store, "f1-logger", temperatures, 3000, every=1)
    for _ in range(2):
        [found] = all_of(store, "/lots/lot/readings", points=40)
        assert found["resolution"] == "hour"
        assert len(found["at"]) == len(found["temperature_c"]) == len(found["beyond_range"]) <= 40
        assert found["at"] == sorted(found["at"])
        points = dict(zip(found["at"], zip(found["temperature_c"], found["beyond_range"], strict=True), strict=True))
        assert points[ago(3000 - 1234)] == (-30.5, None)
        assert points[ago(3000 - 2000)] == (None, "HI")
        assert points[ago(3000 - 2500)] == (None, "LO")
        buckets = found["buckets"]
        assert len(buckets) <= 20
        assert [sum(bucket[name] for bucket in buckets) for name in ("readings", "hi", "lo")] == [3000, 1, 1]
        assert (buckets[0]["from"], buckets[0]["first_measured_at"]) == (ago(3000), ago(3000))
        [warm] = [bucket for bucket in buckets if bucket["maximum_c"] == -30.5]
        assert warm["from"] <= ago(3000 - 1234) < warm["until"]
        assert -80 < warm["mean_c"] < -79
        [beyond] = [bucket for bucket in buckets if bucket["hi"]]
        assert (beyond["maximum_c"], beyond["minimum_c"]) == (None, -80)
        # As the readings arrived, and once they are evaluated, it is the same drawing.
        evaluate(connection)


def test_few_readings_are_drawn_one_by_one(store: httpx.Client) -> None:
    """A chart of an hour shows each reading."""
    register_lot(store, "lot", "f1")
    send(store, "f1-logger", [-80, "HI", None, -79])
    [found] = all_of(store, "/lots/lot/readings")
    assert (found["resolution"], found["buckets"]) == ("raw", [])
    assert (found["temperature_c"], found["beyond_range"]) == ([-80, None, None, -79], [None, "HI", None, None])


def test_a_container_shows_all_that_was_measured_in_it(store: httpx.Client) -> None:
    """Also what is not judged: the room beside it, and a probe nobody has confirmed; each while it was there."""
    register_logger(store, "room")
    put(store, "/containers/f1/attachments", attachment("room", "a-room", place="ambient"))
    register_logger(store, "new")
    put(store, "/containers/f1/attachments", attachment("new", "a-new", commissioned_at=None, until=ago(20)))
    for logger_id, temperature in (("f1-logger", -80), ("room", 21), ("new", -50)):
        send(store, logger_id, [temperature] * 6, every=10)
    found = all_of(store, "/containers/f1/readings", **{"from": ago(50)})
    assert {(one["logger_id"], *one["temperature_c"]) for one in found} == {
        ("f1-logger", *[-80] * 5),
        ("room", *[21] * 5),
        ("new", *[-50] * 3),
    }
    assert {one["container_id"] for one in found} == {"f1"}
    assert all_of(store, "/containers/f1/readings", until=ago(20_000)) == []
    register_container(store, "f2")
    assert all_of(store, "/containers/f2/readings") == []
    refusal(store.get("/v1/containers/f1/readings", params={"from": ago(5), "until": ago(5)}), 422, "until")
    assert "no container 'no'" in refusal(store.get("/v1/containers/no/readings"), 404)
