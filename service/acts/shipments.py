"""Shipments: registered, handed over to a carrier, received or cancelled, each in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from service.acts.nestings import come_out
from service.acts.placements import put_all
from service.acts.retirement import refuse_retired_container, refuse_retired_site
from service.acts.shipment_custody import give_to_carrier, take_from_carrier
from service.answers.judging import JudgedLot, judge_all_locked
from service.domain import spans
from service.domain.corrections import Word
from service.domain.instant import from_datetime
from service.domain.lots.placements import Placement
from service.domain.shipments.receipt import (
    Arrived,
    Finding,
    Shipment,
    findings,
    why_not_along,
    why_not_cancelled,
    why_not_handed_over,
    why_not_received,
    why_unexplained,
)
from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.domain.verdicts.verdict import Verdict
from service.errors import RefusedError
from service.settings import Settings
from service.store.acting import acting
from service.store.changes import note_change
from service.store.dirty import mark_lots
from service.store.lots.placements import end_placements, placements_of
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.containers import containers_by_id
from service.store.row_locks import lock_lots
from service.store.shipments import shipments as store
from service.store.shipments.shipments import KeptShipment, NewShipment, ShippedContainer


def register_shipment(
    connection: Connection, new: NewShipment, containers: Sequence[ShippedContainer], word: Word
) -> None:
    """Register a shipment, with the containers that it takes along; it is not under way yet.

    Raises:
        RefusedError: there is no such site or container, a container is elsewhere, or none that is shipped.
        ConflictError: the id or the SSCC is taken, or a container is in another shipment.
    """
    with acting(connection, word.actor, word.reason):
        ids = [one.container_id for one in containers]
        store.lock_shipped(connection, ids)
        known = containers_by_id(connection, ids)
        sites = {one: known[one].site_id if one in known else None for one in ids}
        kinds = {one: known[one].kind for one in known}
        taken = store.in_another_shipment(connection, ids)
        if refused := why_not_along(sites, kinds, new.from_site_id, taken):
            raise refused
        store.add_shipment(connection, new, containers)
        refuse_retired_site(connection, new.from_site_id)
        refuse_retired_site(connection, new.to_site_id)
        for container_id in ids:
            refuse_retired_container(connection, container_id, None)


def hand_over_shipment(connection: Connection, shipment_id: str, at: datetime, word: Word) -> None:
    """The carrier has a shipment from `at` on: what is in it then is its manifest.

    Raises:
        NotFoundError: there is no such shipment.
        ConflictError: it was handed over or cancelled already, or nothing is in it.
        RefusedError: what goes along is taken out of where it stood in time already judged, and nobody says why.
    """
    with acting(connection, word.actor, word.reason):
        kept = store.shipment(connection, shipment_id, lock=True)
        lines = [] if kept.handed_over_at or kept.cancelled_at else store.write_manifest(connection, shipment_id, at)
        if refused := why_not_handed_over(_as_it_stands(kept), len(lines)):
            raise refused
        along = [one.container_id for one in store.shipped_containers(connection, shipment_id)]
        # A van may have been loaded already; a freezer does not travel.
        waiting = come_out(
            connection, along, at, word, stays_in=lambda outer: outer.id in along or outer.kind == "vehicle"
        )
        lot_ids = sorted(line.lot_id for line in lines)
        lock_lots(connection, lot_ids)
        give_to_carrier(connection, kept, lot_ids, at, word)
        store.close_shipment(connection, shipment_id, "handed_over_at", at)
        _have_signed(connection, f"handover-{shipment_id}", shipment_id, waiting)
        # What came into it after an earlier handover is on no manifest, and under way all the same.
        mark_lots(connection, sorted({*lot_ids, *store.expected_lots(connection, shipment_id)}), Cause.SHIPPED)


def cancel_shipment(connection: Connection, shipment_id: str, at: datetime, word: Word) -> None:
    """A shipment does not happen, or came back: what is in it is where it is recorded to be.

    Raises:
        NotFoundError: there is no such shipment.
        ConflictError: it is over already.
    """
    with acting(connection, word.actor, word.reason):
        kept = store.shipment(connection, shipment_id, lock=True)
        if refused := why_not_cancelled(_as_it_stands(kept)):
            raise refused
        on_manifest = {line.lot_id for line in store.manifest(connection, shipment_id)}
        lot_ids = sorted({*on_manifest, *store.expected_lots(connection, shipment_id)})
        lock_lots(connection, lot_ids)
        store.close_shipment(connection, shipment_id, "cancelled_at", at)
        mark_lots(connection, lot_ids, Cause.SHIPPED)


def look_into(
    connection: Connection, shipment_id: str, arrived: Arrived, at: datetime, settings: Settings, now: datetime
) -> tuple[Finding, ...]:
    """What would be found if a shipment were received so; nothing is recorded.

    Raises:
        NotFoundError: there is no such shipment.
    """
    with connection.transaction():
        kept, shipped = store.shipment(connection, shipment_id), store.shipped_containers(connection, shipment_id)
        expected = store.expected_lots(connection, shipment_id)
        return _found(connection, kept, shipped, expected, arrived, at, settings, now)


def receive_shipment(
    connection: Connection,
    shipment_id: str,
    arrived: Arrived,
    at: datetime,
    settings: Settings,
    word: Word,
    *,
    container_id: str | None,
    positions: Mapping[str, str],
) -> tuple[Finding, ...]:
    """Receive a shipment: what arrived is placed, what is missing is in no container from then on; all or nothing.

    Args:
        container_id: where what arrived was put; None: it stays in what it came in.
        positions: by lot, where in that container.

    Raises:
        NotFoundError: there is no such shipment.
        ConflictError: it is not under way; or a lot that is on no manifest is recorded in another place.
        RefusedError: something is wrong with it and nobody says why it is received so; or no such lot or container.
    """
    with acting(connection, word.actor, word.reason):
        kept = store.shipment(connection, shipment_id, lock=True)
        if refused := why_not_received(_as_it_stands(kept), at):
            raise refused
        lock_lots(connection, {*store.expected_lots(connection, shipment_id), *arrived.lot_ids})
        expected = store.expected_lots(connection, shipment_id)
        manifest = {line.lot_id: line.container_id for line in store.manifest(connection, shipment_id)}
        concerned = sorted({*manifest, *expected, *arrived.lot_ids})
        along = store.shipped_containers(connection, shipment_id)
        found = _found(connection, kept, along, expected, arrived, at, settings, word.now)
        if refused := why_unexplained(found, word.reason):
            raise refused
        shipped = [one.container_id for one in along]
        known = placements_of(connection, concerned)
        _refuse_far(known, arrived, expected, shipped)
        here = set(arrived.lot_ids)
        gone = [
            one.id
            for lot_id in sorted(expected.keys() - here)
            for one in known[lot_id]
            if one.until_at is None and one.container_id == expected[lot_id] and one.from_at < at
        ]
        end_placements(connection, gone, at)
        new = [
            Placement(
                f"receipt-{shipment_id}-{number}",
                lot_id,
                container_id or (manifest[lot_id] if manifest.get(lot_id) in shipped else shipped[0]),
                at,
                None,
                positions.get(lot_id),
            )
            for number, lot_id in enumerate(sorted(here), 1)
            if container_id is not None or expected.get(lot_id) is None
        ]
        store.containers_arrive(connection, shipped, kept.to_site_id)
        _refuse_another_site(connection, container_id, kept.to_site_id)
        waiting = {*put_all(connection, new, at, word)} if new else set[str]()
        waiting.update(
            come_out(
                connection,
                shipped,
                at,
                word,
                stays_in=lambda outer: outer.id in shipped or outer.site_id == kept.to_site_id,
            )
        )
        take_from_carrier(connection, kept, sorted(here), at, word)
        store.add_receipt(connection, shipment_id, sorted(here), found, word.reason)
        store.close_shipment(connection, shipment_id, "received_at", at)
        mark_lots(connection, concerned, Cause.SHIPPED)
        _have_signed(connection, f"receipt-{shipment_id}", shipment_id, sorted(waiting))
        return found


def _have_signed(connection: Connection, record_id: str, shipment_id: str, lot_ids: Sequence[str]) -> None:
    if lot_ids:
        touched = [Touched(lot_id=lot_id) for lot_id in lot_ids]
        what = {"shipment": shipment_id, "lots": lot_ids}
        note_change(connection, Kind.PLACEMENT, record_id, what, touched, Cause.PLACEMENT)


def _refuse_another_site(connection: Connection, container_id: str | None, to_site_id: str) -> None:
    """What arrived at one site is not put into a container of another by the same scan."""
    there = {} if container_id is None else containers_by_id(connection, [container_id])
    for one in there.values():
        if one.site_id != to_site_id:
            raise RefusedError(
                "container_id",
                f"{one.id!r} is at site {one.site_id!r}, and this arrives at {to_site_id!r}; name one there",
            )


def _found(
    connection: Connection,
    kept: KeptShipment,
    along: Sequence[ShippedContainer],
    expected: Collection[str],
    arrived: Arrived,
    at: datetime,
    settings: Settings,
    now: datetime,
) -> tuple[Finding, ...]:
    judged = judge_all_locked(connection, sorted(set(arrived.lot_ids)), settings, now)
    unknown = sorted(set(arrived.lot_ids) - {one.lot.id for one in judged})
    if unknown:
        raise RefusedError("lots", f"there is no lot {unknown[0]!r}; scan it again, or set it apart and ask its sender")
    under_way = (from_datetime(kept.handed_over_at or kept.recorded_at), from_datetime(at))
    now_us = from_datetime(now)
    return findings(
        expected,
        {one.container_id: one.seals for one in along},
        arrived,
        expired=[x.lot.id for x in judged if x.papers.expired_us is not None and x.papers.expired_us <= now_us],
        warm=[x.lot.id for x in judged if _was_warm(x, under_way)],
    )


def _was_warm(judged: JudgedLot, under_way: tuple[int, int]) -> bool:
    """Whether a lot is out of limits, or was beyond one under way."""
    if judged.judgement.verdict is Verdict.NONVIABLE:
        return True
    limits = judged.judgement.exposure.limits
    return any(spans.total_us(spans.clip(one.certain, *under_way)) > 0 for one in limits)


def _refuse_far(
    known: Mapping[str, Sequence[Placement]], arrived: Arrived, expected: Collection[str], shipped: Sequence[str]
) -> None:
    """A lot that is on no manifest and recorded elsewhere is somebody else's: nobody takes it by scanning a number."""
    for lot_id in arrived.lot_ids:
        there = next((one.container_id for one in known[lot_id] if one.until_at is None), None)
        if lot_id not in expected and there is not None and there not in shipped:
            raise RefusedError(
                "lots",
                f"lot {lot_id!r} is not on the manifest and is recorded elsewhere; set it apart, and ask who has it "
                "to record where it went",
            )


def _as_it_stands(kept: KeptShipment) -> Shipment:
    return Shipment(
        kept.id, kept.from_site_id, kept.to_site_id, kept.handed_over_at, kept.received_at, kept.cancelled_at
    )
