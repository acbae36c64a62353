"""Lots: where they were, and whether they may be used."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query

from service.api.database import Database, Now, TheSettings
from service.api.registry import refuse_future
from service.api.schemas import lots as schemas
from service.api.schemas.fields import Id, Instant, Text
from service.domain import spans
from service.domain.evidence import Course, peak_c, temperatures
from service.domain.instant import END_US, from_datetime, to_datetime
from service.domain.quality import Quality
from service.domain.verdict import Answer, Verdict
from service.errors import NotFoundError, RefusedError
from service.evaluator.documents import status_document
from service.evaluator.evidence import courses
from service.evaluator.judging import JudgedLot, judge_lots, judge_now
from service.settings import Settings
from service.store import lots, verdicts
from service.store.registry import series_names

router = APIRouter(prefix="/v1/lots", tags=["lots"])


@router.post("", status_code=201)
def add_lot(lot: schemas.LotIn, connection: Database, settings: TheSettings, now: Now) -> schemas.Lot:
    """Register a lot, pinned to its product's profile."""
    refuse_future("life_starts_at", lot.life_starts_at, now)
    with connection.transaction():
        lots.add_lot(
            connection,
            lot_id=lot.id,
            product_id=lot.product_id,
            lot_number=lot.lot_number,
            units=lot.units,
            life_starts_at=lot.life_starts_at,
            life_ends_at=lot.life_ends_at,
        )
    return get_lot(lot.id, connection, settings, now)


@router.get("")
def list_lots(
    connection: Database,
    settings: TheSettings,
    now: Now,
    verdict: Verdict | None = None,
    answer: Answer | None = None,
    q: Annotated[Text | None, Query(description="Part of an id, a lot number or a product's name.")] = None,
    container: Annotated[Id | None, Query(description="Only lots that are in this container now.")] = None,
    site: Annotated[Id | None, Query(description="Only lots that are at this site now.")] = None,
) -> list[schemas.LotSummary]:
    """Lots, each with its answer as of now."""
    rows = lots.lots(connection, container_id=container, site_id=site, text=q)
    judged = {found.lot.id: found for found in judge_now(connection, [row["id"] for row in rows], settings, now)}
    summaries = [_summary(row, judged[row["id"]], now) for row in rows]
    return [x for x in summaries if verdict in (None, x.verdict) and answer in (None, x.answer)]


def _summary(row: dict[str, Any], judged: JudgedLot, now: datetime) -> schemas.LotSummary:
    status = status_document(judged, now)
    return schemas.LotSummary(**{**row, **status, "reason": status["reasons"][0]["text"]})


@router.get("/{lot_id}")
def get_lot(lot_id: Id, connection: Database, settings: TheSettings, now: Now) -> schemas.Lot:
    """One lot, with where it was, what was measured of it, and its status."""
    row = lots.lot(connection, lot_id)
    judged = _judged(connection, lot_id, settings, now)
    figures = temperatures(courses(connection, judged.lot), judged.profile)
    return schemas.Lot(
        **row,
        placements=list_placements(lot_id, connection),
        temperatures=schemas.Temperatures(
            **{name: getattr(figures, name) for name in figures.__slots__},
            activation_energy_kj_per_mol=judged.profile.activation_energy_kj_per_mol,
        ),
        status=schemas.Status(**status_document(judged, now)),
    )


@router.get("/{lot_id}/status")
def get_status(lot_id: Id, connection: Database, settings: TheSettings, now: Now) -> schemas.Status:
    """May this lot be used, as of now, and why."""
    return schemas.Status(**status_document(_judged(connection, lot_id, settings, now), now))


def _judged(connection: Database, lot_id: str, settings: Settings, now: datetime) -> JudgedLot:
    found = judge_now(connection, [lot_id], settings, now)
    if not found:
        raise NotFoundError(f"there is no lot {lot_id!r}; GET /v1/lots lists them")
    return found[0]


@router.get("/{lot_id}/placements")
def list_placements(lot_id: Id, connection: Database) -> list[schemas.Placement]:
    """Where a lot was."""
    lots.lot(connection, lot_id)
    return [_placement(row) for row in lots.placements(connection, lot_id)]


def _placement(row: dict[str, Any]) -> schemas.Placement:
    return schemas.Placement(**{**row, "from": row["from_at"], "until": row["until_at"]})


@router.post("/{lot_id}/placements", status_code=201)
def place(lot_id: Id, placement: schemas.PlacementIn, connection: Database, now: Now) -> schemas.Placement:
    """Record that a lot was put into a container; that ends the placement it was in."""
    refuse_future("from", placement.from_, now)
    refuse_future("until", placement.until, now)
    with connection.transaction():
        lots.add_placement(
            connection,
            placement_id=placement.id,
            lot_id=lot_id,
            container_id=placement.container_id,
            from_at=placement.from_,
            until_at=placement.until,
        )
    return next(x for x in list_placements(lot_id, connection) if x.id == placement.id)


@router.get("/{lot_id}/excursions")
def list_excursions(lot_id: Id, connection: Database, settings: TheSettings, now: Now) -> list[schemas.Excursion]:
    """When the lot was certainly beyond each of its limits."""
    judged = _judged(connection, lot_id, settings, now)
    measured = [course for stay in courses(connection, judged.lot) for course in stay]
    return [
        schemas.Excursion(
            **{"from": to_datetime(from_us)},
            until=None
            if found.beyond_since_us is not None and index == len(found.certain) - 1
            else to_datetime(until_us),
            direction=found.limit.direction,
            threshold_c=found.limit.threshold_c,
            duration_s=(until_us - from_us) / 1e6,
            peak_c=peak_c(measured, found.limit.direction, from_us, until_us),
        )
        for found in judged.judgement.exposure.limits
        for index, (from_us, until_us) in enumerate(found.certain.tolist())
    ]


@router.get("/{lot_id}/gaps")
def list_gaps(lot_id: Id, connection: Database, settings: TheSettings, now: Now) -> list[schemas.Gap]:
    """When nobody measured the lot."""
    exposure = _judged(connection, lot_id, settings, now).judgement.exposure
    kinds = {
        "gap": spans.subtract(exposure.gaps, exposure.homeless),
        "no_container": exposure.homeless,
        "pending": exposure.pending,
    }
    found = [
        schemas.Gap(
            **{"from": to_datetime(from_us)},
            until=to_datetime(until_us),
            kind=kind,
            duration_s=(until_us - from_us) / 1e6,
        )
        for kind, lacking in kinds.items()
        for from_us, until_us in lacking.tolist()
    ]
    return sorted(found, key=lambda gap: gap.from_)


@router.get("/{lot_id}/verdicts")
def list_verdicts(lot_id: Id, connection: Database) -> list[schemas.VerdictChange]:
    """Every change of the lot's verdict or its reasons."""
    lots.lot(connection, lot_id)
    return [schemas.VerdictChange(**row) for row in verdicts.verdicts(connection, lot_id)]


@router.get("/{lot_id}/readings")
def list_readings(
    lot_id: Id,
    connection: Database,
    now: Now,
    from_: Annotated[Instant | None, Query(alias="from")] = None,
    until: Annotated[Instant | None, Query(alias="to")] = None,
    points: Annotated[int, Query(ge=2, le=100_000, description="At most about this many points a series.")] = 2_000,
) -> list[schemas.SeriesReadings]:
    """What was measured of the lot; thinned out so that every peak is kept."""
    if from_ is not None and until is not None and until <= from_:
        raise RefusedError("to", "it must be after from")
    judged = judge_lots(connection, [lot_id], from_datetime(now))
    if not judged:
        raise NotFoundError(f"there is no lot {lot_id!r}; GET /v1/lots lists them")
    from_us = None if from_ is None else from_datetime(from_)
    until_us = END_US if until is None else from_datetime(until)
    by_stay = courses(connection, judged[0].lot, from_us, until_us)
    found = [course for stay in by_stay for course in stay]
    names = series_names(connection, [course.series_id for course in found])
    return [_thinned(course, points, *names[course.series_id]) for course in found]


def _thinned(course: Course, points: int, logger_id: str, probe: str) -> schemas.SeriesReadings:
    kept = _extremes(course, points)
    return schemas.SeriesReadings(
        container_id=course.container_id,
        series_id=course.series_id,
        logger_id=logger_id,
        probe=probe,
        at=[to_datetime(t) for t in course.times_us[kept].tolist()],
        temperature_c=[
            value if number else None
            for value, number in zip(course.temperatures_c[kept].tolist(), course.numbers[kept].tolist(), strict=True)
        ],
    )


def _extremes(course: Course, points: int) -> Sequence[int] | np.ndarray[Any, Any]:
    """Indices of the coldest and the warmest reading of each of `points` / 2 equal runs; all, if they are few."""
    count = len(course.times_us)
    if count <= points:
        return np.arange(count)
    runs = np.array_split(np.arange(count), points // 2)
    values = np.where(course.numbers, course.temperatures_c, np.nan)
    # Beyond the logger's range is farther than any of its numbers.
    values[course.qualities == Quality.HI] = np.inf
    values[course.qualities == Quality.LO] = -np.inf
    kept = [index for run in runs for index in _ends(run, values[run])]
    return np.unique(kept)


def _ends(run: np.ndarray[Any, Any], values_c: np.ndarray[Any, Any]) -> list[int]:
    if np.isnan(values_c).all():
        return [int(run[0])]
    return [int(run[np.nanargmin(values_c)]), int(run[np.nanargmax(values_c)])]
