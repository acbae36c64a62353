"""Lots split into parts, and the serials of their vials."""

from dataclasses import asdict, replace

from fastapi import APIRouter

from service.acts import parts as acts
from service.answers.judging import lost_since
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now, Recorded, TheSettings
from service.api.future import refuse_future
from service.api.paging import Page, Paging, page
from service.api.permitted import TheAccess
from service.api.schemas.fields import Id
from service.api.schemas.lots import parts as schemas
from service.domain.lots.parts import NewPart, Splittable, equal_parts
from service.domain.lots.serials import SerialRange, count
from service.errors import RefusedError
from service.store.lots.lineage import BY_ID, PartLot, parts_listed, parts_named
from service.store.lots.lots import lot
from service.store.lots.serials import BY_NUMBER, KeptSerials, serials

router = APIRouter(prefix="/v1/lots", tags=["lots"], route_class=ActRoute)


@router.post("/{lot_id}/split", status_code=201)
def split_lot(
    lot_id: Id,
    asked: schemas.SplitIn,
    connection: Database,
    access: TheAccess,
    settings: TheSettings,
    now: Now,
    recorded: Recorded,
) -> schemas.SplitOff:
    """Split parts off a lot, down to one vial; each is a lot of its own from then on, with its lot's history so far.

    What is recorded late needs a `reason` where it changes time already judged, and waits for quality's signature.
    """
    refuse_future("at", asked.at, now)
    if (asked.equal is None) == (not asked.parts):
        raise RefusedError("parts", "name the parts one by one, or as many alike by `equal`: one of the two")
    for number, part in enumerate(asked.parts):
        if part.container_id is not None:
            field = f"parts.{number}.container_id"
            access.refuse_elsewhere(connection, "container", part.container_id, field)
    lost = lost_since(connection, [lot_id], settings, now)
    word = replace(recorded, reason=asked.reason, lost_since=lost)
    made = acts.split(connection, lot_id, lambda whole, begun: _parts(asked, whole, begun), asked.at or now, word)
    return schemas.SplitOff(parts=[_part(one) for one in parts_named(connection, lot_id, made)])


def _parts(asked: schemas.SplitIn, whole: Splittable, begun: int) -> list[NewPart]:
    if asked.equal is not None:
        same = asked.equal
        return equal_parts(whole, same.into, same.units_each, same.id_prefix, begun)
    return [_new_part(number, one) for number, one in enumerate(asked.parts)]


def _new_part(number: int, part: schemas.PartIn) -> NewPart:
    its = tuple(one.range for one in part.serials)
    units = part.units or count(its)
    if not units:
        raise RefusedError(f"parts.{number}.units", "say how many units it takes along, or name their serials")
    return NewPart(part.id, units, its, part.container_id, part.position)


@router.get("/{lot_id}/parts")
def list_parts(lot_id: Id, connection: Database, asked: Paging) -> Page[schemas.Part]:
    """The parts that were split off a lot, and off those too, by id. Each is a lot of its own."""
    lot(connection, lot_id)
    return page(asked, BY_ID, parts_listed(connection, lot_id, asked.part(BY_ID)), _part)


def _part(one: PartLot) -> schemas.Part:
    return schemas.Part(**asdict(one))


@router.post("/{lot_id}/serials", status_code=201)
def add_lot_serials(lot_id: Id, asked: schemas.SerialsIn, connection: Database, actor: TheActor) -> schemas.Serials:
    """Record serials of the vials of a lot, or of a part whose lot has none: a scan finds a vial's part by them."""
    acts.add_lot_serials(connection, actor, lot_id, asked.range)
    return _serials(lot_id, asked.range)


@router.get("/{lot_id}/serials")
def list_serials(lot_id: Id, connection: Database, asked: Paging) -> Page[schemas.Serials]:
    """The serials of a lot's vials, in their order; those that parts took along are among them."""
    lot(connection, lot_id)
    return page(asked, BY_NUMBER, serials(connection, lot_id, asked.part(BY_NUMBER)), _kept)


def _kept(one: KeptSerials) -> schemas.Serials:
    return _serials(one.lot_id, one.range)


def _serials(lot_id: str, its: SerialRange) -> schemas.Serials:
    return schemas.Serials(lot_id=lot_id, first=its.serial(its.first), last=its.serial(its.last), count=its.count)
