"""Containers in containers, and which of them judges what is in them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

from service.domain import spans
from service.domain.exposure.innermost import Enclosure, judges
from service.domain.exposure.lot import Stay
from service.domain.instant import from_datetime
from service.domain.registry.nesting import Nesting
from service.store.instants import or_end
from service.store.new_rows import new_row
from service.store.paging import IN_TIME, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, columns, tuples, values

#: Any number will do, as long as all that put containers into containers agree on it.
_LOCK = 7_243_089


def nestings(connection: Connection, container_id: str, part: Part = WHOLE) -> list[Nesting]:
    """In what a container was put, in order of time."""
    query = f"SELECT {columns(Nesting)} FROM nestings WHERE container_id = %(id)s"
    return rows_of_part(connection, Nesting, query, {"id": container_id}, IN_TIME, part)


def nestings_around(connection: Connection, container_id: str) -> list[Nesting]:
    """The same of it, of all that it was ever in, and of all that was ever in it: in time or not."""
    return all_rows(
        connection,
        Nesting,
        f"""
        WITH RECURSIVE outwards AS (
            SELECT %(id)s::text AS id UNION SELECT in_id FROM outwards JOIN nestings ON container_id = outwards.id
        ), inwards AS (
            SELECT %(id)s::text AS id UNION SELECT container_id FROM inwards JOIN nestings ON in_id = inwards.id
        )
        SELECT {columns(Nesting)} FROM nestings WHERE container_id IN (SELECT id FROM outwards)
        OR in_id IN (SELECT id FROM inwards) ORDER BY container_id, from_at
        """,
        {"id": container_id},
    )


def lock_nestings(connection: Connection) -> None:
    """Nobody else puts a container into another until the end of this transaction: two could make a circle."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def lock_contents(connection: Connection, container_id: str) -> None:
    """Nothing is put into a container, or into what is in it, until the end of this transaction."""
    connection.execute(
        "WITH RECURSIVE inside AS (SELECT %s::text AS id UNION SELECT container_id FROM inside "
        "JOIN nestings ON in_id = inside.id) SELECT FROM containers WHERE id IN (SELECT id FROM inside) "
        "ORDER BY id FOR UPDATE",
        [container_id],
    )


def add_nesting(connection: Connection, nesting: Nesting, overlaps: str | None = None) -> None:
    """Put a container into another.

    Args:
        overlaps: what to say where it is in another during that time.

    Raises:
        RefusedError: there is no such container.
        ConflictError: it is in another at that time, its position is taken, or the id is.
    """
    refused = new_row(
        "nesting",
        nesting.id,
        overlaps=overlaps
        or f"container {nesting.container_id!r} is recorded in another container during that time; look at what is "
        "there",
        container_id=nesting.container_id,
        in_id=nesting.in_id,
    )
    with refused, connection.transaction():
        connection.execute(f"INSERT INTO nestings ({columns(Nesting)}) VALUES ({values(Nesting)})", asdict(nesting))


def end_nesting(connection: Connection, nesting_id: str, until_at: datetime) -> None:
    """Give a nesting its end."""
    connection.execute("UPDATE nestings SET until_at = %s WHERE id = %s", [until_at, nesting_id])


def containers_that_judge(connection: Connection, container_ids: Collection[str]) -> dict[str, tuple[Stay, ...]]:
    """By container, who judges what is in it, over all of time."""
    enclosures: defaultdict[str, list[Enclosure]] = defaultdict(list)
    for container_id, outer_id, from_at, until_at, level in tuples(
        connection,
        "SELECT container_id, outer_id, from_at, until_at, level FROM enclosures WHERE container_id = ANY(%s)",
        [sorted(container_ids)],
    ):
        one = Enclosure(container_id, outer_id, from_datetime(from_at), or_end(until_at), level)
        enclosures[container_id].append(one)
    concerned = sorted({*container_ids, *(one.outer_id for some in enclosures.values() for one in some)})
    kinds = dict(tuples(connection, "SELECT id, kind FROM containers WHERE id = ANY(%s)", [concerned]))
    commissioned: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for container_id, from_at, until_at in tuples(
        connection,
        "SELECT container_id, greatest(from_at, commissioned_at), until_at FROM attachments "
        "WHERE container_id = ANY(%s) AND place <> 'ambient' AND commissioned_at IS NOT NULL "
        "AND commissioned_at < coalesce(until_at, 'infinity')",
        [concerned],
    ):
        commissioned[container_id].append((from_datetime(from_at), or_end(until_at)))
    measured = {container_id: spans.union(spans.spans(some)) for container_id, some in commissioned.items()}
    return {
        container_id: judges(
            container_id,
            its := enclosures[container_id],
            kinds,
            {one: measured[one] for one in {container_id, *(x.outer_id for x in its)} if one in measured},
        )
        for container_id in container_ids
    }
