"""What ingest counted, where the API can tell of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from service.store.pool import Connection

#: Family → cause → count, such as ``{"rejected": {"not_json": 3}}``.
Counters = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class ProcessTally:
    """Counters of one process since it started, as of `updated_at`."""

    process: str
    started_at: datetime
    updated_at: datetime
    counters: Counters


def put_tally(connection: Connection, tally: ProcessTally) -> None:
    """Put a process's counters in the place of its earlier ones."""
    connection.execute(
        "INSERT INTO ingest_tallies (process, started_at, updated_at, counters) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (process) DO UPDATE SET started_at = excluded.started_at, updated_at = excluded.updated_at, "
        "counters = excluded.counters",
        [tally.process, tally.started_at, tally.updated_at, Jsonb(tally.counters)],
    )


def tallies(connection: Connection) -> list[ProcessTally]:
    """The counters of every process that ever wrote some, by its name."""
    rows = connection.execute("SELECT process, started_at, updated_at, counters FROM ingest_tallies ORDER BY process")
    return [ProcessTally(**row) for row in rows]
