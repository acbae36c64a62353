"""What the check of the sealed trail in the background came to."""

from dataclasses import dataclass
from datetime import datetime

from service.store.pool import Connection
from service.store.rows import columns, one_row


@dataclass(frozen=True, slots=True)
class Check:
    """The last check.

    Attributes:
        checked_to: the number of the seal up to which the chain was followed; the next check goes on from there.
        broken: what is wrong; empty: nothing. broken_since: when that was found.
    """

    checked_to: int
    checked_at: datetime
    broken_since: datetime | None = None
    broken: str = ""


def last_check(connection: Connection) -> Check | None:
    """The last there was; None: none yet."""
    return one_row(connection, Check, f"SELECT {columns(Check)} FROM audit_checks")


def note_check(connection: Connection, checked_to: int, checked_at: datetime, broken: str) -> None:
    """Keep what a check came to; since when something is wrong stays what it was."""
    connection.execute(
        "INSERT INTO audit_checks (checked_to, checked_at, broken_since, broken) "
        "VALUES (%(to)s, %(at)s, CASE WHEN %(broken)s <> '' THEN %(at)s::timestamptz END, %(broken)s) "
        "ON CONFLICT (only_one) DO UPDATE SET checked_to = excluded.checked_to, checked_at = excluded.checked_at, "
        "broken = excluded.broken, broken_since = CASE WHEN excluded.broken <> '' "
        "THEN coalesce(audit_checks.broken_since, excluded.broken_since) END",
        {"to": checked_to, "at": checked_at, "broken": broken},
    )
