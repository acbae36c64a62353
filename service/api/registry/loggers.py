"""Loggers: what measures."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from service.acts import loggers as acts
from service.acts.logger_ranges import record_range as record
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.paging import Page, Paging, page
from service.api.permitted import TheAccess, TheSites
from service.api.registry.logger_health import health_of, refused
from service.api.schemas.fields import DeviceName
from service.api.schemas.registry import loggers as schemas
from service.domain.instant import from_datetime
from service.domain.intake.refusals import refused_since
from service.domain.series.quality import Quality
from service.domain.series.sensor_range import sensor_range
from service.store.intake.refusals import refusals_since
from service.store.paging import BY_ID
from service.store.registry import loggers
from service.store.series.health import load_heard
from service.store.series.newest import NewestReading, last_readings

router = APIRouter(prefix="/v1", tags=["registry"], route_class=ActRoute)

_HEALTH_OVER = timedelta(days=7)


@router.post("/loggers", status_code=201)
def register_logger(
    logger: schemas.LoggerIn, connection: Database, actor: TheActor, access: TheAccess
) -> schemas.Logger:
    """Register a logger, whether or not it was heard already."""
    access.refuse_elsewhere(connection, "site", logger.site_id, "site_id")
    access.refuse_taken_elsewhere(connection, "logger", logger.id)
    acts.register_logger(
        connection,
        actor,
        logger.id,
        logger.site_id,
        logger.model,
        logger.range_min_c,
        logger.range_max_c,
        logger.firmware,
    )
    return _logger(connection, logger.id)


@router.post("/loggers/{logger_id:path}/range")
def record_range(
    logger_id: DeviceName, known: schemas.RangeIn, connection: Database, actor: TheActor
) -> schemas.Logger:
    """Record what a logger can measure, where it is not recorded yet. What it cannot show is disputed from then on.

    Where lots were judged by its readings that needs a `reason`, and is listed in `/v1/corrections`.
    """
    record(connection, actor, logger_id, **known.model_dump())
    return _logger(connection, logger_id)


@router.patch("/loggers/{logger_id:path}")
def change_logger(
    logger_id: DeviceName,
    change: schemas.LoggerChange,
    connection: Database,
    actor: TheActor,
    access: TheAccess,
    now: Now,
) -> schemas.Logger:
    """Change at which site a logger is registered, or retire it once it is attached to nothing, with the reason."""
    given = change.given()
    if "site_id" in given:
        access.refuse_elsewhere(connection, "site", change.site_id, "site_id")
    acts.change_logger(connection, actor, logger_id, given, reason=change.reason, now=now)
    return _logger(connection, logger_id)


@router.get("/loggers")
def list_loggers(
    connection: Database,
    now: Now,
    asked: Paging,
    seen_at: TheSites,
    attached: Annotated[bool | None, Query(description="Only those (not) attached to a container now.")] = None,
    registered: Annotated[bool | None, Query(description="Only those (not) registered.")] = None,
    range_known: Annotated[
        bool | None, Query(description="Only those of which both ends of the range are (not) recorded.")
    ] = None,
    silent_for_s: Annotated[
        int | None, Query(ge=0, le=2**31, description="Only those not seen for longer than this, or never.")
    ] = None,
    retired: Annotated[bool, Query(description="Those that are retired, too.")] = False,
) -> Page[schemas.Logger]:
    """Loggers, by id, the merely heard among them."""
    found = loggers.loggers(
        connection,
        attached=attached,
        registered=registered,
        range_known=range_known,
        silent_since=None if silent_for_s is None else now - timedelta(seconds=silent_for_s),
        retired=retired,
        part=asked.part(BY_ID),
        seen_at=seen_at,
    )
    return page(asked, BY_ID, _loggers(connection, found), lambda logger: logger)


@router.get("/loggers/{logger_id:path}")
def get_logger(logger_id: DeviceName, connection: Database, now: Now) -> schemas.LoggerWithHealth:
    """One logger, with its newest reading, and its health over the last seven days."""
    since = now - _HEALTH_OVER
    logger = _logger(connection, logger_id)
    heard = load_heard(connection, logger_id, from_datetime(since))
    refusals = refusals_since(connection, [logger_id], from_datetime(since)).get(logger_id, [])
    return schemas.LoggerWithHealth(
        **logger.model_dump(),
        health=health_of(heard, since),
        refused=[refused(one) for one in refused_since(refusals, None)],
    )


def _logger(connection: Database, logger_id: str) -> schemas.Logger:
    return _loggers(connection, [loggers.logger(connection, logger_id)])[0]


def _loggers(connection: Database, rows: list[loggers.Logger]) -> list[schemas.Logger]:
    newest = last_readings(connection, [row.id for row in rows])
    return [
        schemas.Logger(
            **asdict(row),
            attached=bool(row.container_ids),
            last_seen_at=newest[row.id].received_at if row.id in newest else None,
            range_known=row.range_min_c is not None and row.range_max_c is not None,
            last_reading=_last_reading(row, newest[row.id]) if row.id in newest else None,
        )
        for row in rows
    ]


def _last_reading(logger: loggers.Logger, newest: NewestReading) -> schemas.LastReading:
    number_c, quality = newest.temperature_c, Quality(newest.quality)
    shown = sensor_range(
        logger.range_min_c, logger.range_max_c, logger_id=logger.id, probe=newest.probe, model=logger.model
    )
    if quality is Quality.OK and number_c is not None and not shown.shows(number_c):
        quality = Quality.IMPOSSIBLE
    return schemas.LastReading(
        probe=newest.probe,
        measured_at=newest.measured_at,
        received_at=newest.received_at,
        temperature_c=number_c,
        quality=quality.name.lower(),
        battery_v=newest.battery_v,
        stamped_on_arrival=newest.stamped_on_arrival,
    )
