"""How loggers are, over HTTP and in the figures for monitoring."""

import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from prometheus_client.parser import text_string_to_metric_families

from ingest.address import parse_broker
from ingest.heartbeat import heartbeats_written
from ingest.receiver import Receiver
from ingest.writer import Writer
from service.local.broker import Broker
from service.settings import Settings
from service.store.intake.heartbeats import Heartbeat, heartbeats, save_heartbeat
from service.store.pool import Connection
from service.store.registry.loggers import set_online
from tests.cold_store import ago, all_of, get, put, refusal, register_site
from tests.eventually import eventually


def post(api: httpx.Client, logger_id: str, *readings: dict[str, Any]) -> None:
    """Readings of a logger, now."""
    body = [{"temperature_c": -80.0, **reading} for reading in readings]
    answer = api.post("/v1/readings", params={"logger_id": logger_id}, json=body)
    assert answer.json()["rejected"] is None


def figures(api: httpx.Client) -> dict[tuple[str, ...], float]:
    """All samples, by name and labels."""
    families = text_string_to_metric_families(api.get("/metrics").text)
    return {(x.name, *x.labels.values()): x.value for family in families for x in family.samples}


def test_the_health_of_a_logger_is_told(api: httpx.Client) -> None:
    """Before it fails: a weak battery, a clock that is off, readings that never come, a counter with holes."""
    register_site(api)
    minutes = [60, 55, 50, 30, 25, 20, 15, 10, 5]
    post(api, "tag", *({"measured_at": ago(m), "seq": 100 - m // 5, "probe": "top"} for m in minutes))
    post(api, "tag", {"measured_at": ago(-2), "seq": 3, "probe": "top", "battery_v": 2.9})
    post(api, "tag", {"measured_at": ago(90), "battery_v": 3.6})
    post(api, "tag", {"measured_at": ago(60 * 24 * 30), "seq": 1, "probe": "top"})
    logger = get(api, "/loggers/tag")
    health = logger["health"]
    assert health["battery_v"] == 2.9
    assert -120 <= health["clock_lag_s"] < -60
    assert timedelta(days=6) < datetime.now(UTC) - datetime.fromisoformat(health["since"]) < timedelta(days=8)
    single, top = health["probes"]
    assert (single["probe"], single["usual_interval_s"], single["gaps"], single["missing_seq"]) == ("", None, 0, 0)
    assert (top["probe"], top["usual_interval_s"]) == ("top", 300)
    # One of twenty minutes, and the week before the first reading: a month ago there was another.
    assert (top["gaps"], top["missing_seq"], top["restarts"]) == (2, 3, 1)
    assert top["gaps_s"] - top["longest_gap_s"] == 20 * 60
    assert datetime.fromisoformat(top["last_measured_at"]) == datetime.fromisoformat(ago(-2))
    assert logger["last_seen_at"] == logger["last_reading"]["received_at"]


def test_a_logger_never_heard_has_no_health(api: httpx.Client) -> None:
    """A device in its box is neither well nor ill."""
    register_site(api)
    created = put(api, "/loggers", {"id": "new", "site_id": "zurich", "firmware": "1.0"})
    assert (created["firmware"], created["last_seen_at"], created["online_since"]) == ("1.0", None, None)
    health = get(api, "/loggers/new")["health"]
    assert (health["battery_v"], health["clock_lag_s"], health["probes"]) == (None, None, [])


def test_silent_loggers_are_found(api: httpx.Client, connection: Connection) -> None:
    """Who installs loggers asks which of them do not arrive, and wants no list of those that do."""
    register_site(api)
    put(api, "/loggers", {"id": "never", "site_id": "zurich"})
    post(api, "silent", {"measured_at": ago(30)})
    connection.execute("UPDATE readings SET received_at = now() - interval '30 min'")
    post(api, "talks", {"measured_at": ago(30)})
    assert [row["id"] for row in all_of(api, "/loggers", silent_for_s=600)] == ["never", "silent"]
    assert [row["id"] for row in all_of(api, "/loggers", silent_for_s=3600)] == ["never"]
    refusal(api.get("/v1/loggers", params={"silent_for_s": -1}), 422, "silent_for_s")


def test_what_was_set_aside_is_counted_by_cause(api: httpx.Client, connection: Connection) -> None:
    """A rise in one cause tells what broke: a firmware, a clock, a broker's setting."""
    register_site(api)
    counters = {
        "messages": {"all": 9},
        "readings": {"new": 5, "known": 2, "conflicting": 1},
        "rejected": {"not_json": 3, "time_ahead": 1},
        "passed_over": {"retained": 4, "no_temperature": 1, "unknown_field": 6, "dropped_qos0": 2},
    }
    start = datetime(2026, 3, 1, tzinfo=UTC)
    save_heartbeat(connection, Heartbeat("ingest-1", start, start + timedelta(minutes=1), counters))
    save_heartbeat(connection, Heartbeat("ingest-2", start, start, {"messages": {"all": 1}}))
    post(api, "tag", {"measured_at": ago(120)}, {"measured_at": ago(120), "temperature_c": -20})
    connection.execute(
        "INSERT INTO loggers (id, online) VALUES ('away', false);"
        "INSERT INTO rejected_messages (sha256, topic, code, explanation, payload_size, first_received_at, "
        "last_received_at) SELECT sha256(n::text::bytea), 't', 'not_json', '', 1, now(), now() "
        "FROM generate_series(1, 3) n;"
        "INSERT INTO redrives SELECT min(id), NULL, NULL, '', 1, 0, 0 FROM rejected_messages"
    )
    found = figures(api)
    assert found["unbroken_ingest_messages_total", "all", "ingest-1"] == 9
    assert found["unbroken_ingest_messages_total", "all", "ingest-2"] == 1
    for subject in ("readings", "rejected", "passed_over"):
        for cause, count in counters[subject].items():
            assert found[f"unbroken_ingest_{subject}_total", cause, "ingest-1"] == count
    assert found["unbroken_ingest_tally_timestamp_seconds", "ingest-1"] == (start + timedelta(minutes=1)).timestamp()
    assert (found["unbroken_rejected_messages",], found["unbroken_rejected_messages_waiting", "not_json"]) == (3, 2)
    assert found["unbroken_reading_conflicts",] == 1
    assert (found["unbroken_loggers",], found["unbroken_loggers_offline",], found["unbroken_loggers_silent",]) == (
        2,
        1,
        1,
    )


def publish(broker: Broker, logger_topic: str, status: str, readings: list[str]) -> None:
    """What a logger sends when it is switched on."""
    address = parse_broker(broker.url)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(address.username, address.password)
    client.connect(address.host, address.port)
    client.loop_start()
    client.publish(f"{logger_topic}/status", status, qos=1).wait_for_publish(5)
    for payload in readings:
        client.publish(f"{logger_topic}/readings", payload, qos=1).wait_for_publish(5)
    client.disconnect()
    client.loop_stop()


def test_ingest_writes_what_it_counted(broker: Broker, database_url: str, connection: Connection) -> None:
    """Ingest answers no questions of its own, yet what it turned away is known within seconds; so is the firmware."""
    site = f"site-{uuid.uuid4().hex[:8]}"
    settings = Settings()
    receiver = Receiver(
        broker=parse_broker(broker.url),
        client_id=site,
        topics=[f"coldchain/v1/{site}/#"],
        database_url=database_url,
        writer=Writer(settings.clock(), settings.rejected_cap_bytes),
        batch_messages=100,
        batch_age_s=0.05,
    )
    stop = threading.Event()
    thread = threading.Thread(target=receiver.run, args=[stop])
    with heartbeats_written(database_url, site, receiver.counters, every_s=0.05):
        thread.start()
        try:
            eventually(receiver.is_connected, 30, "connected to the broker")
            publish(
                broker,
                f"coldchain/v1/{site}/tag",
                status='{"status": "online", "firmware": "1.4.2"}',
                readings=[
                    "no json",
                    '{"measured_at": "2026-03-01T00:00:00Z", "temperature_c": -80, "colour": "blue"}',
                ],
            )
            eventually(
                lambda: any(tally.counters["messages"]["all"] == 3 for tally in heartbeats(connection)), 10, "counted"
            )
        finally:
            stop.set()
            thread.join()
    [tally] = heartbeats(connection)
    assert tally.counters["rejected"] == {"not_json": 1}
    assert (tally.counters["readings"]["new"], tally.counters["passed_over"]["unknown_field"]) == (1, 1)
    assert tally.started_at < tally.updated_at
    row = connection.execute("SELECT online, online_since IS NOT NULL AS since, firmware FROM loggers").fetchone()
    assert row == {"online": True, "since": True, "firmware": "1.4.2"}


def test_counting_goes_on_without_a_database(tmp_path: Path) -> None:
    """What cannot be written is written next time; receiving does not depend on it."""
    asked = threading.Event()

    def counters() -> dict[str, dict[str, int]]:
        asked.set()
        return {}

    with heartbeats_written(f"postgresql://nobody@/{uuid.uuid4().hex}?host={tmp_path}", "p", counters, every_s=0.01):
        pass
    assert not asked.is_set()


def test_a_status_told_again_is_no_news(api: httpx.Client, connection: Connection) -> None:
    """A broker repeats a retained status at every connection; since when a logger is away does not change by it."""
    register_site(api)
    from_then = "2026-03-01T00:00:00Z"
    connection.execute("INSERT INTO loggers (id, online, online_since) VALUES ('tag', false, %s)", [from_then])
    set_online(connection, "tag", "zurich", online=False)
    assert datetime.fromisoformat(get(api, "/loggers/tag")["online_since"]) == datetime.fromisoformat(from_then)
    set_online(connection, "tag", "zurich", online=True, firmware="2.0")
    [logger] = all_of(api, "/loggers")
    assert (logger["online"], logger["firmware"]) == (True, "2.0")
    assert logger["online_since"] > from_then
    set_online(connection, "tag", "zurich", online=False)
    assert get(api, "/loggers/tag")["firmware"] == "2.0"
