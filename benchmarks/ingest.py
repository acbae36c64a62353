"""``python -m benchmarks.ingest``: how near ingest is to what its client and its database can do at all.

A real broker and a real hypertable; the queue is filled before the clock starts; each contender empties one of its own.
The run fails if the rows stored are not the rows published.
"""

import argparse
import os
import threading
import time
from collections.abc import Sequence

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from benchmarks.acting import BENCHMARK
from benchmarks.mq_bridge_peer import StandstillError, emptied_by_peer, with_series
from benchmarks.processes import drained, outage_extra_mb
from benchmarks.queue import LOGGERS, Queue, filled_queue, payload, session_properties
from benchmarks.rounds import medians, ratio
from ingest.address import Broker, parse_broker
from ingest.messages import Message, Prepared, take_in
from ingest.receiver import Receiver
from ingest.writer import Writer
from service.formats.columns import columns_of
from service.local.servers import LocalServers, local_servers, remove
from service.settings import Settings
from service.store.migrate import migrate
from service.store.pool import Connection, connect
from service.store.series.readings import copy_readings, ensure_series, rows_of

_COPY_ROWS = 10_000
_BAD_MESSAGES = 20_000
#: As a bad logger leaves them behind in a little more than a day.
_KEPT_BEFORE = 1_000_000
_PEER_TRIES = 5


class NullWriter(Writer):
    """The same receive loop without decode, COPY and COMMIT."""

    def prepared(self, _messages: Sequence[Message]) -> Prepared | None:
        """Nothing."""
        return None

    def write(self, _connection: Connection, messages: Sequence[Message], _prepared: Prepared | None = None) -> None:
        """Count them, and nothing else."""
        self.tally.messages += len(messages)


def emptied(queue: Queue, database_url: str, writer: Writer) -> float:
    """Messages a second until our receiver has stored and acknowledged the whole queue."""
    settings = Settings()
    receiver = Receiver(
        broker=queue.broker,
        client_id=queue.client_id,
        topics=[queue.topic],
        database_url=database_url,
        writer=writer,
        batch_messages=settings.batch_messages,
        batch_age_s=settings.batch_age_s,
    )
    stop = threading.Event()

    def watch() -> None:
        while writer.tally.messages < queue.messages:
            time.sleep(0.001)
        stop.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    started_s = time.perf_counter()
    receiver.run(stop)
    took_s = time.perf_counter() - started_s
    watcher.join()
    return queue.messages / took_s


def bare(queue: Queue) -> float:
    """Messages a second of the fastest bare paho subscriber: it acknowledges at once, in its own thread."""
    done = threading.Event()
    count = 0

    def on_message(*_: object) -> None:
        nonlocal count
        count += 1
        if count == queue.messages:
            done.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=queue.client_id, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_message = on_message
    started_s = time.perf_counter()
    client.username_pw_set(queue.broker.username, queue.broker.password)
    client.connect(queue.broker.host, queue.broker.port, clean_start=False, properties=session_properties())
    client.loop_start()
    assert done.wait(300)
    took_s = time.perf_counter() - started_s
    client.disconnect()
    client.loop_stop()
    return queue.messages / took_s


class Bench:
    """One private installation for all contenders."""

    def __init__(self, servers: LocalServers) -> None:
        self.broker: Broker = parse_broker(servers.mqtt_url)
        self.database_url = servers.database_url

    def connection(self) -> Connection:
        """A connection to the benchmark's database."""
        return connect(self.database_url, application="benchmark", actor=BENCHMARK)

    def emptied_table(self) -> None:
        """No rows, no marks: every contender starts alike."""
        with self.connection() as connection:
            connection.execute("TRUNCATE readings, dirty, reading_conflicts, rejected_shares, refusals")
            connection.execute("DELETE FROM rejected_messages")
            connection.execute("UPDATE rejected_totals SET messages = 0, bytes = 0")

    def rows(self) -> int:
        """Readings stored."""
        with self.connection() as connection:
            row = connection.execute("SELECT count(*) AS n FROM readings").fetchone()
            return int(row["n"])

    def ours(self, messages: int, per_message: int) -> float:
        """Messages a second, stored and acknowledged."""
        self.emptied_table()
        queue = filled_queue(self.broker, messages, per_message)
        settings = Settings()
        rate = emptied(queue, self.database_url, Writer(settings.clock(), settings.rejected_cap_bytes))
        assert self.rows() == messages * per_message, "the rows stored are not the rows published"
        return rate

    def rejected(self, messages: int, kept_before: int) -> float:
        """Messages a second of messages that are no JSON, each another, kept and acknowledged."""
        self.emptied_table()
        with self.connection() as connection:
            connection.execute(
                "INSERT INTO rejected_messages (sha256, topic, code, explanation, payload, payload_size, "
                "first_received_at, last_received_at) SELECT sha256(n::text::bytea), 'coldchain/v1/s/bad/readings', "
                "'not_json', 'not valid JSON', sha256(n::text::bytea), 32, now(), now() "
                "FROM generate_series(1, %s) AS n",
                [kept_before],
            )
            connection.execute("UPDATE rejected_totals SET messages = %s, bytes = 73 * %s", [kept_before, kept_before])
        queue = filled_queue(self.broker, messages, 1, lambda _number, said: said[:-1])
        settings = Settings()
        room = 20 * (messages + kept_before)
        writer = Writer(settings.clock(), settings.rejected_cap_bytes, rejected_cap_messages=room)
        rate = emptied(queue, self.database_url, writer)
        with self.connection() as connection:
            [row] = connection.execute("SELECT count(*) AS n FROM rejected_messages").fetchall()
        assert row["n"] == messages + kept_before, "the rows kept are not the messages published"
        return rate

    def loop_only(self, messages: int, per_message: int) -> float:
        """Messages a second of the same loop storing nothing."""
        queue = filled_queue(self.broker, messages, per_message)
        settings = Settings()
        return emptied(queue, self.database_url, NullWriter(settings.clock(), settings.rejected_cap_bytes))

    def bare_subscriber(self, messages: int, per_message: int) -> float:
        """Messages a second of a bare subscriber."""
        return bare(filled_queue(self.broker, messages, per_message))

    def mq_bridge(self, messages: int) -> float:
        """Messages a second of the peer; a run in which it stands still is told of and repeated."""
        for _ in range(_PEER_TRIES):
            self.emptied_table()
            queue = filled_queue(self.broker, messages, 1, lambda number, said: with_series(number, said, LOGGERS))
            try:
                return emptied_by_peer(queue, self.database_url, self.rows)
            except StandstillError as error:
                print(f"  {error}; its run is repeated", flush=True)
        raise StandstillError(f"not one of {_PEER_TRIES} runs came to its end")

    def processes(self, count: int, messages: int) -> float:
        """Messages a second of so many whole ingest processes."""
        self.emptied_table()
        return drained(count, self.broker, self.database_url, messages, self.rows)

    def bare_copy(self, messages: int, per_message: int) -> float:
        """Readings a second of binary COPY of the same rows, 10,000 at a time, into the same hypertable."""
        self.emptied_table()
        clock = Settings().clock()
        now_us = time.time_ns() // 1_000
        intake = take_in(
            [
                Message(f"coldchain/v1/s/copy-{n % LOGGERS}/readings", payload(n, per_message), 1, n, 0, False, now_us)
                for n in range(messages)
            ],
            clock,
        )
        ids: dict[tuple[str, str], int] = {}
        with self.connection() as connection:
            batches = [
                rows_of(columns_of(intake.readings[i : i + _COPY_ROWS], intake.received_at_us[i : i + _COPY_ROWS]))
                for i in range(0, len(intake.readings), _COPY_ROWS)
            ]
            ensure_series(connection, ids, {key for rows in batches for key in rows.keys}, {})
            started_s = time.perf_counter()
            for rows in batches:
                with connection.transaction():
                    copy_readings(connection, ids, rows)
            took_s = time.perf_counter() - started_s
        assert self.rows() == messages * per_message
        return len(intake.readings) / took_s


def main() -> None:
    """Print a ratio a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--waiting", type=int, default=1_000_000, help="messages that wait during the outage")
    given = parser.parse_args()
    rounds, messages = given.rounds, given.messages
    name = f"test-{os.getpid()}-bench"
    with local_servers(name, print) as servers:
        bench = Bench(servers)
        with bench.connection() as connection:
            migrate(connection)
        single = medians(
            {
                "ours": lambda: bench.ours(messages, 1),
                "loop": lambda: bench.loop_only(messages, 1),
                "bare": lambda: bench.bare_subscriber(messages, 1),
                "mqbridge": lambda: bench.mq_bridge(messages),
            },
            rounds,
        )
        ratio("ingest_single_vs_loop", single["ours"] / single["loop"])
        ratio("ingest_single_vs_bare", single["ours"] / single["bare"])
        ratio("ingest_single_vs_mqbridge", single["ours"] / single["mqbridge"])
        bad = medians(
            {
                "good": lambda: bench.ours(_BAD_MESSAGES, 1),
                "bad": lambda: bench.rejected(_BAD_MESSAGES, 0),
                "later": lambda: bench.rejected(_BAD_MESSAGES, _KEPT_BEFORE),
            },
            rounds,
        )
        ratio("rejected_vs_good", bad["bad"] / bad["good"])
        ratio("rejected_vs_good_1m_kept", bad["later"] / bad["good"])
        hundreds = messages // 10
        batch = medians(
            {
                "ours": lambda: bench.ours(hundreds, 100) * 100,
                "copy": lambda: bench.bare_copy(hundreds, 100),
            },
            rounds,
        )
        ratio("ingest_batch_vs_copy", batch["ours"] / batch["copy"])
        count = medians(
            {"two": lambda: bench.processes(2, 2 * messages), "one": lambda: bench.processes(1, 2 * messages)}, rounds
        )
        ratio("ingest_two_vs_one", count["two"] / count["one"])
        ratio("ingest_outage_extra_mb", outage_extra_mb(bench.broker, given.waiting))
    remove(name)


if __name__ == "__main__":
    main()
