"""Probes in containers over HTTP: attached, commissioned, taken out."""

from typing import Any

import httpx
import pytest

from service.store.pool import Connection
from tests.cold_store import (
    ago,
    all_of,
    attachment,
    get,
    put,
    refusal,
    register_container,
    register_logger,
    register_site,
)

PATH = "/containers/f1/attachments"


@pytest.fixture
def store(api: httpx.Client) -> httpx.Client:
    """The service, knowing two freezers and one logger."""
    register_site(api)
    register_container(api, "f1")
    register_container(api, "f2")
    register_logger(api, "tag")
    return api


def attach(store: httpx.Client, container_id: str = "f1", **change: Any) -> httpx.Response:
    """Try to attach the logger."""
    return store.post(f"/v1/containers/{container_id}/attachments", json=attachment("tag", **change))


def test_a_probe_counts_from_its_commissioning(store: httpx.Client) -> None:
    """A probe warm from the technician's hand proves nothing of the freezer until it has settled."""
    body = {"id": "a1", "logger_id": "tag", "probe": "top", "place": "buffered", "from": ago(60)}
    created = put(store, PATH, body)
    assert created == {**body, "container_id": "f1", "until": None, "commissioned_at": None}
    confirmed = {"attachment_id": "a1", "commissioned_at": ago(30)}
    answer = store.post("/v1/containers/f1/commission", json=confirmed)
    assert answer.status_code == 200
    assert answer.json() == {**created, "commissioned_at": ago(30)}
    assert "leave it" in refusal(store.post("/v1/containers/f1/commission", json=confirmed), 409)
    assert all_of(store, PATH) == [answer.json()]


def test_a_probe_taken_out_measures_no_more(store: httpx.Client) -> None:
    """The end of an attachment is recorded once, and after its start."""
    attach(store)
    path = "/v1/containers/f1/attachments/attached/end"
    assert "after the attachment's start" in refusal(store.post(path, json={"until": ago(20_000)}), 422, "until")
    refusal(store.post(path, json={"until": ago(-60)}), 422, "until")
    assert store.post(path, json={"until": ago(10)}).json()["until"] == ago(10)
    refusal(store.post(path, json={"until": ago(5)}), 409)
    assert get(store, "/loggers/tag")["attached"] is False


def test_a_probe_is_in_one_container_at_a_time(store: httpx.Client) -> None:
    """The same reading cannot prove two freezers cold; one after the other it can."""
    assert attach(store, until=ago(100)).status_code == 201
    assert "end that attachment first" in refusal(attach(store, "f2", id="a2", **{"from": ago(101)}), 409)
    assert all_of(store, "/containers/f2/attachments") == []
    assert attach(store, "f2", id="a2", **{"from": ago(100)}).status_code == 201
    assert get(store, "/loggers/tag")["container_ids"] == ["f2"]


def test_an_attachments_id_is_used_once(store: httpx.Client) -> None:
    """Whoever repeats a request that was heard is told so."""
    attach(store)
    assert "'attached' exists already" in refusal(attach(store, probe="other"), 409)


def test_attaching_is_no_sign_of_life(store: httpx.Client) -> None:
    """A logger that was attached and never heard must not look as if it had been."""
    attach(store)
    logger = get(store, "/loggers/tag")
    assert (logger["first_seen_at"], logger["last_reading"]) == (None, None)


def test_a_loggers_range_must_span_the_limits(store: httpx.Client) -> None:
    """A logger that says "LO" on both sides of a limit cannot tell whether it is kept."""
    ranges: list[tuple[float | None, float | None, str, str | None]] = [
        (-95, 40, "cryo-80", None),
        (-95, 0, "cryo-80", None),
        (None, None, "cryo-80", None),
        (-90, 40, "cryo-80", "from −90 °C to 40 °C, which does not span −90 °C"),
        (-95, -20, "cryo-80", "from −95 °C to −20 °C, which does not span −20 °C"),
        (-55, None, "cryo-80", "from −55 °C, which does not span −60 °C"),
        (-55, 125, "lyophilised-2-8", None),
        (0, 50, "lyophilised-2-8", "does not span −0.5 °C"),
        (None, 20, "lyophilised-2-8", "to 20 °C, which does not span 25 °C"),
        (-100, 50, "ln2-vapour", "does not span −135 °C"),
        (-10, 50, "frozen-20", "does not span −15 °C"),
        (-15, 50, "frozen-20", None),
    ]
    for number, (low, high, profile_id, words) in enumerate(ranges):
        register_container(store, f"c-{number}", profile_id)
        register_logger(store, f"l-{number}", (low, high))
        path, body = f"/containers/c-{number}/attachments", attachment(f"l-{number}", f"a-{number}")
        if words is not None:
            assert words in refusal(store.post(f"/v1{path}", json=body), 422, "logger_id")
            assert all_of(store, path) == []
            body["place"] = "ambient"
        put(store, path, body)


def test_a_logger_must_be_registered_to_be_attached(store: httpx.Client) -> None:
    """Of a device nobody registered, nobody knows what its "HI" proves."""
    words = refusal(store.post(f"/v1{PATH}", json=attachment("stranger")), 422, "logger_id")
    assert "'stranger' is not known; register it first" in words
    reading = {"measured_at": ago(1), "temperature_c": -80}
    store.post("/v1/readings", params={"logger_id": "stranger"}, json=reading)
    words = refusal(store.post(f"/v1{PATH}", json=attachment("stranger")), 422, "logger_id")
    assert "was heard, but is not registered" in words


_WRONG: list[tuple[dict[str, Any], str]] = [
    ({"from": "2026-01-31T06:00:00"}, "from"),
    ({"from": "2026-01-31"}, "from"),
    ({"from": "yesterday"}, "from"),
    ({"from": 1769839200}, "from"),
    ({"from": None}, "from"),
    ({"from": "0001-01-01T00:00:00+14:00"}, "from"),
    ({"from": "9999-12-31T23:59:59-14:00"}, "from"),
    ({"from": ago(-60)}, "from"),
    ({"commissioned_at": ago(-60)}, "commissioned_at"),
    ({"until": ago(-60)}, "until"),
    ({"until": ago(14_400)}, "until"),
    ({"place": "lid"}, "place"),
    ({"probe": "nul\x00"}, "probe"),
    ({"logger_id": "nul\x00"}, "logger_id"),
    ({"logger_id": ""}, "logger_id"),
]


def test_a_wrong_field_is_named(store: httpx.Client, connection: Connection) -> None:
    """A time without its offset names no instant, and a time to come has not been measured."""
    for change, field in _WRONG:
        assert refusal(attach(store, **change), 422, field).startswith(f"{field}: ")
    assert all_of(store, PATH) == []
    assert connection.execute("SELECT FROM series").fetchall() == []


def test_unknown_containers_and_attachments_are_not_found(store: httpx.Client) -> None:
    """An attachment belongs to its own container and to no other."""
    attach(store)
    assert "no container 'no'" in refusal(attach(store, "no", id="a2"), 404)
    confirmed = {"attachment_id": "attached", "commissioned_at": ago(1)}
    refusal(store.post("/v1/containers/f2/commission", json=confirmed), 404)
    refusal(store.post("/v1/containers/f2/attachments/attached/end", json={"until": ago(1)}), 404)
    refusal(store.post("/v1/containers/f1/attachments/no/end", json={"until": ago(1)}), 404)
