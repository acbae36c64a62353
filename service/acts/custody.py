"""Custody: lots handed over, offered by one side and confirmed by the other, each as itself (docs/custody.md)."""

from collections.abc import Sequence
from datetime import datetime

from service.acts.explanations import explained
from service.domain.corrections import Word
from service.domain.custody.custody import How
from service.domain.custody.handover import (
    Offer,
    OfOrganisations,
    Outcome,
    Party,
    why_not_ended,
    why_not_offered,
)
from service.domain.instant import rfc3339
from service.domain.softening import Kind, why_back_dated
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, RefusedError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.custody.custody import hand_on, holdings
from service.store.custody.handovers import (
    Handover,
    add_handover,
    add_step,
    confirmers,
    handover,
    waiting_handover,
)
from service.store.dirty import mark_lots
from service.store.identity.accounts import account_of_login
from service.store.lots.lots import lot, lots_now_in
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.containers import container
from service.store.registry.organisations import organisation_named
from service.store.row_locks import lock_lots


def offer_lot(
    connection: Connection, lot_id: str, offer: Offer, sides: OfOrganisations, word: Word, account: str | None = None
) -> Handover:
    """Offer a lot to another organisation; where nobody answers for it, take custody in the name of one's own.

    Until it is confirmed, who offers it answers for it. With a carrier that has no account, the carrier does from the
    time of the offer on.

    Args:
        sides: in whose name it is done.
        account: the login of who alone may confirm it.

    Raises:
        NotFoundError: there is no such lot.
        RefusedError: there is no such organisation, it is retired, or nobody there can confirm it; a wrong time; or the
            past is changed and nobody says why.
        ConflictError: somebody else holds it, or it is being handed over already.
    """
    with acting(connection, word.actor, word.reason):
        lot(connection, lot_id)
        return offered(connection, [lot_id], offer, sides, word, account=account)


def offer_container(
    connection: Connection,
    container_id: str,
    offer: Offer,
    sides: OfOrganisations,
    word: Word,
    account: str | None = None,
) -> Handover:
    """Likewise all lots that are in a container now, with what is in it. What is put into it later stays whose it is.

    Raises:
        NotFoundError: there is no such container.
        ConflictError: there is no lot in it; or as for one lot.
    """
    with acting(connection, word.actor, word.reason):
        container(connection, container_id)
        lock_lots(connection, lots_now_in(connection, container_id))
        lot_ids = lots_now_in(connection, container_id)
        if not lot_ids:
            raise ConflictError(f"there is no lot in {container_id!r} now; nothing was handed over")
        return offered(connection, lot_ids, offer, sides, word, container_id=container_id, account=account)


def offered(
    connection: Connection,
    lot_ids: Sequence[str],
    offer: Offer,
    sides: OfOrganisations,
    word: Word,
    *,
    container_id: str | None = None,
    account: str | None = None,
) -> Handover:
    """Do what `offer_lot` does to several lots, as a part of another act. Call it inside `acting`."""
    organisation_named(connection, offer.to_id)
    lock_lots(connection, lot_ids)
    held = holdings(connection, lot_ids)
    if refused := why_not_offered(held, offer, sides):
        raise refused
    giver = held[0].side_id
    account_id = None if giver is None else _confirmer(connection, offer.to_id, account)
    reason = explained(connection, lot_ids, offer.at, word, completes=giver is None)
    handover_id = add_handover(
        connection, lot_ids, offer, from_id=giver, container_id=container_id, account_id=account_id
    )
    if giver is None:
        hand_on(connection, lot_ids, offer.at, how="began", handover_id=handover_id, organisation_id=offer.to_id)
        _follow(connection, handover_id, lot_ids, offer.at, word, reason)
    elif offer.carrier is not None:
        hand_on(
            connection,
            lot_ids,
            offer.at,
            how="handover",
            handover_id=handover_id,
            carrier=offer.carrier,
            waybill=offer.waybill,
        )
        _follow(connection, handover_id, lot_ids, offer.at, word, reason)
    return handover(connection, handover_id)


def confirm_handover(
    connection: Connection, handover_id: int, by: Party, word: Word, at: datetime | None = None
) -> Handover:
    """Say that one has what was offered: from `at` on the receiver answers for it.

    Raises:
        NotFoundError: there is no such handover.
        ConflictError: it has ended; it is not for the caller to say; a lot of it is held by another since.
        RefusedError: a time before the offer, or time already judged is changed and nobody says why.
    """
    with acting(connection, word.actor, word.reason):
        return confirmed(connection, handover_id, by, word, at or word.now)


def confirmed(
    connection: Connection,
    handover_id: int,
    by: Party,
    word: Word,
    at: datetime,
    arrived: Sequence[str] | None = None,
) -> Handover:
    """Do what `confirm_handover` does, as a part of another act. Call it inside `acting`.

    Args:
        arrived: its lots, or parts of them, that are there, of which alone it is so; None: all are.
    """
    one = _locked(connection, handover_id)
    _refuse_end(connection, one, "confirmed", by, at)
    lot_ids = one.lot_ids if arrived is None else arrived
    reason = explained(connection, lot_ids, at, word)
    organisation_named(connection, one.to_id)
    how: How = "handover" if one.carrier is None else "receipt"
    hand_on(connection, lot_ids, at, how=how, handover_id=one.id, organisation_id=one.to_id)
    add_step(connection, one.id, "confirmed", at, word.reason)
    _follow(connection, one.id, lot_ids, at, word, reason)
    return handover(connection, one.id)


def refuse_handover(connection: Connection, handover_id: int, by: Party, word: Word) -> Handover:
    """Say that one does not take what was offered, with the reason of `word`.

    Who offered it answers for it as before; a carrier does until who gave it to them has it back.

    Raises:
        NotFoundError: there is no such handover.
        ConflictError: it has ended, or it is not for the caller to say.
    """
    with acting(connection, word.actor, word.reason):
        one = _locked(connection, handover_id)
        _refuse_end(connection, one, "refused", by, word.now)
        add_step(connection, one.id, "refused", word.now, word.reason)
        return handover(connection, one.id)


def withdraw_handover(
    connection: Connection, handover_id: int, by: Party, word: Word, at: datetime | None = None
) -> Handover:
    """Take an offer back. Of what a carrier has: say that one has it back since `at`.

    Raises:
        NotFoundError: there is no such handover.
        ConflictError: it has ended, or it is not for the caller to say.
        RefusedError: a time before the offer, or time already judged is changed and nobody says why.
    """
    with acting(connection, word.actor, word.reason):
        one, back_at = _locked(connection, handover_id), at or word.now
        _refuse_end(connection, one, "withdrawn", by, back_at)
        if one.carrier is not None and one.from_id is not None:
            reason = explained(connection, one.lot_ids, back_at, word)
            hand_on(connection, one.lot_ids, back_at, how="receipt", handover_id=one.id, organisation_id=one.from_id)
            _follow(connection, one.id, one.lot_ids, back_at, word, reason)
        add_step(connection, one.id, "withdrawn", back_at, word.reason)
        return handover(connection, one.id)


def _locked(connection: Connection, handover_id: int) -> Handover:
    lock_lots(connection, handover(connection, handover_id).lot_ids)
    # Once more: somebody may have ended it until then.
    return handover(connection, handover_id)


def _refuse_end(connection: Connection, one: Handover, outcome: Outcome, by: Party, at: datetime) -> None:
    moved = next((x.lot_id for x in holdings(connection, one.lot_ids) if x.side_id != one.from_id), None)
    if refused := why_not_ended(waiting_handover(connection, one.id, moved), outcome, by, at):
        raise refused


def _confirmer(connection: Connection, organisation_id: str, login: str | None) -> int | None:
    """Who alone may confirm it; None: whoever acts for the organisation, and somebody does."""
    able = confirmers(connection, organisation_id)
    if login is None:
        if not able:
            raise RefusedError(
                "organisation_id",
                f"nobody at {organisation_id!r} can confirm it: no account in use is custodian or quality at a site of "
                "it; have one set up first",
            )
        return None
    for one in able:
        if one.login == login:
            return one.id
    known = account_of_login(connection, login)
    if known is None:
        raise RefusedError("account", f"there is no account {login!r}; name one of {organisation_id!r}, or none")
    if known.deactivated_at is not None:
        raise RefusedError("account", f"account {login!r} is deactivated; name another of {organisation_id!r}, or none")
    raise RefusedError(
        "account", f"account {login!r} is neither custodian nor quality at a site of {organisation_id!r}"
    )


def _follow(
    connection: Connection,
    handover_id: int,
    lot_ids: Sequence[str],
    at: datetime,
    word: Word,
    reason: str | None,
) -> None:
    """Have its lots answered anew, and what is recorded late signed."""
    mark_lots(connection, lot_ids, Cause.PAPERS)
    if why_back_dated(at, word.now, word.scan_delay_s, explained=reason is not None) is not None:
        touched = [Touched(lot_id=lot_id) for lot_id in lot_ids]
        what = {"handover": handover(connection, handover_id), "from": rfc3339(at)}
        note_change(connection, Kind.CUSTODY, f"handover-{handover_id}", what, touched, Cause.PAPERS)
