"""What is in a container now, and where in it; and the way to it."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.domain.registry.nesting import MOVABLE, Step
from service.store.paging import Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_values, one_value, tuples

#: Containers first, then lots; each by id.
BY_KIND = Order({"kind": str, "id": str})
_BY_ID = Order({"id": str})


@dataclass(frozen=True, slots=True)
class Content:
    """A container or a lot that is in a container now.

    Attributes:
        name: of a container its name, of a lot its number.
        in_id: what it was put into; position: where in it; from_at: since when.
    """

    kind: Literal["container", "lot"]
    id: str
    name: str
    in_id: str
    position: str | None
    from_at: datetime


# Each begins at what is in it, in the order of an index, so that a page costs the same however much there is. By `=` a
# page would read all lots before its first.
_LOTS_PUT = """
    SELECT 'lot' AS kind, lot_id AS id, lot_number AS name, container_id AS in_id, position, from_at
    FROM placements JOIN lots ON lots.id = ANY(ARRAY[lot_id])
    WHERE container_id = %(id)s AND until_at IS NULL AND coalesce(life_ends_at, 'infinity') > now()
"""
_LOTS_WITHIN = """
    SELECT 'lot' AS kind, stays.lot_id AS id, lot_number AS name, put.container_id AS in_id, put.position, put.from_at
    FROM stays JOIN placements AS put ON put.lot_id = ANY(ARRAY[stays.lot_id]) AND put.until_at IS NULL
    JOIN lots ON lots.id = ANY(ARRAY[stays.lot_id])
    WHERE stays.container_id = %(id)s AND stays.until_at IS NULL AND coalesce(life_ends_at, 'infinity') > now()
"""
_CONTAINERS_PUT = """
    SELECT 'container' AS kind, container_id AS id, name, in_id, position, from_at
    FROM nestings JOIN containers ON containers.id = container_id WHERE in_id = %(id)s AND until_at IS NULL
"""
_CONTAINERS_WITHIN = """
    SELECT 'container' AS kind, within.container_id AS id, name, put.in_id, put.position, put.from_at
    FROM enclosures AS within
    JOIN nestings AS put ON put.container_id = within.container_id AND put.until_at IS NULL
    JOIN containers ON containers.id = within.container_id
    WHERE outer_id = %(id)s AND within.until_at IS NULL
"""


def path_sql(of: str) -> str:
    """An expression: the way to a container now as `path_text` writes it; null: there is none. `of`: its id."""
    return f"""(SELECT string_agg(step.name, ' › ' ORDER BY level DESC) FROM (
        SELECT outer_id AS id, level FROM enclosures AS around
        WHERE around.container_id = {of} AND around.until_at IS NULL
        UNION ALL SELECT {of}, 0) AS way JOIN containers AS step ON step.id = way.id)"""


def contents(connection: Connection, container_id: str, part: Part, *, nested: bool = False) -> list[Content]:
    """What is in a container now: containers, then lots that are not used up, each by id.

    Args:
        nested: also what is in those containers, and so on.
    """
    boxes, lots = (_CONTAINERS_WITHIN, _LOTS_WITHIN) if nested else (_CONTAINERS_PUT, _LOTS_PUT)
    asked = {"id": container_id}
    kind, *after = part.after or ("container",)
    key = tuple(after) or None
    found: list[Content] = []
    if kind == "container":
        found = rows_of_part(connection, Content, boxes, asked, _BY_ID, Part(part.most, key))
        key = None
    left = None if part.most is None else part.most - len(found)
    return found + rows_of_part(connection, Content, lots, asked, _BY_ID, Part(left, key))


def paths(connection: Connection, container_ids: Collection[str]) -> dict[str, tuple[Step, ...]]:
    """By container, the way to it now: what it is in, the outermost first, and itself last."""
    found: defaultdict[str, list[Step]] = defaultdict(list)
    for container_id, step_id, name, position in tuples(
        connection,
        """
        SELECT way.container_id, step_id, name, position FROM (
            SELECT container_id, outer_id AS step_id, level FROM enclosures
            WHERE container_id = ANY(%(ids)s) AND until_at IS NULL
            UNION ALL SELECT id, id, 0 FROM containers WHERE id = ANY(%(ids)s)
        ) AS way JOIN containers ON containers.id = step_id
        LEFT JOIN nestings ON nestings.container_id = step_id AND nestings.until_at IS NULL
        ORDER BY way.container_id, level DESC
        """,
        {"ids": sorted(set(container_ids))},
    ):
        found[container_id].append(Step(step_id, name, position))
    return {container_id: tuple(steps) for container_id, steps in found.items()}


def who_is_at(
    connection: Connection, container_id: str, position: str, from_at: datetime, until_at: datetime | None
) -> str | None:
    """What is at a position of a container at any time in [from_at, until_at), in words; None: nothing.

    Nobody else looks there until the end of this transaction: a lot and a box could both find it empty.
    """
    connection.execute("SELECT FROM containers WHERE id = %s FOR NO KEY UPDATE", [container_id])
    found: str | None = one_value(
        connection,
        """
        SELECT thing FROM (
            SELECT 'lot ' || quote_literal(lot_id) AS thing, container_id AS in_id, position, from_at, until_at
            FROM placements
            UNION ALL
            SELECT 'container ' || quote_literal(container_id), in_id, position, from_at, until_at FROM nestings
        ) AS there
        WHERE in_id = %(id)s AND position = %(position)s AND from_at < coalesce(%(until)s::timestamptz, 'infinity')
        AND coalesce(until_at, 'infinity') > %(from)s LIMIT 1
        """,
        {"id": container_id, "position": position, "from": from_at, "until": until_at},
    )
    return found


def boxes_put_into(connection: Connection, container_id: str) -> list[str]:
    """Ids of what is carried about and is in a container now, and in nothing else that is in it."""
    return all_values(
        connection,
        "SELECT container_id FROM nestings JOIN containers ON containers.id = container_id "
        "WHERE in_id = %s AND until_at IS NULL AND kind = ANY(%s) ORDER BY container_id",
        [container_id, sorted(MOVABLE)],
    )


def follow_to_site(connection: Connection, container_id: str) -> None:
    """A container that is in another now is at the site of that one, and so is all that is in it."""
    connection.execute(
        """
        UPDATE containers SET site_id = there.site_id FROM nestings JOIN containers AS there ON there.id = in_id
        WHERE nestings.container_id = %(id)s AND nestings.until_at IS NULL AND containers.site_id <> there.site_id
        AND (containers.id = %(id)s OR containers.id IN (
            SELECT enclosures.container_id FROM enclosures WHERE outer_id = %(id)s AND enclosures.until_at IS NULL))
        """,
        {"id": container_id},
    )
