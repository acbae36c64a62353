"""Readings to draw: of a lot, or of a container."""

import math
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from service.answers.drawing import draw
from service.answers.measured import Measured, measured_in, measured_of_lot
from service.api.database import Database
from service.api.paging import Asked, Page, Paging, page_of
from service.api.schemas.fields import Id, Instant
from service.api.schemas.series import drawing as schemas
from service.api.series.asked import From, asked_us
from service.domain.instant import to_datetime
from service.domain.series.drawing import Buckets, Drawing
from service.errors import NotFoundError
from service.store.lots.lives import load_lives
from service.store.registry.attachments import attachments, judged_attachments
from service.store.registry.containers import container
from service.store.registry.loggers import SeriesName, series_names

router = APIRouter(prefix="/v1")

Points = Annotated[int, Query(ge=2, le=100_000, description="At most this many points a series.")]


@router.get("/lots/{lot_id}/readings", tags=["lots"])
def list_lot_readings(
    lot_id: Id,
    connection: Database,
    asked: Paging,
    from_: From = None,
    until: Instant | None = None,
    points: Points = 2_000,
) -> Page[schemas.SeriesReadings]:
    """What was measured of the lot, series by series; thinned out so that every peak is kept."""
    from_us, until_us = asked_us(from_, until)
    lives = load_lives(connection, [lot_id])
    if not lives:
        raise NotFoundError(f"there is no lot {lot_id!r}; give the id of one that is registered")
    [lot] = lives
    attached = judged_attachments(connection, lot.container_ids)
    return _drawn(connection, asked, measured_of_lot(attached, lot, from_us, until_us), points)


@router.get("/containers/{container_id}/readings", tags=["registry"])
def list_container_readings(
    container_id: Id,
    connection: Database,
    asked: Paging,
    from_: From = None,
    until: Instant | None = None,
    points: Points = 2_000,
) -> Page[schemas.SeriesReadings]:
    """What was measured in the container by every probe attached to it, judged or not; every peak is kept."""
    from_us, until_us = asked_us(from_, until)
    container(connection, container_id)
    return _drawn(connection, asked, measured_in(attachments(connection, container_id), from_us, until_us), points)


def _drawn(
    connection: Database, asked: Asked, measured: Sequence[Measured], points: int
) -> Page[schemas.SeriesReadings]:
    names = series_names(connection, [one.series_id for one in measured])

    def drawn(one: Measured) -> schemas.SeriesReadings:
        drawing = draw(connection, one.series_id, one.from_us, one.until_us, points)
        return _series_readings(one.container_id, names[one.series_id], drawing)

    return page_of(asked, measured, [int, str, int], lambda one: (one.from_us, one.container_id, one.series_id), drawn)


def _series_readings(container_id: str, series: SeriesName, drawing: Drawing) -> schemas.SeriesReadings:
    temperatures_c = drawing.temperatures_c.tolist()
    return schemas.SeriesReadings(
        container_id=container_id,
        series_id=series.id,
        logger_id=series.logger_id,
        probe=series.probe,
        resolution=drawing.resolution,
        at=[to_datetime(t) for t in drawing.times_us.tolist()],
        temperature_c=[_finite(value_c) for value_c in temperatures_c],
        beyond_range=[{math.inf: "HI", -math.inf: "LO"}.get(value_c) for value_c in temperatures_c],
        range_min_c=drawing.range_min_c,
        range_max_c=drawing.range_max_c,
        buckets=[] if drawing.buckets is None else _buckets(drawing.buckets),
    )


def _buckets(buckets: Buckets) -> list[schemas.Bucket]:
    return [
        schemas.Bucket(
            **{"from": to_datetime(from_us)},
            until=to_datetime(until_us),
            readings=readings,
            numbers=numbers,
            hi=hi,
            lo=lo,
            minimum_c=_finite(coldest_c),
            maximum_c=_finite(warmest_c),
            mean_c=_finite(mean_c),
            first_measured_at=to_datetime(first_us),
            last_measured_at=to_datetime(last_us),
        )
        for from_us, until_us, readings, numbers, hi, lo, coldest_c, warmest_c, mean_c, first_us, last_us in zip(
            buckets.from_us.tolist(),
            buckets.until_us.tolist(),
            buckets.readings.tolist(),
            buckets.numbers.tolist(),
            buckets.hi.tolist(),
            buckets.lo.tolist(),
            buckets.coldest_c.tolist(),
            buckets.warmest_c.tolist(),
            buckets.mean_c.tolist(),
            buckets.first_us.tolist(),
            buckets.last_us.tolist(),
            strict=True,
        )
    ]


def _finite(value_c: float) -> float | None:
    return value_c if math.isfinite(value_c) else None
