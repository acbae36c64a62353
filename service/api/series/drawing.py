"""Readings to draw: of a lot, or of a container."""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from service.answers.drawing import draw
from service.answers.evidence import attached_to
from service.api.database import Database
from service.api.schemas.fields import Id, Instant
from service.api.schemas.series import drawing as schemas
from service.domain.instant import BEGINNING_US, END_US, from_datetime, to_datetime
from service.domain.series.drawing import Buckets, Drawing
from service.errors import NotFoundError, RefusedError
from service.store.instants import or_end
from service.store.lots.lives import load_lives
from service.store.registry.attachments import attachments
from service.store.registry.containers import container
from service.store.registry.loggers import SeriesName, series_names

router = APIRouter(prefix="/v1")

From = Annotated[Instant | None, Query(alias="from")]
Points = Annotated[int, Query(ge=2, le=100_000, description="At most this many points a series.")]


@router.get("/lots/{lot_id}/readings", tags=["lots"])
def list_lot_readings(
    lot_id: Id, connection: Database, from_: From = None, until: Instant | None = None, points: Points = 2_000
) -> list[schemas.SeriesReadings]:
    """What was measured of the lot; thinned out so that every peak is kept."""
    from_us, until_us = _asked_us(from_, until)
    found = load_lives(connection, [lot_id])
    if not found:
        raise NotFoundError(f"there is no lot {lot_id!r}; give the id of one that is registered")
    by_stay = attached_to(connection, found[0], from_us, until_us)
    spans = [(x.container_id, x.series_id, x.from_us, x.until_us) for stay in by_stay for x in stay]
    return _drawn(connection, spans, points)


@router.get("/containers/{container_id}/readings", tags=["registry"])
def list_container_readings(
    container_id: Id, connection: Database, from_: From = None, until: Instant | None = None, points: Points = 2_000
) -> list[schemas.SeriesReadings]:
    """What was measured in the container by every probe attached to it, judged or not; every peak is kept."""
    from_us, until_us = _asked_us(from_, until)
    container(connection, container_id)
    cut = [
        (
            container_id,
            row.series_id,
            max(from_us, from_datetime(row.from_at)),
            min(until_us, or_end(row.until_at)),
        )
        for row in attachments(connection, container_id)
    ]
    return _drawn(connection, [span for span in cut if span[2] < span[3]], points)


def _asked_us(from_: datetime | None, until: datetime | None) -> tuple[int, int]:
    if from_ is not None and until is not None and until <= from_:
        raise RefusedError("until", "it must be after from")
    return (
        BEGINNING_US if from_ is None else from_datetime(from_),
        END_US if until is None else from_datetime(until),
    )


def _drawn(
    connection: Database, spans: Iterable[tuple[str, int, int, int]], points: int
) -> list[schemas.SeriesReadings]:
    """`spans`: container id, series id, from and until."""
    spans = list(spans)
    names = series_names(connection, [series_id for _, series_id, _, _ in spans])
    return [
        _series_readings(container_id, names[series_id], draw(connection, series_id, from_us, until_us, points))
        for container_id, series_id, from_us, until_us in spans
    ]


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
