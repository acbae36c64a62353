"""A whole installation on a clock that the test sets: database, broker, ingest, API, evaluator, alerts.

Nothing in it is a stand-in. The clock reaches the API as FastAPI lets tests replace a dependency, the others as their
parameter, and the database by functions `now()` and `clock_timestamp()` of a schema before its own in the search path.
"""

import json
import random
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from urllib.parse import quote

import httpx
import paho.mqtt.client as mqtt
import uvicorn
from paho.mqtt.enums import CallbackAPIVersion

from alerts.messages.message_writer import Links, MessageWriter
from alerts.messages.templates import BUILT_IN
from alerts.planner import Planner
from ingest.address import parse_broker
from ingest.echo_marks import EchoMarks
from ingest.receiver import Receiver
from ingest.routes import Routes
from ingest.writer import Writer
from service.api.database import Now
from service.cli.serve import application
from service.domain.clocks import AsOf
from service.evaluator.generation import changes, take_over, write_next
from service.evaluator.whole import sweep_in_batches
from service.local.servers import LocalServers
from service.settings import Settings
from service.store.intake.heartbeats import Heartbeat, save_heartbeat
from service.store.migrate import migrate
from service.store.pool import Connection, connect
from tests.acting import TESTER
from tests.dialects import EXAMPLES
from tests.differential.happenings import Act, Readings, csv, instant, messages, payload
from tests.evaluators import Evaluators, evaluators
from tests.eventually import eventually
from tests.keyed import HEADERS, add_tester
from tests.papers import of_before
from tests.signing import sign_all
from tests.telling import all_at_once

SITE = "site"

_EVALUATORS = 3

_CLOCK = """
CREATE SCHEMA sim;
CREATE TABLE sim.clock (at timestamptz NOT NULL);
INSERT INTO sim.clock VALUES ('{at}');
CREATE FUNCTION sim.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM sim.clock';
CREATE FUNCTION sim.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM sim.clock';
ALTER DATABASE {name} SET search_path = public, sim, pg_catalog
"""


class Clock:
    """What time it is, for everybody; it stands still until it is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """What time it is."""
        return self.at

    def us(self) -> int:
        """Likewise in microseconds since 1970."""
        return (self.at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@dataclass
class Installation:
    """Its doors, and hands that a test puts on the evaluator and the alerts."""

    clock: Clock
    connection: Connection
    evaluators: Evaluators
    client: httpx.Client
    publisher: mqtt.Client
    planner: Planner
    sentinels: int = 0

    def set(self, at_us: int) -> None:
        """It is that time now."""
        self.clock.at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
        self.connection.execute("UPDATE sim.clock SET at = %s", [self.clock.at])
        # Ingest says every ten seconds that it hears; its thread for that has a clock of its own.
        save_heartbeat(self.connection, Heartbeat("ingest", datetime(2026, 1, 1, tzinfo=UTC), self.clock.at, {}))

    def act(self, act: Act) -> httpx.Response:
        """Do it over HTTP. Of a product no papers are asked for: courses are about temperature."""
        answer = self.client.post(f"/v1/{act.path}", json=dict(act.body))
        if act.path == "products" and answer.is_success:
            of_before(self.connection, answer.json()["id"])
        return answer

    def upload(self, sent: Readings) -> httpx.Response:
        """Readings over HTTP, or as a file."""
        if sent.door == "http":
            where = {"logger_id": sent.probe[0], "site_id": SITE}
            return self.client.post("/v1/readings", params=where, json=payload(sent))
        form = {"logger_id": sent.probe[0], "time_zone": "UTC"}
        return self.client.post("/v1/imports", data=form, files={"file": ("log.csv", csv(sent))})

    def sign(self) -> None:
        """Quality signs whatever people recorded; what is not signed yet is another test's subject."""
        sign_all(self.connection)

    def publish(self, many: Iterable[Readings]) -> None:
        """Messages to the broker, all in one go; returns when ingest has stored the last of them."""
        self.sentinels += 1
        found = [
            (topic, json.dumps(message).encode())
            for sent in many
            if sent.door == "mqtt"
            for topic, message in messages(sent)
        ]
        if not found:
            return
        at_us = self.clock.us() - 3_600_000_000 + self.sentinels
        end = {"measured_at": instant(at_us), "temperature_c": 1.0}
        found.append((f"coldchain/v1/{SITE}/sentinel/readings", json.dumps(end).encode()))
        sent_now = [self.publisher.publish(topic, message, qos=1) for topic, message in found]
        for one in sent_now:
            one.wait_for_publish(60)
        eventually(lambda: self._stored(at_us), 60, "ingest has stored everything")

    def _stored(self, at_us: int) -> bool:
        row = self.connection.execute(
            "SELECT 1 FROM readings JOIN series ON series.id = series_id "
            "WHERE logger_id = 'sentinel' AND measured_at = %s",
            [instant(at_us)],
        ).fetchone()
        return row is not None

    def evaluate(self, passes: int | None = None) -> None:
        """So many passes of the evaluator, or until nothing waits and time has made nothing due."""
        while passes is None or passes > 0:
            marks = self.evaluators.evaluate(AsOf(self.clock.us())).marks
            if passes is not None:
                passes -= 1
            elif not marks:
                return

    def begin_anew(self) -> None:
        """`unbroken evaluate --all`: everything is judged again, beside what is in force."""
        write_next(self.connection, lambda _done, _count: None)

    def end_anew(self) -> None:
        """What was judged again is put in the place of what was."""
        take_over(self.connection, [change.lot_id for change in changes(self.connection, self.clock.us())])

    def sweep_in_batches(self) -> None:
        """What the evaluator does every half minute, and then what the alerts process does at once."""
        for _ in sweep_in_batches(self.connection, self.clock.us):
            pass
        self.planner.round(self.connection)

    def lots(self) -> list[dict[str, Any]]:
        """The list of lots, each with its answer, page by page."""
        found: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            answer = self.client.get("/v1/lots", params={"limit": 7, **after})
            assert answer.is_success, answer.text
            page = answer.json()
            found += page["items"]
            if page["next"] is None:
                return found
            after = {"after": page["next"]}

    def status(self, lot_id: str) -> dict[str, Any]:
        """What whoever asks for one lot is told."""
        answer = self.client.get(f"/v1/lots/{quote(lot_id)}/status")
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found


@contextmanager
def installation(servers: LocalServers, name: str, at: datetime, seed: int = 0) -> Iterator[Installation]:
    """A fresh one, in a database of this name; it is dropped afterwards. `seed`: of how its evaluators meet."""
    url = servers.database.create_database(name)
    clock = Clock(at)
    settings = Settings(
        database_url=url,
        mqtt_url=servers.mqtt_url,
        mqtt_client_id=name,
        dialects={wanted: dialect for dialect, (wanted, *_) in EXAMPLES.items()},
    )
    with ExitStack() as ending:
        ending.callback(servers.database.drop_database, name)
        with connect(url, application="tests", actor=TESTER) as connection:
            for statement in _CLOCK.format(at=at.isoformat(), name=name).split(";\n"):
                connection.execute(statement)
        connection = ending.enter_context(connect(url, application="tests", actor=TESTER))
        migrate(connection)
        add_tester(connection)
        client = ending.enter_context(_served(settings, clock))
        ending.enter_context(_receiving(settings, clock))
        publisher = ending.enter_context(_publisher(servers.mqtt_url))
        planner = Planner(MessageWriter(all_at_once("log"), BUILT_IN, Links()), clock, 1.0)
        several = ending.enter_context(evaluators(url, _EVALUATORS, random.Random(seed)))
        built = Installation(clock, connection, several, client, publisher, planner)
        built.client.post("/v1/sites", json={"id": SITE, "name": "The site", "time_zone": "Europe/Zurich"})
        yield built


@contextmanager
def _served(settings: Settings, clock: Clock) -> Iterator[httpx.Client]:
    app = application(settings)
    depends = get_args(Now)[1]
    app.dependency_overrides[depends.dependency] = clock
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the HTTP service did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, headers=HEADERS) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def _receiving(settings: Settings, clock: Clock) -> Iterator[None]:
    routes = Routes(settings.dialects)
    receiver = Receiver(
        broker=parse_broker(settings.mqtt_url),
        client_id=settings.mqtt_client_id,
        topics=routes.filters,
        database_url=settings.database_url,
        writer=Writer(settings.clock(), settings.rejected_cap_bytes, routes),
        batch_messages=settings.batch_messages,
        batch_age_s=settings.batch_age_s,
        marks=EchoMarks(settings.mqtt_client_id),
        clock_us=clock.us,
    )
    stop = threading.Event()
    thread = threading.Thread(target=receiver.run, args=(stop,))
    thread.start()
    try:
        eventually(receiver.is_connected, 20, "ingest connects")
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def _publisher(mqtt_url: str) -> Iterator[mqtt.Client]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(500)
    broker = parse_broker(mqtt_url)
    client.username_pw_set(broker.username, broker.password)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


__all__ = ["Clock", "Installation", "installation"]
