"""What a chart shows of a lot, or of a container."""

import math
from collections.abc import Mapping
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query
from numpy.typing import NDArray

from service.answers.charts import Chart, Line, container_chart, lot_chart
from service.answers.judging import judge_now
from service.api.database import Database, Now, TheSettings
from service.api.schemas.fields import Id, Instant
from service.api.schemas.series import charts as schemas
from service.api.series.asked import From, asked_us
from service.domain.instant import from_datetime
from service.domain.spans import Spans
from service.errors import NotFoundError
from service.store.lots.lots import lot
from service.store.registry.containers import Container, container, containers_by_id
from service.store.registry.loggers import SeriesName, series_names
from service.store.registry.profiles import profile_in_version
from service.store.registry.sites import site

router = APIRouter(prefix="/v1")

Points = Annotated[int, Query(ge=2, le=4_000, description="About so many points a line: as many as it is wide.")]

#: Decimals of a temperature, more than any logger of a cold chain has.
_DECIMALS = 3


@router.get("/lots/{lot_id}/chart", tags=["lots"])
def get_lot_chart(
    lot_id: Id,
    connection: Database,
    settings: TheSettings,
    now: Now,
    from_: From = None,
    until: Instant | None = None,
    points: Points = 1_000,
) -> schemas.Chart:
    """All that a chart of the lot's temperature shows, across the containers it was in; no peak is averaged away."""
    judged = judge_now(connection, [lot_id], settings, now)
    if not judged:
        raise NotFoundError(f"there is no lot {lot_id!r}; give the id of one that is registered")
    found = lot_chart(connection, judged[0], from_datetime(now), *asked_us(from_, until), points)
    its_site = lot(connection, lot_id).site_id
    shown_in = {line.container_id for line in found.lines} | {place.container_id for place in found.places}
    return _told(connection, found, containers_by_id(connection, shown_in), its_site)


@router.get("/containers/{container_id}/chart", tags=["registry"])
def get_container_chart(
    container_id: Id,
    connection: Database,
    now: Now,
    from_: From = None,
    until: Instant | None = None,
    points: Points = 1_000,
) -> schemas.Chart:
    """All that a chart of a container's temperature shows, of every probe in it; no peak is averaged away."""
    its = container(connection, container_id)
    profile = profile_in_version(connection, its.profile_key)
    now_us = from_datetime(now)
    found = container_chart(connection, its, profile, now_us, *asked_us(from_, until), points)
    return _told(connection, found, {its.id: its}, its.site_id)


def _told(
    connection: Database, chart: Chart, containers: Mapping[str, Container], site_id: str | None
) -> schemas.Chart:
    names = series_names(connection, [line.series_id for line in chart.lines])
    return schemas.Chart(
        from_ms=chart.from_us // 1000,
        until_ms=chart.until_us // 1000,
        whole_ms=(chart.whole[0] // 1000, chart.whole[1] // 1000),
        width_ms=chart.width_us / 1000,
        time_zone="UTC" if site_id is None else site(connection, site_id).time_zone,
        lines=[_line(line, names[line.series_id], containers, chart.max_gap_us) for line in chart.lines],
        limits=[
            schemas.ChartLimit(
                direction=limit.direction,
                threshold_c=limit.threshold_c,
                effect=limit.effect,
                text=limit.text,
                beyond_ms=_stretches(beyond),
            )
            for limit, beyond in zip(chart.limits, chart.beyond, strict=True)
        ],
        disputed_ms=_stretches(chart.disputed),
        gaps_ms=_stretches(chart.gaps),
        places=[
            schemas.ChartPlace(
                container_id=place.container_id,
                container_name=containers[place.container_id].name,
                from_ms=place.from_us // 1000,
                until_ms=place.until_us // 1000,
            )
            for place in chart.places
        ],
    )


def _line(line: Line, name: SeriesName, containers: Mapping[str, Container], max_gap_us: int) -> schemas.ChartLine:
    strip = line.strip
    single = bool((strip.first_us == strip.last_us).all())
    # Where it was silent for longer than readings may be apart, the line ends and begins anew.
    breaks = np.flatnonzero(strip.first_us[1:] - strip.last_us[:-1] > max_gap_us) + 1
    at_us = np.insert((strip.first_us + strip.last_us) // 2, breaks, strip.last_us[breaks - 1] + 1000)

    def told(values_c: NDArray[np.float64]) -> list[schemas.Shown]:
        return [_shown(value_c) for value_c in np.insert(values_c, breaks, np.nan).round(_DECIMALS).tolist()]

    return schemas.ChartLine(
        container_id=line.container_id,
        container_name=containers[line.container_id].name,
        logger_id=name.logger_id,
        probe=name.probe,
        at_ms=(at_us // 1000).tolist(),
        coldest_c=[] if single else told(strip.coldest_c),
        warmest_c=told(strip.warmest_c),
        mean_c=[]
        if single
        else [None if math.isnan(x) else x for x in np.insert(strip.mean_c, breaks, np.nan).round(_DECIMALS).tolist()],
        left_out=[] if single or not strip.left_out.any() else np.insert(strip.left_out, breaks, 0).tolist(),
        range_min_c=line.range_min_c,
        range_max_c=line.range_max_c,
    )


def _shown(value_c: float) -> schemas.Shown:
    if math.isfinite(value_c):
        return value_c
    return None if math.isnan(value_c) else "HI" if value_c > 0 else "LO"


def _stretches(some: Spans) -> list[tuple[int, int]]:
    return [(from_us // 1000, until_us // 1000) for from_us, until_us in some.tolist()]
