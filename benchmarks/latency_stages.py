"""Where the time of a message goes, by what the database noted of it."""

import statistics
from collections.abc import Sequence
from itertools import pairwise

from benchmarks.acting import BENCHMARK
from benchmarks.latency_arrivals import Sample
from service.local.servers import LocalServers
from service.store.pool import Connection, connect

#: Of the reading that did it, the newest of its logger by then; the step that fired; the message to the webhook.
_NOTED = """
SELECT extract(epoch FROM received_at)::float8 AS received_s,
    extract(epoch FROM pg_xact_commit_timestamp(readings.xmin))::float8 AS stored_s,
    extract(epoch FROM taken_at)::float8 AS taken_s,
    extract(epoch FROM pg_xact_commit_timestamp(alert_steps.xmin))::float8 AS fired_s,
    extract(epoch FROM created_at)::float8 AS planned_s,
    extract(epoch FROM pg_xact_commit_timestamp(tellings.xmin))::float8 AS written_s
FROM alerts
JOIN alert_steps ON alert_steps.alert_id = alerts.id AND becomes = 'firing'
JOIN notifications ON alert_ids @> ARRAY[alerts.id] AND receiver = 'webhook'
JOIN tellings ON tellings.alert_id = alerts.id
JOIN series ON logger_id = container_id
JOIN LATERAL (
    SELECT received_at, xmin FROM readings WHERE series_id = series.id AND temperature_c > -60
    ORDER BY measured_at LIMIT 1
) AS readings ON true
WHERE container_id = %s ORDER BY alert_steps.id, tellings.id, notifications.id LIMIT 1
"""

_STAGES = (
    "published → received by ingest",
    "received → stored",
    "stored → the evaluator's pass begins",
    "pass begins → alert stored as firing",
    "stored as firing → alerts begins to plan",
    "planning begins → message in the outbox",
    "in the outbox → webhook received",
)


def keep_commit_times(servers: LocalServers) -> None:
    """Have the database note when each row was committed; it starts anew for that."""
    with connect(servers.database_url, application="benchmark", actor=BENCHMARK) as connection:
        connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    servers.database.stop()
    servers.database.start()


def print_stages(connection: Connection, what: str, samples: Sequence[Sample]) -> None:
    """The median of each stage."""
    took_ms: list[list[float]] = []
    for sample in samples:
        noted = connection.execute(_NOTED, [sample.name]).fetchone()
        assert noted is not None, f"no alert of {sample.name} is stored"
        instants_s = [sample.published_s, *noted.values(), sample.arrived_s]
        took_ms.append([1_000 * (to - since) for since, to in pairwise(instants_s)])
    print(f"  {what}, median of each stage:", flush=True)
    for stage, found in zip(_STAGES, zip(*took_ms, strict=True), strict=True):
        print(f"    {statistics.median(found):8.1f} ms  {stage}", flush=True)
