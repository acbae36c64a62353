"""Verdicts of lots: the history of their changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from service.domain.answers.standing import Document
from service.domain.instant import SECOND_US
from service.store.paging import WHOLE, Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import by_name, columns, one_value


@dataclass(frozen=True, slots=True)
class ToldReason:
    """A reason as it was told then; `since` in RFC 3339."""

    code: str
    text: str
    severity: str
    since: str | None


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A lot's verdict became another, or its reasons did.

    Attributes:
        cause, answer: None where it was recorded before there were any.
        limits: the figures of each limit, as the status told them.
    """

    id: int
    decided_at: datetime
    cause: str | None
    verdict: str
    answer: str | None
    reasons: tuple[ToldReason, ...]
    limits: list[Document]


@dataclass(frozen=True, slots=True)
class NewVerdict:
    """A row for a lot's history: what changed it, and the reasons and figures that were told of it, as JSON."""

    lot_id: str
    cause: str
    verdict: str
    answer: str
    reasons: list[Document]
    limits: list[Document]


def add_verdicts(connection: Connection, decided_at: datetime, changed: Sequence[NewVerdict]) -> None:
    """Add rows to the histories of lots."""
    if not changed:
        return
    names = columns(NewVerdict)
    connection.execute(
        f"INSERT INTO verdicts (decided_at, {names}) SELECT %s, {names} FROM jsonb_to_recordset(%s) AS changed "
        "(lot_id text, cause text, verdict text, answer text, reasons jsonb, limits jsonb)",
        [decided_at, Jsonb([by_name(one) for one in changed])],
    )


#: The order in which changes of a verdict are listed.
OLDEST_FIRST = Order({"id": int})


def verdicts(connection: Connection, lot_id: str, part: Part = WHOLE) -> list[VerdictChange]:
    """Changes of a lot's verdict or reasons, oldest first."""
    return rows_of_part(
        connection,
        _change,
        "SELECT id, decided_at, cause, verdict, coalesce(answer, status->>'answer') AS answer, reasons, limits "
        "FROM verdicts WHERE lot_id = %(lot)s",
        {"lot": lot_id},
        OLDEST_FIRST,
        part,
    )


def _change(reasons: list[Document], **row: Any) -> VerdictChange:
    return VerdictChange(**row, reasons=tuple(ToldReason(**reason) for reason in reasons))


def add_lapses(connection: Connection, from_us: Mapping[str, int], until_us: int) -> None:
    """Record that from these instants on, by lot, nobody looked until then whether time had changed its verdict."""
    if not from_us:
        return
    connection.execute(
        "INSERT INTO verdict_lapses (lot_id, from_us, until_us) "
        "SELECT lot_id, from_us, %s FROM unnest(%s::text[], %s::bigint[]) AS lapsed (lot_id, from_us)",
        [until_us, list(from_us.keys()), list(from_us.values())],
    )


def lapsed(connection: Connection, lot_id: str, at_us: int, allowed_us: int) -> bool:
    """Whether at an instant nobody had looked, for longer than is allowed, if time had changed a lot's verdict."""
    return bool(
        one_value(
            connection,
            "SELECT EXISTS (SELECT FROM verdict_lapses WHERE lot_id = %(lot)s AND from_us + %(allowed)s < %(at)s "
            "AND %(at)s < until_us) OR EXISTS (SELECT FROM lot_states AS state LEFT JOIN container_records AS record "
            "ON record.container_id = measured_in AND record.max_gap_s = state.max_gap_s WHERE lot_id = %(lot)s "
            f"AND least(good_until_us, measured_until_us + state.max_gap_s * {SECOND_US}::bigint) "
            "+ %(allowed)s < %(at)s)",
            {"lot": lot_id, "at": at_us, "allowed": allowed_us},
        )
    )
