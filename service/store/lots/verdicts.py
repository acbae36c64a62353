"""Verdicts: the latest of each lot, and the history of their changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from service.store.instants import parameter
from service.store.pool import Connection


def lots_due(connection: Connection, now_us: int, most: int) -> list[str]:
    """Lots whose verdict the passing of time may have changed by now."""
    rows = connection.execute(
        "SELECT lot_id FROM lot_states WHERE changes_at_us <= %s ORDER BY changes_at_us LIMIT %s", [now_us, most]
    )
    return [row["lot_id"] for row in rows]


def make_due(connection: Connection, reason_code: str, now_us: int) -> None:
    """Have the lots judged again that were told this reason last, or whose verdict is from after now.

    The codes of these are forgotten, so that what they are told now is recorded as of now.
    """
    connection.execute(
        "UPDATE lot_states SET changes_at_us = %(now)s, reason_codes = '{}' WHERE %(code)s = ANY(reason_codes) "
        "OR lot_id IN (SELECT lot_id FROM verdicts WHERE decided_at > %(at)s)",
        {"now": now_us, "code": reason_code, "at": parameter(now_us)},
    )


def lot_states(connection: Connection, lot_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The latest verdict and reason codes of lots, and until when time alone does not change them, by lot id."""
    rows = connection.execute(
        "SELECT lot_id, verdict, reason_codes, changes_at_us FROM lot_states WHERE lot_id = ANY(%s)", [list(lot_ids)]
    )
    return {row["lot_id"]: row for row in rows}


def save_lot_state(
    connection: Connection, lot_id: str, verdict: str, reason_codes: Sequence[str], changes_at_us: int | None
) -> None:
    """Record a lot's latest verdict."""
    connection.execute(
        "INSERT INTO lot_states (lot_id, verdict, reason_codes, changes_at_us) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (lot_id) DO UPDATE SET verdict = excluded.verdict, reason_codes = excluded.reason_codes, "
        "changes_at_us = excluded.changes_at_us",
        [lot_id, verdict, list(reason_codes), changes_at_us],
    )


def add_verdict(connection: Connection, lot_id: str, decided_at: datetime, cause: str, status: dict[str, Any]) -> None:
    """Add a row to a lot's history: all that its status told then."""
    connection.execute(
        "INSERT INTO verdicts (lot_id, decided_at, verdict, reasons, limits, cause, status) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [
            lot_id,
            decided_at,
            status["verdict"],
            Jsonb(status["reasons"]),
            Jsonb(status["limits"]),
            cause,
            Jsonb(status),
        ],
    )


def verdicts(connection: Connection, lot_id: str) -> list[dict[str, Any]]:
    """Every change of a lot's verdict or reasons, oldest first."""
    return connection.execute(
        "SELECT decided_at, cause, verdict, status->>'answer' AS answer, reasons, limits FROM verdicts "
        "WHERE lot_id = %s ORDER BY id",
        [lot_id],
    ).fetchall()


def add_lapse(connection: Connection, lot_id: str, from_us: int, until_us: int) -> None:
    """Record that between these instants nobody looked whether time had changed a lot's verdict."""
    connection.execute(
        "INSERT INTO verdict_lapses (lot_id, from_us, until_us) VALUES (%s, %s, %s)", [lot_id, from_us, until_us]
    )


def lapsed(connection: Connection, lot_id: str, at_us: int, allowed_us: int) -> bool:
    """Whether at an instant nobody had looked, for longer than is allowed, if time had changed a lot's verdict."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM verdict_lapses WHERE lot_id = %(lot)s AND from_us + %(allowed)s < %(at)s "
        "AND %(at)s < until_us) OR EXISTS (SELECT FROM lot_states WHERE lot_id = %(lot)s "
        "AND changes_at_us + %(allowed)s < %(at)s) AS lapsed",
        {"lot": lot_id, "at": at_us, "allowed": allowed_us},
    ).fetchone()
    return bool(row and row["lapsed"])


def status_known_at(connection: Connection, lot_id: str, at: datetime) -> dict[str, Any] | None:
    """What a lot's status told at an instant, as it was recorded; None: nothing was known of it, or not kept."""
    row = connection.execute(
        "SELECT status FROM verdicts WHERE lot_id = %s AND decided_at <= %s ORDER BY id DESC LIMIT 1", [lot_id, at]
    ).fetchone()
    return None if row is None else row["status"]
