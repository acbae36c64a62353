"""Whether lots can be handed over: offered by who holds them, confirmed by who is to, each as themselves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.errors import ConflictError, RefusedError, UnbrokenError

Outcome = Literal["confirmed", "refused", "withdrawn"]
State = Literal["offered", "confirmed", "refused", "withdrawn"]

#: The organisations in whose name somebody acts; None: in that of any.
OfOrganisations = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Holding:
    """A lot, and who answers for it now.

    Attributes:
        side_id: the organisation that may hand it over: of what a carrier without account has, the one that gave it to
            them; None: nobody answers for it.
        since: since when they answer for it.
        handover_id: of a carrier: by which handover they have it, which is still open.
        offered: a handover of it that waits.
    """

    lot_id: str
    side_id: str | None
    since: datetime | None
    handover_id: int | None = None
    offered: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Lots that are to be handed over to an organisation. `carrier`: who brings them, and has no account."""

    to_id: str
    at: datetime
    carrier: str | None = None
    waybill: str | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """Who ends a handover: in the name of which organisations, and by which account (None: by none)."""

    sides: OfOrganisations
    account_id: int | None


def why_not_offered(lots: Sequence[Holding], offer: Offer, sides: OfOrganisations) -> UnbrokenError | None:
    """Why these lots cannot be handed over so; None: they can. `sides`: in whose name it is done.

    Where nobody answers for any of them, it is no offer: the organisation itself takes custody.
    """
    if (offer.carrier is None) != (offer.waybill is None):
        missing = "waybill" if offer.waybill is None else "carrier"
        return RefusedError(missing, "a carrier is known by name and waybill: give both")
    if all(one.side_id is None for one in lots):
        return _why_not_begun(offer, sides)
    refused = next((why for one in lots if (why := _why_not_this(one, offer, sides))), None)
    givers = sorted({one.side_id for one in lots if one.side_id is not None})
    if refused is None and len(givers) > 1:
        return ConflictError(f"some of it is held by {givers[0]!r}, some by {givers[1]!r}; hand it over lot by lot")
    return refused


def _why_not_this(one: Holding, offer: Offer, sides: OfOrganisations) -> UnbrokenError | None:
    if one.offered is not None:
        return ConflictError(
            f"lot {one.lot_id!r} is being handed over already, by handover {one.offered}; have that confirmed, refused "
            "or withdrawn first"
        )
    if one.side_id is None or one.since is None:
        return ConflictError(f"nobody answers for lot {one.lot_id!r}; whoever has it takes custody of it first")
    if not _is_of(one.side_id, sides):
        return ConflictError(f"{one.side_id!r} holds lot {one.lot_id!r}, and you are not of it: ask them to offer it")
    if one.side_id == offer.to_id:
        return RefusedError("organisation_id", f"{offer.to_id!r} holds lot {one.lot_id!r} already; name another")
    if offer.at <= one.since:
        since = _date(one.since)
        return RefusedError("at", f"{one.side_id!r} holds lot {one.lot_id!r} since {since}; give a later time")
    return None


def _why_not_begun(offer: Offer, sides: OfOrganisations) -> UnbrokenError | None:
    if offer.carrier is not None:
        return RefusedError("carrier", "nobody answers for it yet; its own organisation takes custody of it first")
    if not _is_of(offer.to_id, sides):
        return RefusedError(
            "organisation_id",
            "nobody answers for it yet: first somebody takes custody in the name of an organisation of their own",
        )
    return None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A handover that may be ended.

    Attributes:
        account_id: who alone may confirm or refuse it; None: whoever acts for the receiver.
        offered_by: the account that offered it; None: none did.
        steps: what became of it so far.
        moved: of its lots, one that is not held by who gave it any more; None: all are.
    """

    id: int
    from_id: str | None
    to_id: str
    carrier: str | None
    offered_at: datetime
    account_id: int | None
    offered_by: int | None
    steps: Collection[Outcome]
    moved: str | None = None

    @property
    def state(self) -> State:
        """What became of it."""
        return state_of(self.steps)


def state_of(steps: Collection[Outcome]) -> State:
    """What became of a handover; what a carrier has and its receiver refused may be withdrawn then."""
    for outcome in ("confirmed", "withdrawn", "refused"):
        if outcome in steps:
            return outcome
    return "offered"


def why_not_ended(one: Waiting, outcome: Outcome, by: Party, at: datetime) -> UnbrokenError | None:
    """Why a handover cannot be ended so; None: it can."""
    taken_back = outcome == "withdrawn" and one.carrier is not None and one.state == "refused"
    if one.state != "offered" and not taken_back:
        return ConflictError(f"handover {one.id} is {one.state} already; offer the lots anew if they are to go")
    if why := _why_not_by(one, outcome, by):
        return ConflictError(f"handover {one.id}: {why}")
    if outcome != "refused" and one.moved is not None:
        return ConflictError(f"who offered lot {one.moved!r} does not hold it any more; refuse this, and begin anew")
    if at < one.offered_at or (at == one.offered_at and one.carrier is not None):
        return RefusedError("at", f"it was offered at {_date(one.offered_at)}; give a later time")
    return None


def _why_not_by(one: Waiting, outcome: Outcome, by: Party) -> str | None:
    side = one.from_id if outcome == "withdrawn" else one.to_id
    if side is None or not _is_of(side, by.sides):
        return f"that is for {side!r} to say, and you are not of it"
    if outcome == "withdrawn":
        return None
    if one.account_id is not None and by.account_id != one.account_id:
        return "it is offered to another account; ask whoever that is"
    if outcome == "confirmed" and (by.account_id is None or by.account_id == one.offered_by):
        return "each side confirms as itself; log in by another account than offered it"
    return None


def _is_of(organisation_id: str, sides: OfOrganisations) -> bool:
    return sides is None or organisation_id in sides


def _date(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
