"""mq-bridge, a peer: MQTT to INSERT … ON CONFLICT with a Rust core, into the same hypertable.

It cannot look a logger's series up, so its messages carry the series id: that is less work than ours.
"""

import json
import time
from collections.abc import Callable

from benchmarks.queue import Queue

_INSERT = (
    "INSERT INTO readings (series_id, measured_at, received_at, temperature_c, quality) VALUES "
    "(${payload:series}::int, ${payload:measured_at}::timestamptz, now(), ${payload:temperature_c}::float8, 0) "
    "ON CONFLICT DO NOTHING"
)


#: Now and then the peer stores nothing more while messages wait for it.
_STANDSTILL_S = 15


class StandstillError(Exception):
    """The peer stopped with messages waiting: that run says nothing of its speed."""


def with_series(number: int, payload: bytes, loggers: int) -> bytes:
    """A message of ours with the id of its series in it."""
    return json.dumps({**json.loads(payload), "series": 1 + number % loggers}).encode()


def emptied_by_peer(queue: Queue, database_url: str, rows: Callable[[], int]) -> float:
    """Messages a second until the peer has stored the whole queue, acknowledging after its COMMIT.

    Raises:
        StandstillError: it never did.
    """
    from mq_bridge import Route  # noqa: PLC0415  an optional extra, wanted by this contender alone

    route = Route.from_config(
        {
            "input": {
                "mqtt": {
                    "url": f"mqtt://{queue.broker.host}:{queue.broker.port}",
                    "username": queue.broker.username,
                    "password": queue.broker.password,
                    "topic": queue.topic,
                    "client_id": queue.client_id,
                    "clean_session": False,
                    "session_expiry_interval": 3_600,
                    "qos": 1,
                    "delayed_ack": True,
                    "protocol": "v5",
                }
            },
            "output": {"postgres": {"url": database_url, "table": "readings", "insert_query": _INSERT}},
            "batch_size": 1_000,
        }
    )
    started_s = time.perf_counter()
    try:
        route.start()
    except RuntimeError:
        # Now and then it is not ready within its own five seconds; the next start is, and the clock starts anew.
        started_s = time.perf_counter()
        route.start()
    try:
        _wait_for(rows, queue.messages)
        return queue.messages / (time.perf_counter() - started_s)
    finally:
        route.stop()
        route.join()


def _wait_for(rows: Callable[[], int], wanted: int) -> None:
    stored, moved_s = 0, time.perf_counter()
    while stored < wanted:
        time.sleep(0.05)
        now_s, before, stored = time.perf_counter(), stored, rows()
        moved_s = now_s if stored > before else moved_s
        if now_s - moved_s > _STANDSTILL_S:
            raise StandstillError(f"the peer stands still at {stored} of {wanted} messages")
