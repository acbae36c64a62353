"""What is found when a shipment is received, and whether it can be received so."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.domain.registry.nesting import MOVABLE
from service.errors import ConflictError, RefusedError, UnbrokenError


class Found(StrEnum):
    """What may be wrong with a shipment on arrival."""

    MISSING = "missing"
    EXTRA = "extra"
    SEAL_BROKEN = "seal_broken"
    EXPIRED = "expired"
    WARM = "warm"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. `id`: of the lot, or of the container of a seal."""

    found: Found
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment as it stands. None: not yet, or never."""

    id: str
    from_site_id: str
    to_site_id: str
    handed_over_at: datetime | None
    received_at: datetime | None
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """What somebody scanned on arrival.

    Attributes:
        lot_ids: of the lots.
        intact: by container, the numbers of the seals that were found whole.
    """

    lot_ids: tuple[str, ...]
    intact: Mapping[str, Sequence[str]]


def findings(
    expected: Collection[str],
    seals: Mapping[str, Sequence[str]],
    arrived: Arrived,
    *,
    expired: Collection[str],
    warm: Collection[str],
) -> tuple[Finding, ...]:
    """All that is not as it should be, by kind.

    Args:
        expected: the lots that should be in it.
        seals: by container, their numbers when it was handed over.
        expired, warm: of the lots that arrived, those that are over, and those that were or may be out of limits.
    """
    here = set(arrived.lot_ids)
    found = [Finding(Found.MISSING, one, f"{one} should be in it and was not scanned") for one in expected]
    found = [one for one in found if one.id not in here]
    found += [Finding(Found.EXTRA, one, f"{one} is not on the manifest") for one in sorted(here - set(expected))]
    for container_id, numbers in sorted(seals.items()):
        whole = set(arrived.intact.get(container_id, ()))
        found += [
            Finding(Found.SEAL_BROKEN, container_id, f"seal {number} of {container_id} was not found whole")
            for number in numbers
            if number not in whole
        ]
        found += [
            Finding(Found.SEAL_BROKEN, container_id, f"seal {number} of {container_id} is another than it left with")
            for number in sorted(whole - set(numbers))
        ]
    found += [Finding(Found.EXPIRED, one, f"{one} has expired") for one in sorted(here & set(expired))]
    found += [Finding(Found.WARM, one, f"{one} was out of its limits, or may be") for one in sorted(here & set(warm))]
    return tuple(found)


def why_not_received(shipment: Shipment, at: datetime) -> UnbrokenError | None:
    """Why a shipment cannot be received then; None: it can."""
    if shipment.cancelled_at is not None:
        return ConflictError(f"shipment {shipment.id!r} was cancelled; record where its lots are one by one")
    if shipment.received_at is not None:
        return ConflictError(f"shipment {shipment.id!r} was received at {_told(shipment.received_at)}; leave it")
    if shipment.handed_over_at is None:
        return ConflictError(f"shipment {shipment.id!r} was not handed over to its carrier yet; record that first")
    if at <= shipment.handed_over_at:
        told = _told(shipment.handed_over_at)
        return RefusedError("received_at", f"it was handed over at {told}; give a later time")
    return None


def why_unexplained(found: Sequence[Finding], reason: str | None) -> RefusedError | None:
    """Why what was found cannot be confirmed; None: nothing is wrong, or somebody says why it is received so."""
    if not found or reason:
        return None
    told = "; ".join(one.text for one in found[:5]) + (f"; and {len(found) - 5} more" if len(found) > 5 else "")
    return RefusedError("reason", f"{told}. Look again, then say in `reason` why it is received so")


@dataclass(frozen=True, slots=True)
class TakenAlong:
    """A container that goes along with a shipment that is not over."""

    container_id: str
    shipment_id: str


def why_not_along(
    sites: Mapping[str, str | None], kinds: Mapping[str, str], from_site_id: str, other: TakenAlong | None
) -> UnbrokenError | None:
    """Why these containers cannot go along with a shipment; None: they can.

    Args:
        sites: by container, where it is; None: there is no such container.
        other: one of them that goes along with another shipment, if one does.
    """
    if not sites:
        return RefusedError("containers", "name at least one container that is sent, such as a shipper")
    for container_id, site_id in sites.items():
        if site_id is None:
            return RefusedError("containers", f"there is no container {container_id!r}; register it first")
        if kinds[container_id] not in MOVABLE:
            what = kinds[container_id].replace("_", " ")
            return RefusedError(
                "containers", f"{container_id!r} is a {what}, which is not sent; put the lots in a shipper"
            )
        if site_id != from_site_id:
            return RefusedError("containers", f"{container_id!r} is not at {from_site_id!r}; send what is there")
    if other is not None:
        return ConflictError(
            f"{other.container_id!r} is in shipment {other.shipment_id!r}, which is not over; "
            "receive or cancel that first"
        )
    return None


def why_not_handed_over(shipment: Shipment, lots: int) -> UnbrokenError | None:
    """Why a shipment cannot be handed over to its carrier; None: it can."""
    if shipment.cancelled_at is not None:
        return ConflictError(f"shipment {shipment.id!r} was cancelled; register another")
    if shipment.handed_over_at is not None:
        told = _told(shipment.handed_over_at)
        return ConflictError(f"shipment {shipment.id!r} was handed over at {told}; leave it as it is")
    if not lots:
        return ConflictError(
            f"there is no lot in what shipment {shipment.id!r} takes along; put the lots into it first"
        )
    return None


def why_not_cancelled(shipment: Shipment) -> ConflictError | None:
    """Why a shipment cannot be cancelled; None: it can."""
    if shipment.cancelled_at is not None or shipment.received_at is not None:
        return ConflictError(f"shipment {shipment.id!r} is over; leave it as it is")
    return None


def _told(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
