"""Shipments as people record them: what goes where, what was in it, and what arrived."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from service.domain.identity.caller import Sites
from service.domain.instant import from_datetime
from service.domain.shipments.receipt import Finding, Found, TakenAlong
from service.domain.shipments.under_way import Voyage
from service.store.new_rows import new_row
from service.store.paging import WHOLE, Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, columns, found, one_row, one_value, tuples, values
from service.store.visible import visible, visible_at

State = Literal["prepared", "under_way", "received", "cancelled"]

#: What is expected first comes last: the newest on top.
LATEST_FIRST = Order({"expected_at": datetime, "id": str}, newest_first=True)


@dataclass(frozen=True, slots=True)
class NewShipment:
    """A shipment as somebody registers it. `sscc`: the number of the shipping unit; None: it bears none."""

    id: str
    from_site_id: str
    to_site_id: str
    carrier: str
    waybill: str | None
    route: str | None
    sscc: str | None
    expected_at: datetime


@dataclass(frozen=True, slots=True)
class KeptShipment(NewShipment):
    """A shipment as it stands.

    Attributes:
        handed_over_at, received_at, cancelled_at: None: not yet, or never.
    """

    recorded_by: str
    recorded_at: datetime
    handed_over_at: datetime | None
    handed_over_by: str | None
    received_at: datetime | None
    cancelled_at: datetime | None

    @property
    def state(self) -> State:
        """How far it is."""
        if self.cancelled_at is not None:
            return "cancelled"
        if self.received_at is not None:
            return "received"
        return "prepared" if self.handed_over_at is None else "under_way"


@dataclass(frozen=True, slots=True)
class ShippedContainer:
    """A container that goes along, and the numbers of its seals."""

    container_id: str
    seals: list[str]


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """A lot that was in a shipment when it was handed over, and in what."""

    lot_id: str
    container_id: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was found when a shipment was received, and why it was received so."""

    lot_ids: list[str]
    findings: list[Finding]
    reason: str | None
    recorded_by: str
    recorded_at: datetime


_SELECT = f"SELECT {columns(KeptShipment)} FROM shipments "

#: A condition on a row of shipments: it is neither received nor cancelled.
_OPEN = "received_at IS NULL AND cancelled_at IS NULL"


def add_shipment(connection: Connection, new: NewShipment, containers: Sequence[ShippedContainer]) -> None:
    """Register a shipment with what it takes along.

    Raises:
        RefusedError: there is no such site or container.
        ConflictError: the id or the SSCC is taken.
    """
    taken = {"shipments_sscc_key": f"SSCC {new.sscc} is that of another shipment; look at the label"}
    with (
        new_row("shipment", new.id, taken=taken, from_site_id=new.from_site_id, to_site_id=new.to_site_id),
        connection.transaction(),
    ):
        connection.execute(
            f"INSERT INTO shipments ({columns(NewShipment)}) VALUES ({values(NewShipment)})", asdict(new)
        )
    for one in containers:
        with new_row("container", one.container_id, container_id=one.container_id), connection.transaction():
            connection.execute(
                "INSERT INTO shipped_containers (shipment_id, container_id, seals) VALUES (%s, %s, %s)",
                [new.id, one.container_id, one.seals],
            )


def shipment(connection: Connection, shipment_id: str, *, lock: bool = False) -> KeptShipment:
    """One shipment. `lock`: nobody else changes it until the end of this transaction.

    Raises:
        NotFoundError: there is none of that id.
    """
    query = f"{_SELECT} WHERE id = %s{' FOR UPDATE' if lock else ''}"
    return found(one_row(connection, KeptShipment, query, [shipment_id]), "shipment", shipment_id)


def shipment_of_sscc(connection: Connection, sscc: str) -> str | None:
    """The shipment whose unit bears this number; None: none does."""
    shipment_id: str | None = one_value(connection, "SELECT id FROM shipments WHERE sscc = %s", [sscc])
    return shipment_id


def shipments(
    connection: Connection, part: Part = WHOLE, sites: Sites = None, *, is_open: bool | None = None
) -> list[KeptShipment]:
    """Shipments from or to these sites, what is expected last on top. `is_open`: not over yet, or over."""
    state = {None: "true", True: _OPEN, False: f"NOT ({_OPEN})"}[is_open]
    query = f"{_SELECT} WHERE {state} AND {visible('shipment', 'shipments.id', sites)}"
    return rows_of_part(connection, KeptShipment, query, visible_at(sites), LATEST_FIRST, part)


def shipped_containers(connection: Connection, shipment_id: str) -> list[ShippedContainer]:
    """What goes along, by id."""
    return all_rows(
        connection,
        ShippedContainer,
        "SELECT container_id, seals FROM shipped_containers WHERE shipment_id = %s ORDER BY container_id",
        [shipment_id],
    )


def in_another_shipment(connection: Connection, container_ids: Collection[str]) -> TakenAlong | None:
    """One of these containers that goes along with a shipment that is not over; None: none does."""
    return one_row(
        connection,
        TakenAlong,
        "SELECT container_id, shipment_id FROM shipped_containers JOIN shipments ON id = shipment_id "
        f"WHERE container_id = ANY(%s) AND {_OPEN} ORDER BY container_id LIMIT 1",
        [list(container_ids)],
    )


def lock_shipped(connection: Connection, container_ids: Collection[str]) -> None:
    """Nobody else takes these containers along until the end of this transaction."""
    connection.execute("SELECT FROM containers WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(container_ids)])


def write_manifest(connection: Connection, shipment_id: str, at: datetime) -> list[ManifestLine]:
    """Keep which lots are in what a shipment takes along at an instant, each in what it was put into; returns them."""
    return all_rows(
        connection,
        ManifestLine,
        "INSERT INTO manifests (shipment_id, lot_id, container_id) "
        "SELECT DISTINCT ON (inside.lot_id) shipment_id, inside.lot_id, put.container_id "
        "FROM shipped_containers JOIN stays AS inside USING (container_id) "
        "JOIN placements AS put ON put.lot_id = inside.lot_id JOIN lots ON lots.id = inside.lot_id "
        "WHERE shipment_id = %(shipment)s AND inside.from_at <= %(at)s "
        "AND coalesce(inside.until_at, 'infinity') > %(at)s AND put.from_at <= %(at)s "
        "AND coalesce(put.until_at, 'infinity') > %(at)s AND coalesce(life_ends_at, 'infinity') > %(at)s "
        "RETURNING lot_id, container_id",
        {"shipment": shipment_id, "at": at},
    )


def manifest(connection: Connection, shipment_id: str) -> list[ManifestLine]:
    """The lots that a shipment was handed over with, by id."""
    return all_rows(
        connection,
        ManifestLine,
        "SELECT lot_id, container_id FROM manifests WHERE shipment_id = %s ORDER BY lot_id",
        [shipment_id],
    )


def expected_lots(connection: Connection, shipment_id: str) -> dict[str, str | None]:
    """The lots that should be in a shipment, by id, each with what it is recorded in there now; None: it is elsewhere.

    They are those on the manifest, and those that came into it since, parts among them; what is all in parts is not.
    """
    rows = tuples(
        connection,
        "WITH inside AS (SELECT DISTINCT lot_id FROM shipped_containers JOIN stays USING (container_id) "
        "JOIN lots ON lots.id = lot_id WHERE shipment_id = %(shipment)s AND until_at IS NULL "
        "AND coalesce(life_ends_at, 'infinity') > now()) "
        "SELECT lots.id, (SELECT put.container_id FROM placements AS put WHERE put.lot_id = ANY(ARRAY[lots.id]) "
        "AND put.until_at IS NULL AND lots.id IN (SELECT lot_id FROM inside)) FROM ("
        "SELECT lot_id FROM manifests WHERE shipment_id = %(shipment)s UNION SELECT lot_id FROM inside"
        ") AS expected JOIN lots ON lots.id = lot_id WHERE split_up_at IS NULL ORDER BY lots.id",
        {"shipment": shipment_id},
    )
    return dict(rows)


def lots_inside(connection: Connection, shipment_id: str) -> list[str]:
    """The lots that are in what a shipment takes along now, by id."""
    return [
        lot_id
        for (lot_id,) in tuples(
            connection,
            "SELECT DISTINCT lot_id FROM shipped_containers JOIN stays USING (container_id) "
            "WHERE shipment_id = %s AND from_at <= now() AND coalesce(until_at, 'infinity') > now() ORDER BY lot_id",
            [shipment_id],
        )
    ]


def close_shipment(
    connection: Connection,
    shipment_id: str,
    column: Literal["handed_over_at", "received_at", "cancelled_at"],
    at: datetime,
) -> None:
    """A shipment is handed over, received or cancelled from then on."""
    by = ", handed_over_by = acting_as('actor_name')" if column == "handed_over_at" else ""
    connection.execute(f"UPDATE shipments SET {column} = %s{by} WHERE id = %s", [at, shipment_id])


def add_receipt(
    connection: Connection, shipment_id: str, lot_ids: Sequence[str], found_so: Sequence[Finding], reason: str | None
) -> None:
    """Keep what was found when a shipment was received."""
    connection.execute(
        "INSERT INTO receipts (shipment_id, lot_ids, findings, reason) VALUES (%s, %s, %s, %s)",
        [shipment_id, list(lot_ids), Jsonb([asdict(one) for one in found_so]), reason],
    )


def receipt(connection: Connection, shipment_id: str) -> Receipt | None:
    """What was found when a shipment was received; None: it was not."""
    return one_row(
        connection,
        _receipt,
        f"SELECT {columns(Receipt)} FROM receipts WHERE shipment_id = %s",
        [shipment_id],
    )


def _receipt(findings: list[Mapping[str, Any]], **row: Any) -> Receipt:
    told = [Finding(Found(one["found"]), one["id"], one["text"]) for one in findings]
    return Receipt(findings=told, **row)


def containers_arrive(connection: Connection, container_ids: Collection[str], site_id: str) -> None:
    """These containers, and what is in them, are at a site from now on."""
    connection.execute(
        "UPDATE containers SET site_id = %(site)s WHERE site_id <> %(site)s AND (id = ANY(%(ids)s) OR id IN ("
        "SELECT container_id FROM enclosures WHERE outer_id = ANY(%(ids)s) AND until_at IS NULL))",
        {"site": site_id, "ids": list(container_ids)},
    )


def voyages(connection: Connection, lot_ids: Collection[str]) -> dict[str, list[Voyage]]:
    """By lot, when it was under way in what shipment, its ancestors' up to the split among them."""
    told: dict[str, list[Voyage]] = {}
    for lot_id, *row in tuples(
        connection,
        """
        WITH family AS (
            SELECT id AS lot_id, id AS of_id, 'infinity'::timestamptz AS until_at FROM unnest(%(lots)s::text[]) AS id
            UNION ALL SELECT lot_id, ancestor_id, until_at FROM lineage WHERE lot_id = ANY(%(lots)s)
        ), along AS (
            SELECT family.lot_id, shipment_id, until_at FROM family JOIN manifests ON manifests.lot_id = of_id
            UNION SELECT lot_id, shipment_id, 'infinity' FROM stays JOIN shipped_containers USING (container_id)
            JOIN shipments ON shipments.id = shipment_id WHERE lot_id = ANY(%(lots)s) AND received_at IS NULL
            AND coalesce(stays.until_at, 'infinity') > handed_over_at
        )
        SELECT lot_id, shipments.id, sites.name, handed_over_at, expected_at, received_at,
            received_at IS NOT NULL AND split_up_at IS NULL AND NOT EXISTS (
                SELECT FROM stays WHERE stays.lot_id = along.lot_id
                AND coalesce(stays.until_at, 'infinity') > received_at)
        FROM along JOIN lots ON lots.id = lot_id JOIN shipments ON shipments.id = shipment_id
        JOIN sites ON sites.id = to_site_id
        WHERE cancelled_at IS NULL AND handed_over_at < until_at ORDER BY handed_over_at
        """,
        {"lots": list(lot_ids)},
    ):
        shipment_id, site, handed_over_at, expected_at, received_at, is_missing = row
        voyage = Voyage(
            shipment_id,
            site,
            from_datetime(handed_over_at),
            from_datetime(expected_at),
            None if received_at is None else from_datetime(received_at),
            is_missing,
        )
        told.setdefault(lot_id, []).append(voyage)
    return told
