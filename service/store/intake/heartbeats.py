"""What each ingest process counted, and whether it works: written every few seconds, so that others can tell of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from service.domain.instant import from_datetime
from service.domain.intake.ingest_work import IngestProcess
from service.store.pool import Connection
from service.store.rows import all_rows, columns

#: Family → cause → count, such as ``{"rejected": {"not_json": 3}}``.
Counters = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Counters of one process since it started, as of `updated_at`, and whether it worked then.

    Attributes:
        works_since, works_until: over which it has worked, but for short pauses; None: never yet, or it did not say.
        trouble: why it does not work, in its words.
        stopped: it ended in order.
        set_aside: messages in its folder of last resort.
    """

    process: str
    started_at: datetime
    updated_at: datetime
    counters: Counters
    works_since: datetime | None = None
    works_until: datetime | None = None
    trouble: str = ""
    stopped: bool = False
    set_aside: int = 0

    def work(self) -> IngestProcess:
        """How it does its work."""
        return IngestProcess(
            self.process,
            from_datetime(self.started_at),
            from_datetime(self.updated_at),
            None if self.works_until is None else from_datetime(self.works_until),
            self.trouble,
            self.stopped,
        )


def save_heartbeat(connection: Connection, heartbeat: Heartbeat) -> None:
    """Put a process's counters in the place of its earlier ones."""
    connection.execute(
        f"INSERT INTO ingest_tallies ({columns(Heartbeat)}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (process) DO UPDATE SET started_at = excluded.started_at, updated_at = excluded.updated_at, "
        "counters = excluded.counters, works_since = excluded.works_since, works_until = excluded.works_until, "
        "trouble = excluded.trouble, stopped = excluded.stopped, set_aside = excluded.set_aside",
        [
            heartbeat.process,
            heartbeat.started_at,
            heartbeat.updated_at,
            Jsonb(heartbeat.counters),
            heartbeat.works_since,
            heartbeat.works_until,
            heartbeat.trouble.replace("\x00", "�"),
            heartbeat.stopped,
            heartbeat.set_aside,
        ],
    )


def heartbeats(connection: Connection) -> list[Heartbeat]:
    """The counters of every process that ever wrote some, by its name."""
    return all_rows(connection, Heartbeat, f"SELECT {columns(Heartbeat)} FROM ingest_tallies ORDER BY process")
