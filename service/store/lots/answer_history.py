"""Answers of lots: the history of their changes, each with all that the status told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Json

from service.domain.answers.standing import Document
from service.store.paging import WHOLE, Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import by_name, columns, one_row


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """A lot's answer became another, or the codes of its reasons did.

    Attributes:
        cause: None where it was recorded before there were any.
        status: all that its status told then.
    """

    id: int
    decided_at: datetime
    cause: str | None
    answer: str
    reason_codes: list[str]
    status: Document


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """A row for a lot's history: what changed it, and all that its status told then."""

    lot_id: str
    cause: str
    answer: str
    reason_codes: list[str]
    status: Document


def add_answers(connection: Connection, decided_at: datetime, changed: Sequence[NewAnswer]) -> None:
    """Add rows to the histories of lots."""
    if not changed:
        return
    names = columns(NewAnswer)
    connection.execute(
        f"INSERT INTO answers (decided_at, {names}) SELECT %s, {names} FROM json_to_recordset(%s) AS changed "
        "(lot_id text, cause text, answer text, reason_codes text[], status json)",
        [decided_at, Json([by_name(one) for one in changed])],
    )


#: The order in which changes of an answer are listed.
OLDEST_FIRST = Order({"id": int})


def answers(connection: Connection, lot_id: str, part: Part = WHOLE) -> list[AnswerChange]:
    """Changes of a lot's answer or of its reasons, oldest first."""
    return rows_of_part(
        connection,
        AnswerChange,
        f"SELECT {columns(AnswerChange)} FROM answers WHERE lot_id = %(lot)s",
        {"lot": lot_id},
        OLDEST_FIRST,
        part,
    )


def answer_known_at(connection: Connection, lot_id: str, at: datetime) -> AnswerChange | None:
    """What a lot's status told at an instant, as it was recorded; None: nothing was known of it."""
    return one_row(
        connection,
        AnswerChange,
        f"SELECT {columns(AnswerChange)} FROM answers WHERE lot_id = %s AND decided_at <= %s ORDER BY id DESC LIMIT 1",
        [lot_id, at],
    )
