"""Slips of recording put right: the row that was wrong stays and says by what it was superseded."""

from collections.abc import Mapping
from typing import Any

import psycopg

from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, NotFoundError, RefusedError
from service.store.corrections import Explained, note
from service.store.dirty import mark_containers, mark_lots
from service.store.new_rows import new_row
from service.store.pool import Connection
from service.store.registry import loggers
from service.store.registry.attachments import refuse_small_range
from service.store.registry.calibrations import mark_calibrated, reopen_ended_by
from service.store.registry.clock_mends import mark_mended
from service.store.row_locks import lock_logger, lock_lots, lock_series

#: What can be corrected: its table, and the columns another value may be put into. Without any it can only be
#: withdrawn, and what is right is then recorded as new.
CORRECTABLE: dict[str, tuple[str, frozenset[str]]] = {
    "placement": ("placements", frozenset({"container_id", "from_at", "until_at"})),
    "attachment": ("attachments", frozenset({"container_id", "from_at", "until_at", "commissioned_at"})),
    "commissioning": ("attachments", frozenset({"commissioned_at"})),
    "calibration": ("calibrations", frozenset()),
    "clock_mend": ("clock_mends", frozenset()),
    "absence": ("absences", frozenset()),
}


def correct(
    connection: Connection, *, kind: str, row_id: str, change: Mapping[str, Any] | None, reason: str, recorded_by: str
) -> int:
    """Put `change` in the place of what is recorded, or nothing if it is None; returns the correction's id.

    A commissioning is withdrawn by leaving the attachment not commissioned. Call it inside a transaction.

    Args:
        kind: one of CORRECTABLE.
        change: columns and their new values; the others stay as they are.

    Raises:
        NotFoundError: there is no such row.
        RefusedError: what it would become may not be.
        ConflictError: it was corrected already, or overlaps with what else is recorded.
    """
    table, _ = CORRECTABLE[kind]
    row = _locked(connection, kind, table, row_id)
    if kind == "commissioning" and change is None:
        change = {"commissioned_at": None}
    becomes = None if change is None else {**row, **change, "id": next_id(connection, table, row_id)}
    if becomes is not None and {**becomes, "id": row_id} == row:
        raise RefusedError("replacement", "it changes nothing; give what is to be different")
    correction_id = note(connection, kind, row_id, row, becomes, Explained(reason, recorded_by))
    connection.execute(f"UPDATE recorded_{table} SET superseded_by = %s WHERE id = %s", [correction_id, row_id])
    if becomes is not None:
        _put_in_place(connection, kind, table, becomes)
    if kind == "calibration":
        reopen_ended_by(connection, row_id)
    for concerned in [row] if becomes is None else [row, becomes]:
        _mark(connection, table, concerned, correction_id)
    return correction_id


def _locked(connection: Connection, kind: str, table: str, row_id: str) -> dict[str, Any]:
    row = connection.execute(f"SELECT * FROM recorded_{table} WHERE id = %s", [row_id]).fetchone()
    if row is not None:
        _lock_owner(connection, row)
        row = connection.execute(f"SELECT * FROM recorded_{table} WHERE id = %s FOR UPDATE", [row_id]).fetchone()
    if row is None:
        thing = "attachment" if kind == "commissioning" else kind.replace("_", " ")
        raise NotFoundError(f"there is no {thing} {row_id!r}; give the id it was recorded under")
    if row["superseded_by"] is not None:
        raise ConflictError(
            f"{row_id!r} was corrected already, by correction {row['superseded_by']}; correct what took its place"
        )
    return row


def _lock_owner(connection: Connection, row: Mapping[str, Any]) -> None:
    """What a row is about comes before it in the order of locks."""
    if "lot_id" in row:
        lock_lots(connection, [row["lot_id"]])
    elif "logger_id" in row:
        lock_logger(connection, row["logger_id"])
    elif "series_id" in row:
        lock_series(connection, row["series_id"])


def next_id(connection: Connection, table: str, row_id: str) -> str:
    """`x~2` for the first correction of `x`; ids that people give have no `~` in them."""
    first = row_id.partition("~")[0]
    [row] = connection.execute(
        f"SELECT count(*) AS versions FROM recorded_{table} WHERE split_part(id, '~', 1) = %s", [first]
    ).fetchall()
    return f"{first}~{row['versions'] + 1}"


def latest_version(connection: Connection, table: str, row_id: str) -> str:
    """The id of what took a corrected row's place."""
    [row] = connection.execute(
        f"SELECT id FROM {table} WHERE split_part(id, '~', 1) = %s ORDER BY recorded_at DESC, id DESC LIMIT 1",
        [row_id.partition("~")[0]],
    ).fetchall()
    return str(row["id"])


def _put_in_place(connection: Connection, kind: str, table: str, row: Mapping[str, Any]) -> None:
    if row["until_at"] is not None and row["until_at"] <= row["from_at"]:
        raise RefusedError("replacement.until", f"it must be after the start, {row['from_at'].isoformat()}")
    if table == "attachments":
        names = loggers.series_names(connection, [row["series_id"]])
        refuse_small_range(connection, row["container_id"], names[row["series_id"]].logger_id, row["place"])
    columns = [column for column in row if column not in {"recorded_at", "superseded_by"}]
    try:
        with new_row(kind, row["id"], container_id=row["container_id"]), connection.transaction():
            connection.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})",
                [row[column] for column in columns],
            )
    except psycopg.errors.ExclusionViolation as error:
        raise ConflictError(
            f"what {row['id'].partition('~')[0]!r} would become overlaps with another {kind}; correct that one first"
        ) from error


def _mark(connection: Connection, table: str, row: Mapping[str, Any], correction_id: int) -> None:
    if table == "placements":
        mark_lots(connection, [row["lot_id"]], Cause.CORRECTION, correction_id)
    elif table == "attachments":
        mark_containers(connection, [row["container_id"]], Cause.CORRECTION, correction_id)
    elif table == "calibrations":
        mark_calibrated(connection, row["series_id"], Cause.CORRECTION, correction_id)
    elif table == "clock_mends":
        mark_mended(connection, row["logger_id"], Cause.CORRECTION, correction_id)
    else:
        attached = connection.execute(
            "SELECT DISTINCT container_id FROM attachments WHERE split_part(id, '~', 1) = %s", [row["attachment_id"]]
        ).fetchall()
        mark_containers(connection, [x["container_id"] for x in attached], Cause.CORRECTION, correction_id)


def corrections(connection: Connection, correction_id: int | None = None) -> list[dict[str, Any]]:
    """Corrections, newest first, each with the lots whose verdict it changed; one of them if asked."""
    return connection.execute(
        """
        SELECT id, kind, row_id, was, becomes, reason, recorded_by, recorded_at, coalesce(
            (SELECT jsonb_agg(jsonb_build_object('lot_id', lot_id, 'was', improvements.was, 'verdict', verdict,
                                                 'decided_at', decided_at) ORDER BY lot_id)
             FROM improvements WHERE correction_id = corrections.id), '[]') AS effects
        FROM corrections WHERE %(id)s::bigint IS NULL OR id = %(id)s ORDER BY id DESC
        """,
        {"id": correction_id},
    ).fetchall()
