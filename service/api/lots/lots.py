"""Lots: where they were, and whether they may be used."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from service.acts import lot_changes as acts
from service.acts.lots import register_lot
from service.acts.placements import place
from service.answers.documents import VERDICT_TEXTS, forecast_document, status_document
from service.answers.evidence import courses
from service.answers.excursions import excursions_of
from service.answers.forecasts import forecast_of
from service.answers.judging import JudgedLot, judge_now, lost_since
from service.answers.listing import Told, counted_lots, told_lots
from service.api.acts import ActRoute
from service.api.database import Database, Now, Recorded, TheSettings
from service.api.future import refuse_future
from service.api.paging import Page, Paging, page, page_of
from service.api.permitted import TheAccess, TheSites
from service.api.schemas.fields import Id, Text
from service.api.schemas.lots import lots as schemas
from service.api.schemas.lots.status import Status
from service.api.schemas.series.forecast import Forecast, LotForecast
from service.domain import spans
from service.domain.answers.answer import Answer
from service.domain.exposure.evidence import Temperatures, temperatures
from service.domain.exposure.excursions import Excursion
from service.domain.instant import SECOND_US, from_datetime, to_datetime
from service.domain.lots.placements import Placement
from service.domain.profiles import Profile
from service.domain.spans import Spans
from service.domain.verdicts.verdict import Verdict
from service.errors import NotFoundError, RefusedError
from service.settings import Settings
from service.store.lots.listing import WORST_FIRST, Chosen
from service.store.lots.lots import NewLot, lot
from service.store.lots.moves import unconfirmed_moves
from service.store.lots.placements import placements
from service.store.lots.verdicts import OLDEST_FIRST, VerdictChange, verdicts
from service.store.paging import IN_TIME
from service.store.pool import Connection

router = APIRouter(prefix="/v1/lots", tags=["lots"], route_class=ActRoute)

_Lacking = Literal["gap", "no_container", "pending"]


@router.post("", status_code=201)
def add_lot(
    lot_in: schemas.LotIn, connection: Database, recorded: Recorded, settings: TheSettings, now: Now
) -> schemas.Lot:
    """Register a lot, pinned to its product's profile."""
    refuse_unregistrable(lot_in, now)
    register_lot(connection, NewLot(**dict(lot_in)), recorded)
    return get_lot(lot_in.id, connection, settings, now)


def refuse_unregistrable(lot_in: schemas.LotIn, now: datetime) -> None:
    """What no lot can be.

    Raises:
        RefusedError: its life begins in the future, or its id is an address of something else.
    """
    refuse_future("life_starts_at", lot_in.life_starts_at, now)
    if lot_in.id == "counts":
        raise RefusedError("id", "/v1/lots/counts is an address of its own; choose another id")


Search = Annotated[Text | None, Query(description="Part of an id, a lot number or a product's name.")]
OfContainer = Annotated[Id | None, Query(description="Only lots that are in this container now.")]
OfSite = Annotated[Id | None, Query(description="Only lots that are at this site now.")]


@router.get("")
def list_lots(
    connection: Database,
    settings: TheSettings,
    now: Now,
    asked: Paging,
    seen_at: TheSites,
    verdict: Verdict | None = None,
    answer: Answer | None = None,
    q: Search = None,
    container_id: OfContainer = None,
    site_id: OfSite = None,
) -> Page[schemas.LotSummary]:
    """Lots, worst first by what was judged of each last. An answer that may not hold any more is `not_proven`."""
    chosen = Chosen(answer, verdict, container_id, site_id, q, seen_at)
    found = told_lots(connection, chosen, asked.part(WORST_FIRST), settings, now)
    return page(asked, WORST_FIRST, found, _summary)


@router.get("/counts")
def get_lot_counts(
    connection: Database,
    settings: TheSettings,
    now: Now,
    seen_at: TheSites,
    q: Search = None,
    container_id: OfContainer = None,
    site_id: OfSite = None,
) -> schemas.LotCounts:
    """How many lots have which answer and verdict, as the list tells them: it reads all of them."""
    chosen = Chosen(container_id=container_id, site_id=site_id, text=q, seen_at=seen_at)
    return schemas.LotCounts(**asdict(counted_lots(connection, chosen, settings, now)))


def _summary(told: Told) -> schemas.LotSummary:
    return schemas.LotSummary(
        **{
            **asdict(told.lot),
            "verdict_text": VERDICT_TEXTS[told.verdict],
            "reason": told.reason,
            "limits": told.lot.limits or [],
        }
    )


@router.get("/{lot_id}")
def get_lot(lot_id: Id, connection: Database, settings: TheSettings, now: Now) -> schemas.Lot:
    """One lot, with where it was, what was measured of it, and its status."""
    registered = lot(connection, lot_id)
    judged = _judged(connection, lot_id, settings, now)
    figures = temperatures(courses(connection, judged.lot), judged.profile)
    return schemas.Lot(
        **asdict(registered),
        placements=_placements(connection, lot_id, placements(connection, lot_id)),
        temperatures=_temperatures(figures, judged.profile),
        status=Status(**status_document(judged, now)),
    )


def _temperatures(found: Temperatures, profile: Profile) -> schemas.Temperatures:
    return schemas.Temperatures(
        readings=found.readings,
        without_number=found.without_number,
        minimum_c=None if found.minimum is None else found.minimum.temperature_c,
        minimum_is=None if found.minimum is None else found.minimum.bound,
        maximum_c=None if found.maximum is None else found.maximum.temperature_c,
        maximum_is=None if found.maximum is None else found.maximum.bound,
        mean_c=found.mean_c,
        mean_kinetic_c=found.mean_kinetic_c,
        means_leave_out_s=found.left_out_us / SECOND_US,
        activation_energy_kj_per_mol=profile.activation_energy_kj_per_mol,
    )


@router.patch("/{lot_id}")
def change_lot(
    lot_id: Id,
    change: schemas.LotChange,
    connection: Database,
    recorded: Recorded,
    settings: TheSettings,
    now: Now,
) -> schemas.Lot:
    """Change a lot's life, expiry or units, with the reason. What may make its answer better waits for a signature."""
    refuse_future("life_starts_at", change.life_starts_at, now)
    acts.change_lot(connection, lot_id, change.given(), replace(recorded, reason=change.reason))
    return get_lot(lot_id, connection, settings, now)


@router.post("/{lot_id}/profile")
def repin_lot(
    lot_id: Id,
    profile: schemas.LotProfileIn,
    connection: Database,
    recorded: Recorded,
    settings: TheSettings,
    now: Now,
) -> schemas.Lot:
    """Have a lot judged by another adopted version of its profile; until quality signs that, it is not proven."""
    word = replace(recorded, reason=profile.reason)
    version, profile_id = profile.profile_version, profile.profile_id
    acts.repin_lot(connection, lot_id, word, profile_version=version, profile_id=profile_id)
    return get_lot(lot_id, connection, settings, now)


def _judged(connection: Database, lot_id: str, settings: Settings, now: datetime) -> JudgedLot:
    found = judge_now(connection, [lot_id], settings, now)
    if not found:
        raise NotFoundError(f"there is no lot {lot_id!r}; give the id of one that is registered")
    return found[0]


@router.get("/{lot_id}/forecast")
def get_lot_forecast(lot_id: Id, connection: Database, settings: TheSettings, now: Now) -> LotForecast:
    """Which limit of a lot's own will be crossed first, and when its budget is gone, if it goes on as now."""
    found = forecast_of(connection, _judged(connection, lot_id, settings, now), from_datetime(now))
    return LotForecast(as_of=now, forecast=None if found is None else Forecast(**forecast_document(found)))


@router.get("/{lot_id}/placements")
def list_placements(lot_id: Id, connection: Database, asked: Paging) -> Page[schemas.Placement]:
    """Where a lot was, in order of time."""
    lot(connection, lot_id)
    moves = _unconfirmed(connection, lot_id)
    part = placements(connection, lot_id, asked.part(IN_TIME))
    return page(asked, IN_TIME, part, lambda one: _placement(one, moves))


def _placements(connection: Connection, lot_id: str, found: Sequence[Placement]) -> list[schemas.Placement]:
    moves = _unconfirmed(connection, lot_id)
    return [_placement(one, moves) for one in found]


def _unconfirmed(connection: Connection, lot_id: str) -> set[tuple[str, int]]:
    """Where and when moves begin that a link recorded and nobody confirmed."""
    return {(move.to_id, move.moved_at_us) for move in unconfirmed_moves(connection, [lot_id]).get(lot_id, ())}


def _placement(one: Placement, unconfirmed: Collection[tuple[str, int]] = ()) -> schemas.Placement:
    said = (one.container_id, from_datetime(one.from_at)) in unconfirmed
    return schemas.Placement(**{**asdict(one), "from": one.from_at, "until": one.until_at}, unconfirmed=said)


@router.post("/{lot_id}/placements", status_code=201)
def place_lot(
    lot_id: Id,
    placement: schemas.PlacementIn,
    connection: Database,
    access: TheAccess,
    settings: TheSettings,
    now: Now,
    recorded: Recorded,
) -> schemas.Placement:
    """Record that a lot was put into a container; that ends the placement it was in.

    What changes time already judged needs a `reason`. `/v1/corrections` lists it with what it did.
    """
    access.refuse_elsewhere(connection, "container", placement.container_id, "container_id")
    refuse_future("from", placement.from_, now)
    refuse_future("until", placement.until, now)
    lost = lost_since(connection, [lot_id], settings, now)
    new = Placement(placement.id, lot_id, placement.container_id, placement.from_, placement.until, placement.position)
    place(connection, new, replace(recorded, reason=placement.reason, lost_since=lost), placement.then)
    return _placement(new)


@router.get("/{lot_id}/excursions")
def list_excursions(
    lot_id: Id, connection: Database, settings: TheSettings, now: Now, asked: Paging
) -> Page[schemas.Excursion]:
    """When the lot was beyond each of its limits, flutter joined; an opened door is shown though it may not count."""
    judged = _judged(connection, lot_id, settings, now)
    limits = [figures.limit for figures in judged.judgement.limits]
    return page_of(
        asked,
        excursions_of(connection, judged, from_datetime(now)),
        [int, int],
        lambda one: (one.from_us, limits.index(one.limit)),
        _excursion,
    )


def _excursion(one: Excursion) -> schemas.Excursion:
    return schemas.Excursion(
        **{"from": to_datetime(one.from_us)},
        until=None if one.ended is None else to_datetime(one.until_us),
        direction=one.limit.direction,
        threshold_c=one.limit.threshold_c,
        duration_s=(one.until_us - one.from_us) / SECOND_US,
        certain_s=one.certain_us / SECOND_US,
        crossings=one.crossings,
        peak_c=None if one.peak is None else one.peak.temperature_c,
        peak_is=None if one.peak is None else one.peak.bound,
        degree_minutes=one.degree_minutes,
        degree_minutes_is=one.degree_minutes_is,
        open=one.ended is None,
        ended=one.ended,
    )


@router.get("/{lot_id}/gaps")
def list_gaps(lot_id: Id, connection: Database, settings: TheSettings, now: Now, asked: Paging) -> Page[schemas.Gap]:
    """When nobody measured the lot."""
    exposure = _judged(connection, lot_id, settings, now).judgement.exposure
    kinds: dict[_Lacking, Spans] = {
        "gap": spans.subtract(exposure.gaps, exposure.unplaced),
        "no_container": exposure.unplaced,
        "pending": exposure.pending,
    }
    found = [(from_us, until_us, kind) for kind, lacking in kinds.items() for from_us, until_us in lacking.tolist()]
    return page_of(asked, found, [int, str], lambda one: (one[0], one[2]), lambda one: _gap(*one))


def _gap(from_us: int, until_us: int, kind: _Lacking) -> schemas.Gap:
    return schemas.Gap(
        **{"from": to_datetime(from_us)},
        until=to_datetime(until_us),
        kind=kind,
        duration_s=(until_us - from_us) / SECOND_US,
    )


@router.get("/{lot_id}/verdicts")
def list_verdicts(lot_id: Id, connection: Database, asked: Paging) -> Page[schemas.VerdictChange]:
    """Every change of the lot's verdict or its reasons, oldest first."""
    lot(connection, lot_id)
    return page(asked, OLDEST_FIRST, verdicts(connection, lot_id, asked.part(OLDEST_FIRST)), _change)


def _change(one: VerdictChange) -> schemas.VerdictChange:
    return schemas.VerdictChange.model_validate(one, from_attributes=True)
