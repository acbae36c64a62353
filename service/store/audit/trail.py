"""The audit trail as it is read: who did what, when and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.store.paging import NEWEST_FIRST, Part, rows_of_part
from service.store.pool import Connection


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which lines are wanted: those of a table, of a row of it, of an actor, recorded in [from_at, until_at)."""

    table: str | None = None
    key: str | None = None
    actor: str | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One act on one row.

    Attributes:
        old, new: the row before and after, as it was stored; None: it was not there.
        seal: its number in the sealed chain; None: not sealed yet. sealed_at: since when it is.
    """

    id: int
    recorded_at: datetime
    actor: str
    actor_name: str
    known_by: str
    database_user: str
    operation: str
    table_name: str
    row_key: str
    old: Any
    new: Any
    reason: str | None
    seal: int | None
    sealed_at: datetime | None


_WHERE = (
    ("table", "table_name = %(table)s"),
    ("key", "row_key = %(key)s"),
    ("actor", "actor = %(actor)s"),
    ("from_at", "recorded_at >= %(from_at)s"),
    ("until_at", "recorded_at < %(until_at)s"),
)


def trail_lines(connection: Connection, chosen: Chosen, part: Part) -> list[TrailLine]:
    """What was done, newest first."""
    given = {name: getattr(chosen, name) for name, _ in _WHERE}
    conditions = " AND ".join(condition for name, condition in _WHERE if given[name] is not None)
    return rows_of_part(
        connection,
        TrailLine,
        "SELECT id, recorded_at, actor, actor_name, known_by, database_user, operation, table_name, row_key, old, new, "
        "reason, number AS seal, sealed_at FROM audit_trail LEFT JOIN audit_seals ON trail_id = id "
        f"WHERE {conditions or 'true'}",
        given,
        NEWEST_FIRST,
        part,
    )
