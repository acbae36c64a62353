"""Real processes to break: an ingest to kill, between a broker and a database behind a network that can be cut.

Every fault test has the same end, in `Rig.storm`: what was acknowledged to the loggers is in the table, each reading
once, with its own logger, time, sequence number and temperature; nothing else is; and the broker has nothing left.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.address import parse_broker
from service.local.servers import LocalServers
from service.store.pool import Connection, connect
from tests.acceptance.fleet import Fleet, Row
from tests.acceptance.network import HOST, Proxy
from tests.acting import TESTER
from tests.eventually import eventually

ROOT = Path(__file__).parents[2]
KEEPALIVE_S = 2

_numbers = itertools.count(1)

_OF_INGEST = (
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'unbroken ingest' AND datname = current_database()"
)
#: A reading that no mark covers would never be judged.
_UNMARKED = (
    "SELECT count(*) FROM readings WHERE NOT EXISTS (SELECT FROM dirty WHERE dirty.series_id = readings.series_id "
    "AND (extract(epoch FROM measured_at) * 1000000)::bigint BETWEEN from_us AND until_us)"
)


class Rig:
    """One ingest between a broker and a database, each of which can be broken."""

    def __init__(self, servers: LocalServers, template: str, folder: Path) -> None:
        self.servers = servers
        self.name = f"storm_{next(_numbers)}"
        self.database_url = servers.database.create_database(self.name, template)
        self.database = Proxy(servers.database.port)
        self.broker = Proxy(servers.broker.port)
        self.address = parse_broker(servers.mqtt_url)
        self.log = folder / "ingest.log"
        self.command = ["-m", "ingest"]
        self.environment = {
            **os.environ,
            "UNBROKEN_DATABASE_URL": self.through(self.database),
            "UNBROKEN_MQTT_URL": servers.mqtt_url.replace(str(self.address.port), str(self.broker.port)),
            "UNBROKEN_MQTT_CLIENT_ID": self.name,
            "UNBROKEN_DIALECTS": json.dumps({f"coldchain/v1/{self.name}/#": "coldchain_v1"}),
            "UNBROKEN_MQTT_KEEPALIVE_S": str(KEEPALIVE_S),
            "UNBROKEN_BATCH_MESSAGES": "200",
            "UNBROKEN_BATCH_AGE_S": "0.02",
        }
        self.process: subprocess.Popen[bytes] | None = None
        self._started: list[subprocess.Popen[bytes]] = []
        #: What is to be stored beside the fleet's own readings.
        self.also: set[Row] = set()

    def through(self, *proxies: Proxy, options: str = "") -> str:
        """The database's address by way of these."""
        hosts = ",".join(f"{HOST}:{proxy.port}" for proxy in proxies)
        return f"postgresql://postgres@{hosts}/{self.name}{options}"

    # Ingest

    def start(self) -> None:
        """Start ingest, and return when it receives."""
        connected = self.said("connected to the broker")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command], env=self.environment, stdout=log, stderr=log, cwd=ROOT
            )
        self._started.append(self.process)
        eventually(lambda: self.said("connected to the broker") > connected, 20, "ingest connects")

    def said(self, words: str) -> int:
        """How often ingest has said this in its log."""
        return self.log.read_text(errors="replace").count(words) if self.log.exists() else 0

    def signal(self, number: int) -> None:
        """Send ingest a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, as a machine that dies."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        """SIGTERM, which ingest answers by storing what it has and ending well."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        self.process = None
        assert status == 0, self.log.read_text()

    # The database

    def connection(self) -> Connection:
        """A connection of our own, past the proxy."""
        return connect(self.database_url, application="tests", actor=TESTER)

    def sql(self, statement: str, *values: object) -> list[dict[str, object]]:
        """Run one statement."""
        with self.connection() as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def count(self, query: str) -> int:
        """The number that a query finds."""
        [found] = self.sql(query)[0].values()
        return int(str(found))

    def stored(self) -> int:
        """Readings in the table."""
        return self.count("SELECT count(*) FROM readings")

    def rejected(self) -> int:
        """Different messages that were set aside."""
        return self.count("SELECT count(*) FROM rejected_messages")

    @contextmanager
    def locked(self, table: str) -> Iterator[Connection]:
        """Nobody else can write to this table meanwhile."""
        with self.connection() as connection, connection.transaction():
            connection.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
            yield connection

    def waits_for_a_lock(self) -> bool:
        """Whether ingest stands before a lock."""
        return bool(self.sql(f"{_OF_INGEST} AND wait_event_type = 'Lock'"))

    def backends(self) -> list[int]:
        """The server's processes for ingest."""
        return [int(str(row["pid"])) for row in self.sql(_OF_INGEST)]

    def send_clients_away(self) -> None:
        """End every connection to the database but ours."""
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    # The proof

    @contextmanager
    def storm(self, rate_hz: float = 600) -> Iterator[Fleet]:
        """Loggers publish; what is broken inside the block is to be mended by its end, and then all must be right."""
        with self.fleet(rate_hz) as fleet:
            yield fleet
        expected = sorted(fleet.rows() | self.also)
        eventually(lambda: self.stored() >= len(expected), 30, f"all is stored; see {self.log}")
        self.stop()
        assert self.rows() == expected
        assert self.count("SELECT count(*) FROM reading_conflicts") == 0
        assert self.count(_UNMARKED) == 0
        assert self.rejected() == fleet.strange_ones
        assert self.left_with_the_broker() == 0

    @contextmanager
    def fleet(self, rate_hz: float = 600, *, every: timedelta = timedelta(seconds=1)) -> Iterator[Fleet]:
        """Loggers publish while the block lasts; after it, all they published is taken."""
        self.start()
        fleet = Fleet(self.name, self.address, rate_hz, every)
        try:
            eventually(lambda: self.stored() > 0, 20, "the first readings are stored")
            yield fleet
        finally:
            fleet.end()

    def rows(self) -> list[Row]:
        """All readings, each as (logger, time, temperature, sequence number)."""
        found = self.sql(
            "SELECT logger_id, measured_at, temperature_c, seq FROM readings "
            "JOIN series ON series.id = series_id WHERE probe = '' ORDER BY logger_id, measured_at"
        )
        return [tuple(row.values()) for row in found]  # type: ignore[misc]  # the columns of Row

    def left_with_the_broker(self) -> int:
        """Messages that the broker has for ingest still: none, once everything is acknowledged."""
        left: list[mqtt.MQTTMessage] = []
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = 0
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self.name, protocol=MQTTProtocolVersion.MQTTv5)
        client.on_message = lambda _client, _userdata, message: left.append(message)
        client.username_pw_set(self.address.username, self.address.password)
        client.connect(HOST, self.address.port, clean_start=False, properties=session)
        until_s = time.monotonic() + 0.15
        while time.monotonic() < until_s:
            client.loop(0.02)
        client.disconnect()
        # What ingest tells itself does not count.
        return sum(not message.topic.startswith("unbroken/") for message in left)

    def close(self) -> None:
        """Remove it all."""
        for process in self._started:
            process.kill()
            process.wait()
        self.database.close()
        self.broker.close()
        self.servers.database.drop_database(self.name)
