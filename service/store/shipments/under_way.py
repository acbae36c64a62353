"""What is under way now, and what is overdue."""

from dataclasses import dataclass
from datetime import datetime

from service.domain.alerting.details import OverdueShipment
from service.domain.instant import from_datetime
from service.store.instants import parameter
from service.store.pool import Connection
from service.store.rows import all_rows, tuples

#: A condition on a row of shipments: the carrier has it.
UNDER_WAY = "handed_over_at IS NOT NULL AND received_at IS NULL AND cancelled_at IS NULL"


def containers_under_way(connection: Connection, now_us: int) -> dict[str, int]:
    """By container that a shipment has taken along, be it inside another: when that is expected, in microseconds."""
    rows = tuples(
        connection,
        f"""
        WITH sent AS (
            SELECT container_id, expected_at FROM shipped_containers JOIN shipments ON id = shipment_id
            WHERE {UNDER_WAY}
        )
        SELECT container_id, expected_at FROM sent
        UNION ALL SELECT inner_one.container_id, expected_at FROM sent
        JOIN enclosures AS inner_one ON outer_id = sent.container_id
        WHERE from_at <= %(now)s AND coalesce(until_at, 'infinity') > %(now)s
        """,
        {"now": parameter(now_us)},
    )
    return {container_id: from_datetime(expected_at) for container_id, expected_at in rows}


@dataclass(frozen=True, slots=True)
class _Overdue:
    id: str
    from_site_id: str
    to_site_id: str
    from_site: str
    to_site: str
    carrier: str
    waybill: str | None
    expected_at: datetime


def overdue_shipments(connection: Connection, now_us: int) -> dict[str, list[OverdueShipment]]:
    """By site from or to which they go, shipments that were to have arrived, the longest overdue first."""
    found = all_rows(
        connection,
        _Overdue,
        "SELECT shipments.id, from_site_id, to_site_id, sender.name AS from_site, receiver.name AS to_site, carrier, "
        "waybill, expected_at FROM shipments JOIN sites AS sender ON sender.id = from_site_id "
        f"JOIN sites AS receiver ON receiver.id = to_site_id WHERE {UNDER_WAY} AND expected_at < %(now)s "
        "ORDER BY expected_at, shipments.id",
        {"now": parameter(now_us)},
    )
    told: dict[str, list[OverdueShipment]] = {}
    for one in found:
        overdue = OverdueShipment(
            one.id, one.from_site, one.to_site, one.carrier, one.waybill, from_datetime(one.expected_at)
        )
        for site_id in (one.from_site_id, one.to_site_id):
            told.setdefault(site_id, []).append(overdue)
    return told
