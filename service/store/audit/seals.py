"""The seals of the audit trail: appended, and never changed."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from psycopg.rows import tuple_row

from service.domain.identity.trail import START, Head, Line, Look, Place, Seal
from service.store.instants import parameter
from service.store.pool import Connection
from service.store.rows import all_rows, one_row, one_value

#: What is hashed of a line, in this order: all that is stored of it.
_FIELDS = """id::text, (extract(epoch FROM recorded_at) * 1000000)::bigint::text, transaction::text, database_user,
    actor, actor_name, known_by, operation, table_name, row_key, old::text, new::text, reason"""

_SEAL = "number, trail_id, (extract(epoch FROM sealed_at) * 1000000)::bigint AS sealed_us, hash"

#: Lines that are fetched at once: one can have a document of megabytes, before and after.
_AT_ONCE = 200


def look_at_trail(connection: Connection) -> Look:
    """What of the trail is committed now. It is a transaction with a number of its own."""
    [found] = all_rows(
        connection,
        Look,
        "SELECT coalesce((SELECT id FROM audit_trail ORDER BY id DESC LIMIT 1), 0) AS newest_id, "
        "pg_current_xact_id()::text::bigint AS transaction, (extract(epoch FROM now()) * 1000000)::bigint AS at_us",
    )
    return found


def oldest_running(connection: Connection) -> int:
    """The number below which no transaction is under way any more.

    The upper bound of a snapshot would not do for the next number that will be given: it is one more than the newest
    that *ended*, and others above it may be under way.
    """
    running: int = one_value(connection, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return running


def _place(*, number: int, trail_id: int, hash: bytes) -> Place:  # noqa: A002 - the column's name
    return Place(Head(number, hash), trail_id)


def newest_place(connection: Connection) -> Place:
    """Where the chain ends."""
    query = "SELECT number, trail_id, hash FROM audit_seals ORDER BY number DESC LIMIT 1"
    return one_row(connection, _place, query) or START


def place_of(connection: Connection, number: int) -> Place | None:
    """The place of this seal; None: there is none of this number. Before the first is the start."""
    if number == 0:
        return START
    return one_row(connection, _place, "SELECT number, trail_id, hash FROM audit_seals WHERE number = %s", [number])


def is_sealed(connection: Connection, trail_id: int) -> bool:
    """Whether a line has a seal, wherever in the chain."""
    sealed: bool = one_value(connection, "SELECT EXISTS (SELECT FROM audit_seals WHERE trail_id = %s)", [trail_id])
    return sealed


def lines(connection: Connection, after_id: int, until_id: int, most: int | None = None) -> Iterator[Line]:
    """Lines of the trail by id, those after `after_id`, up to and with `until_id`. Take them in one transaction."""
    with connection.cursor(name="lines_of_trail", row_factory=tuple_row) as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(
            f"SELECT {_FIELDS} FROM audit_trail WHERE id > %s AND id <= %s ORDER BY audit_trail.id LIMIT %s",
            [after_id, until_id, most],
        )
        for fields in cursor:
            yield Line(int(fields[0]), fields)


def seals(connection: Connection, after: int, until: int) -> Iterator[Seal]:
    """Seals by number, those after `after`, up to and with `until`. Take them in one transaction."""
    with connection.cursor(name="seals_of_trail", row_factory=tuple_row) as cursor:
        cursor.itersize = 2_000
        cursor.execute(
            f"SELECT {_SEAL} FROM audit_seals WHERE number > %s AND number <= %s ORDER BY number", [after, until]
        )
        for fields in cursor:
            yield Seal(*fields)


def add_seals(connection: Connection, added: Iterable[Seal]) -> None:
    """Append to the chain."""
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY audit_seals (number, trail_id, sealed_at, hash) FROM STDIN") as copy,
    ):
        for seal in added:
            copy.write_row((seal.number, seal.trail_id, parameter(seal.sealed_us), seal.hash))


def unsealed_since(connection: Connection) -> datetime | None:
    """When the oldest line was recorded that came after the last one sealed; None: there is none."""
    found: datetime | None = one_value(
        connection,
        "SELECT recorded_at FROM audit_trail WHERE id > coalesce((SELECT trail_id FROM audit_seals "
        "ORDER BY number DESC LIMIT 1), 0) ORDER BY id LIMIT 1",
    )
    return found
