"""Recalls of lots, where what was recalled is, and what ends them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.domain.identity.caller import Sites
from service.store.paging import NEWEST_FIRST, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.registry.contents import path_sql
from service.store.rows import all_rows, all_values, columns, found, one_row, one_value
from service.store.visible import visible, visible_at

State = Literal["open", "lifted"]


@dataclass(frozen=True, slots=True)
class KeptRecall:
    """A lot called back.

    Attributes:
        lift_reason, lift_recorded_by, lift_change_id: how it is to end, which waits for a signature; None: nobody asks.
        lifted_at: since when it has ended; None: it counts.
    """

    id: int
    lot_id: str
    lot_number: str
    product_id: str
    reason: str
    recorded_by: str
    recorded_at: datetime
    lift_reason: str | None
    lift_recorded_by: str | None
    lift_change_id: int | None
    lifted_at: datetime | None

    @property
    def state(self) -> State:
        """Whether it counts."""
        return "open" if self.lifted_at is None else "lifted"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a lot that was recalled, or a part of it, is now; None: it is in no container, or nobody knows.

    Attributes:
        units: as many as are in no part of their own.
        path: the container with all that it is in, the outermost first.
        custodian: who answers for it.
    """

    lot_id: str
    parent_id: str | None
    units: int | None
    container_id: str | None
    container_name: str | None
    path: str | None
    position: str | None
    site_id: str | None
    site_name: str | None
    custodian: str | None
    since: datetime | None
    life_ends_at: datetime | None


_SELECT = """
    SELECT recalls.id, recalls.lot_id, lot_number, product_id, recalls.reason, recalls.recorded_by, recalls.recorded_at,
        recall_lifts.reason AS lift_reason, recall_lifts.recorded_by AS lift_recorded_by,
        recall_lifts.change_id AS lift_change_id, freed_at AS lifted_at
    FROM recalls JOIN lots ON lots.id = recalls.lot_id LEFT JOIN recall_lifts ON recall_id = recalls.id
    LEFT JOIN changes_to_sign ON changes_to_sign.id = change_id
"""


def recalls(
    connection: Connection,
    part: Part = WHOLE,
    sites: Sites = None,
    *,
    is_open: bool | None = None,
    lot_id: str | None = None,
) -> list[KeptRecall]:
    """Recalls, newest first. `sites`: only of lots that may be seen there."""
    state = {None: "true", True: "freed_at IS NULL", False: "freed_at IS NOT NULL"}[is_open]
    query = (
        f"{_SELECT} WHERE {state} AND (%(lot)s::text IS NULL OR recalls.lot_id = %(lot)s) "
        f"AND {visible('recall', 'recalls.id', sites)}"
    )
    return rows_of_part(connection, KeptRecall, query, {"lot": lot_id, **visible_at(sites)}, NEWEST_FIRST, part)


def recall(connection: Connection, recall_id: int) -> KeptRecall:
    """One recall.

    Raises:
        NotFoundError: there is none of that number.
    """
    return found(one_row(connection, KeptRecall, f"{_SELECT} WHERE recalls.id = %s", [recall_id]), "recall", recall_id)


def whereabouts(connection: Connection, recall_id: int, sites: Sites = None) -> list[Whereabouts]:
    """Where everything is that a recall is of: the lot and its parts, site by site; what is all in parts is left out.

    Args:
        sites: only what may be seen there.
    """
    return all_rows(
        connection,
        Whereabouts,
        f"SELECT {columns(Whereabouts)} FROM (SELECT lots.id AS lot_id, parent_id, "
        "units - (SELECT coalesce(sum(units), 0) FROM lots AS part WHERE part.parent_id = lots.id)::integer AS units, "
        f"here.container_id, containers.name AS container_name, {path_sql('here.container_id')} AS path, "
        "position, site_id, sites.name AS site_name, "
        "coalesce(organisations.name, carrier) AS custodian, here.from_at AS since, life_ends_at "
        "FROM (SELECT lot_id AS id FROM recalls WHERE id = %(recall)s UNION "
        "SELECT lineage.lot_id FROM recalls JOIN lineage ON ancestor_id = recalls.lot_id WHERE recalls.id = %(recall)s"
        ") AS recalled JOIN lots ON lots.id = recalled.id "
        "LEFT JOIN placements AS here ON here.lot_id = ANY(ARRAY[lots.id]) AND here.until_at IS NULL "
        "LEFT JOIN containers ON containers.id = here.container_id LEFT JOIN sites ON sites.id = site_id "
        "LEFT JOIN custody ON custody.lot_id = ANY(ARRAY[lots.id]) AND custody.until_at IS NULL "
        "LEFT JOIN organisations ON organisations.id = custody.organisation_id "
        f"WHERE split_up_at IS NULL AND {visible('lot', 'lots.id', sites)}) AS told ORDER BY site_id, lot_id",
        {"recall": recall_id, **visible_at(sites)},
    )


def add_recall(connection: Connection, lot_id: str, reason: str) -> int:
    """A lot is called back; returns the number of the recall."""
    added: int = one_value(
        connection, "INSERT INTO recalls (lot_id, reason) VALUES (%s, %s) RETURNING id", [lot_id, reason]
    )
    return added


def add_lift(connection: Connection, recall_id: int, reason: str, change_id: int) -> None:
    """A recall is to end once that is signed."""
    connection.execute(
        "INSERT INTO recall_lifts (recall_id, reason, change_id) VALUES (%s, %s, %s)", [recall_id, reason, change_id]
    )


def lots_of_number(
    connection: Connection, product_id: str | None, gtin: str | None, lot_number: str, sites: Sites
) -> list[str]:
    """The lots of a product that bear a number, of those that may be seen at these sites; by id. No parts of them.

    Args:
        product_id, gtin: one of them names the product.
    """
    return all_values(
        connection,
        "SELECT lots.id FROM lots JOIN products ON products.id = product_id WHERE lot_number = %(number)s "
        f"AND parent_id IS NULL AND (products.id = %(product)s OR gtin = %(gtin)s) "
        f"AND {visible('lot', 'lots.id', sites)} ORDER BY lots.id",
        {"number": lot_number, "product": product_id, "gtin": gtin, **visible_at(sites)},
    )
