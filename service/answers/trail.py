"""Whether the audit trail is what was sealed, and the tables are what the trail says."""

from collections.abc import Iterator, Sequence

from service.domain.identity.trail import START, Breach, Break, Head, Place, follow
from service.store.audit.kept_documents import missing_documents, unfit_documents
from service.store.audit.kept_tables import Difference, differences, kept_tables
from service.store.audit.seals import is_sealed, lines, newest_place, place_of, seals
from service.store.pool import Connection

#: Of one table, so many rows are told of.
_MOST = 10


def follow_chain(connection: Connection, start: Place = START, until: Place | None = None) -> Place | Break:
    """How far the chain holds from a place on: up to another (None: to its end), or to a break.

    Every hash is computed anew, a few lines at a time. Call it in one transaction (``store.pool.snapshot``).
    """
    end = newest_place(connection) if until is None else until
    found = follow(
        start,
        seals(connection, start.head.number, end.head.number),
        lines(connection, start.trail_id, end.trail_id),
    )
    if isinstance(found, Break) and found.breach is Breach.ADDED and is_sealed(connection, found.trail_id):
        return Break(Breach.MOVED, found.number, found.trail_id)
    return found


def why_head_fails(connection: Connection, head: Head) -> str | None:
    """What is wrong with the chain by a head that was published earlier; None: it is still so."""
    there = place_of(connection, head.number)
    if there is None:
        newest = newest_place(connection).head.number
        return (
            f"the trail ends with line number {newest}, and once had at least {head.number}: "
            f"{head.number - newest} acts or more are lost, as where an older state of the database was restored"
        )
    if there.head != head:
        return (
            f"line number {head.number} once had another seal: up to there the chain was computed anew, or an older "
            "state of the database was restored, and others acted since"
        )
    return None


def tables_beside(connection: Connection) -> Iterator[tuple[str, Sequence[Difference] | None]]:
    """Each table with a trail, and its rows that are not what the trail says: a few, if there are any.

    None: the trail of the table is switched off, or gone.
    """
    found = kept_tables(connection)
    for name in found.broken:
        yield name, None
    for table in found.whole:
        yield table.name, differences(connection, table, _MOST)


def documents_beside(connection: Connection) -> list[str]:
    """What is wrong with the bytes that were kept: a few, if there are any."""
    return [
        *(f"document {sha256} is not what its SHA-256 says" for sha256 in unfit_documents(connection, _MOST)),
        *(
            f"document {one.sha256} is gone, and {one.table_name} rests on it"
            for one in missing_documents(connection, _MOST)
        ),
    ]
