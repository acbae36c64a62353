"""What the pages of shipments say: pure, from what is recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from service.domain.shipments.receipt import Finding, Found
from service.store.shipments.shipments import KeptShipment
from service.web.words import Moment, moment

STATES = {
    "prepared": "prepared",
    "under_way": "under way",
    "received": "received",
    "cancelled": "cancelled",
}

_FOUND = {
    Found.MISSING: "Missing",
    Found.EXTRA: "Not on the manifest",
    Found.SEAL_BROKEN: "Seals",
    Found.EXPIRED: "Expired",
    Found.WARM: "Warm, or may be",
}


@dataclass(frozen=True, slots=True)
class ShipmentView:
    """A shipment as pages show it. `overdue`: it is under way, and was expected before now."""

    id: str
    state: str
    overdue: bool
    from_site: str
    to_site: str
    carrier: str
    waybill: str
    route: str
    sscc: str
    expected: Moment
    handed_over: Moment | None
    handed_over_by: str
    over: Moment | None

    @property
    def state_text(self) -> str:
        """How far it is, in words."""
        return "overdue" if self.overdue else STATES[self.state]


@dataclass(frozen=True, slots=True)
class FoundView:
    """What was found of a kind."""

    heading: str
    lines: tuple[str, ...]


def shipment_view(one: KeptShipment, names: Mapping[str, str], zone: tzinfo, now: datetime) -> ShipmentView:
    """A shipment in words. `names`: of sites, by id."""
    over = one.received_at or one.cancelled_at
    return ShipmentView(
        id=one.id,
        state=one.state,
        overdue=is_overdue(one, now),
        from_site=names.get(one.from_site_id, one.from_site_id),
        to_site=names.get(one.to_site_id, one.to_site_id),
        carrier=one.carrier,
        waybill=one.waybill or "",
        route=one.route or "",
        sscc=one.sscc or "",
        expected=moment(one.expected_at, zone),
        handed_over=None if one.handed_over_at is None else moment(one.handed_over_at, zone),
        handed_over_by=one.handed_over_by or "",
        over=None if over is None else moment(over, zone),
    )


def is_overdue(one: KeptShipment, now: datetime) -> bool:
    """Whether it is under way, and was to arrive before now."""
    return one.state == "under_way" and one.expected_at < now


def open_first(some: Sequence[KeptShipment]) -> list[KeptShipment]:
    """What is under way first, what is expected soonest on top."""
    return sorted(some, key=lambda one: (one.state != "under_way", one.expected_at, one.id))


def found_views(findings: Sequence[Finding]) -> list[FoundView]:
    """What was found, a heading a kind."""
    by_kind = [(kind, tuple(one.text for one in findings if one.found is kind)) for kind in Found]
    return [FoundView(_FOUND[kind], lines) for kind, lines in by_kind if lines]
