"""A few counts for monitoring."""

from dataclasses import dataclass
from datetime import datetime

from service.store.dirty import NOT_UNJUDGED
from service.store.pool import Connection
from service.store.rows import all_rows


@dataclass(frozen=True, slots=True)
class Figures:
    """What waits, what was set aside, what fires, who is silent. `waiting_since`: None if nothing waits."""

    waiting_since: datetime | None
    waiting: int
    rejected: int
    conflicts: int
    firing: int
    loggers: int
    offline: int
    silent: int


@dataclass(frozen=True, slots=True)
class _Count:
    name: str
    count: int


def figures(connection: Connection) -> Figures:
    """The counts of this moment."""
    [found] = all_rows(
        connection,
        Figures,
        f"SELECT (SELECT min(marked_at) FROM dirty WHERE {NOT_UNJUDGED}) AS waiting_since, "
        "(SELECT count(*) FROM dirty) AS waiting, "
        "(SELECT count(*) FROM rejected_messages) AS rejected, "
        "(SELECT count(*) FROM reading_conflicts) AS conflicts, "
        "(SELECT count(*) FROM alerts WHERE state = 'firing') AS firing, "
        "(SELECT count(*) FROM loggers) AS loggers, "
        "(SELECT count(*) FROM loggers WHERE NOT online) AS offline, "
        "(SELECT count(*) FROM loggers WHERE EXISTS (SELECT FROM series WHERE logger_id = loggers.id) AND NOT EXISTS ("
        "SELECT FROM series JOIN readings ON series_id = series.id "
        "WHERE logger_id = loggers.id AND measured_at > now() - interval '1 hour')) AS silent",
    )
    return found


def waiting_by_code(connection: Connection) -> dict[str, int]:
    """How many rejected messages were rejected for each reason and not redriven."""
    rows = all_rows(
        connection,
        _Count,
        "SELECT code AS name, count(*) AS count FROM rejected_messages "
        "WHERE NOT EXISTS (SELECT FROM redrives WHERE message_id = id) GROUP BY code",
    )
    return {row.name: row.count for row in rows}
