"""Who answers for what a shipment takes along: the carrier from its handover on, the receiver from its receipt on."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from service.acts.custody import confirmed, offered
from service.domain.corrections import Word
from service.domain.custody.handover import Offer, Party
from service.errors import ConflictError
from service.store.custody.custody import holdings
from service.store.custody.handovers import handover
from service.store.identity.signatures import account_behind
from service.store.pool import Connection
from service.store.registry.sites import site
from service.store.shipments.shipments import KeptShipment


def give_to_carrier(
    connection: Connection, kept: KeptShipment, lot_ids: Collection[str], at: datetime, word: Word
) -> None:
    """The carrier answers for the lots that its sender answered for. Call it inside `acting`.

    Nothing is handed over where one of the sites has no organisation, both have the same, or no waybill names the
    carrier: then whoever answered goes on to.

    Raises:
        RefusedError: nobody at the receiving organisation can confirm it; or it is recorded late and nobody says why.
    """
    sender = site(connection, kept.from_site_id).organisation_id
    receiver = site(connection, kept.to_site_id).organisation_id
    if sender is None or receiver is None or sender == receiver or kept.waybill is None:
        return
    ours = [
        one.lot_id
        for one in holdings(connection, lot_ids)
        if one.side_id == sender and one.handover_id is None and one.offered is None and one.since and one.since < at
    ]
    if ours:
        offered(connection, ours, Offer(receiver, at, kept.carrier, kept.waybill), frozenset({sender}), word)


def take_from_carrier(
    connection: Connection, kept: KeptShipment, lot_ids: Collection[str], at: datetime, word: Word
) -> None:
    """The receiver answers for what arrived; for what is missing the carrier still does. Call it inside `acting`.

    Whoever handed it over cannot confirm it too: then the handover waits for somebody else of the receiver.
    """
    receiver = site(connection, kept.to_site_id).organisation_id
    carried = defaultdict(list)
    for one in holdings(connection, lot_ids):
        if one.handover_id is not None:
            carried[one.handover_id].append(one.lot_id)
    for number, arrived in sorted(carried.items()):
        given = handover(connection, number)
        if (
            receiver is None
            or given.to_id != receiver
            or (given.carrier, given.waybill) != (kept.carrier, kept.waybill)
        ):
            continue
        by = Party(frozenset({receiver}), account_behind(connection, word.actor.id))
        try:
            confirmed(connection, number, by, word, at, arrived)
        except ConflictError:
            continue
