"""A logger that sends what is refused is not silent: its alert, and its page, say what to look at."""

import json
from typing import Any

import httpx
import pytest

from ingest.messages import Message
from ingest.routes import Routes
from ingest.writer import Writer
from service.evaluator.alerting.sweep import sweep
from service.store.pool import Connection
from service.store.registry.profiles import all_profiles
from tests.alarms import alerts_in_words
from tests.cold_store import ago, get, put, refusal, register_site
from tests.dialects import CLOCK, EXAMPLES
from tests.scenario import Scenario, at, at_us, course

ROUTES = Routes({wanted: name for name, (wanted, *_) in EXAMPLES.items()})


class Door:
    """Ingest's own writer, with messages that come at a given minute."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._writer = Writer(CLOCK, 1 << 30, ROUTES)

    def send(self, topic: str, *payloads: object, minute: float) -> None:
        self._writer.write(
            self._connection,
            [
                Message(topic, x if isinstance(x, bytes) else json.dumps(x).encode(), 1, 1, 1, False, at_us(minute))
                for x in payloads
            ],
        )


@pytest.fixture
def door(connection: Connection) -> Door:
    return Door(connection)


def refused(connection: Connection) -> dict[tuple[str, str], int]:
    """How many messages of each logger were refused, by code."""
    rows = connection.execute("SELECT logger_id, code, sum(times)::int AS n FROM refusals GROUP BY 1, 2").fetchall()
    return {(row["logger_id"], row["code"]): row["n"] for row in rows}


def told(connection: Connection, minute: float) -> str:
    """What is said of the freezer's logger by then."""
    sweep(connection, all_profiles(connection), at_us(minute))
    [row] = alerts_in_words(connection, "WHERE cause = 'logger_silent' AND state <> 'resolved'")
    summary: str = row["summary"]
    return summary


def test_a_gateway_whose_clock_is_ahead_is_no_broken_radio(connection: Connection, door: Door) -> None:
    """Its uplinks arrive and are refused: whoever is woken is sent to the clock, with how many and since when."""
    # The layout of chirpstack/chirpstack #732; the values are invented.
    topic, eui = "application/1/device/0102030405060709/event/up", "chirpstack:0102030405060709"
    scenario = Scenario(connection)
    scenario.container("freezer", loggers=[eui])
    scenario.lot("a", "freezer")
    scenario.store(course(eui, [-80.0, -79.6, -79.2] * 8))
    for minute in range(120, 150, 5):
        ahead = at(minute + 30).isoformat()
        door.send(
            topic,
            {"time": ahead, "deviceInfo": {"devEui": "0102030405060709"}, "object": {"temperature": -79.8}},
            minute=minute,
        )
    assert refused(connection) == {(eui, "time_ahead"): 6}
    summary = told(connection, 150)
    assert "6 messages of it were refused since 2026-03-01 02:00 UTC" in summary
    assert "time_ahead" in summary
    assert "look at its clock, not at its radio" in summary
    assert "nothing was heard" not in summary


def test_a_logger_never_taken_anything_from_is_not_called_unheard(connection: Connection, door: Door) -> None:
    """One that was installed with a wrong clock sends, and is refused, from its first minute on."""
    scenario = Scenario(connection)
    scenario.container("freezer", loggers=["L1"])
    door.send("coldchain/v1/site/L1/readings", {"measured_at": 1, "temperature_c": -80}, minute=5)
    sweep(connection, all_profiles(connection), at_us(10))
    assert "1 message of it was refused" in told(connection, 70)


def test_what_was_refused_before_it_was_heard_again_is_past(connection: Connection, door: Door) -> None:
    """A clock that was set has nothing to do with a battery that dies the day after."""
    scenario = Scenario(connection)
    scenario.container("freezer", loggers=["L1"])
    door.send("coldchain/v1/site/L1/readings", b"no json", minute=5)
    scenario.store(course("L1", [-80.0, -79.6, -79.2] * 8, start=10))
    summary = told(connection, 170)
    assert "nothing was heard from logger L1" in summary
    assert "refused" not in summary


#: One message of each dialect that its decoder refuses although it names its logger.
_BAD: dict[str, object] = {
    **{name: b'{"half' for name in EXAMPLES if name != "thingsboard"},
    "thingsboard": {"Device A": [{"ts": 1483228800000, "values": {"temperature": "warm"}}]},
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_dialect_s_refusals_are_known_by_logger(
    connection: Connection, door: Door, api: httpx.Client, name: str
) -> None:
    """Also where nothing can be read: the topic, to which the broker binds the device, says whose it is."""
    _, topic, _, logger_id, _ = EXAMPLES[name]
    register_site(api)
    put(api, "/loggers", {"id": logger_id, "site_id": "zurich"})
    door.send(topic, _BAD[name], minute=0)
    door.send(topic, _BAD[name], minute=61)
    assert refused(connection), f"service/formats/senders.py does not say whose {topic} is"
    [((found, code), times)] = refused(connection).items()
    assert (found, times) == (logger_id, 2)
    connection.execute(
        "UPDATE refusals SET hour = date_trunc('hour', now()), first_at = now(), last_at = now()"
        " WHERE hour = (SELECT max(hour) FROM refusals)"
    )
    [shown] = get(api, f"/loggers/{logger_id}")["refused"]
    assert (shown["code"], shown["times"]) == (code, 1)
    assert shown["look_at"]


def test_good_and_refused_elements_are_both_counted(connection: Connection, door: Door) -> None:
    """Of an array the good readings are taken; that others were refused is known all the same."""
    scenario = Scenario(connection)
    scenario.container("freezer", loggers=["L1"])
    good = {"measured_at": at(0).isoformat(), "temperature_c": -80}
    door.send("coldchain/v1/site/L1/readings", [good, {**good, "temperature_c": "cold"}], minute=1)
    assert refused(connection) == {("L1", "temperature_unknown"): 1}


def test_invented_loggers_fill_no_table(connection: Connection, door: Door) -> None:
    """Whoever may publish anywhere can name a million loggers; only of those we know are refusals counted."""
    Scenario(connection).container("freezer", loggers=["L1"])
    door.send("coldchain/v1/site/L1/readings", b"no json", minute=0)
    for n in range(50):
        door.send(f"coldchain/v1/site/invented-{n}/readings", b"no json", minute=0)
    # Nor does one of our own topics speak of another dialect's logger.
    door.send("coldchain/v1/site/tasmota:L1/readings", b"no json", minute=0)
    assert refused(connection) == {("L1", "not_json"): 1}


def test_what_is_refused_over_http_counts_too(api: httpx.Client) -> None:
    """A logger with a mobile modem posts its readings; its clock may be wrong as well."""
    register_site(api)
    put(api, "/loggers", {"id": "modem", "site_id": "zurich"})
    body: dict[str, Any] = {"measured_at": ago(-60), "temperature_c": -80}
    refusal(api.post("/v1/readings", params={"logger_id": "modem"}, json=body), 422)
    [shown] = get(api, "/loggers/modem")["refused"]
    assert (shown["code"], shown["times"], shown["look_at"]) == ("time_ahead", 1, "its clock")


def test_a_gateway_s_one_bad_device_costs_the_others_nothing(
    connection: Connection, door: Door, api: httpx.Client
) -> None:
    """It speaks for many: what it says of each is taken or refused for itself, and known by its name."""
    register_site(api)
    for device in ("A", "B", "C"):
        put(api, "/loggers", {"id": f"thingsboard:{device}", "site_id": "zurich"})
    _, topic, *_ = EXAMPLES["thingsboard"]
    good = [{"ts": 1483228800000, "values": {"temperature": 4}}]
    door.send(topic, {"A": "none", "B": [{"ts": "x", "values": {"temperature": 4}}], "C": good}, minute=0)
    rows = connection.execute("SELECT logger_id, code FROM refusals ORDER BY logger_id").fetchall()
    assert [tuple(row.values()) for row in rows] == [
        ("thingsboard:A", "wrong_type"),
        ("thingsboard:B", "time_unreadable"),
    ]
    assert get(api, "/loggers/thingsboard:C")["last_reading"]["temperature_c"] == 4
