"""Mended clocks of loggers: readings stay as they came, and are read at the true time."""

from datetime import timedelta

from fastapi import APIRouter

from service.acts import clock_mends as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.future import refuse_future
from service.api.paging import Page, Paging, page
from service.api.schemas.fields import DeviceName
from service.api.schemas.registry import mending as schemas
from service.domain.instant import SECOND_US
from service.errors import RefusedError
from service.store.paging import IN_TIME
from service.store.registry.clock_mends import ClockMend, NewClockMend, clock_mends
from service.store.registry.loggers import logger

router = APIRouter(prefix="/v1", tags=["corrections"], route_class=ActRoute)


@router.post("/loggers/{logger_id:path}/clock-mends", status_code=201)
def add_clock_mend(
    logger_id: DeviceName, mend: schemas.ClockMendIn, connection: Database, actor: TheActor, now: Now
) -> schemas.ClockMend:
    """Record by how much a logger's clock was wrong. Its stored readings stay; they are read at the true time."""
    offset = timedelta(microseconds=round(mend.offset_s * SECOND_US))
    if not offset:
        raise RefusedError("offset_s", "it moves nothing; give the seconds to be added to what the clock said")
    refuse_future("until", mend.until, now)
    # Readings of tomorrow would make a silent logger look alive today.
    refuse_future("offset_s", mend.until + offset, now)
    recorded = acts.add_clock_mend(
        connection,
        actor,
        NewClockMend(
            id=mend.id,
            logger_id=logger_id,
            from_at=mend.from_,
            until_at=mend.until,
            offset_us=offset // timedelta(microseconds=1),
            reason=mend.reason,
        ),
    )
    return _clock_mend(recorded)


@router.get("/loggers/{logger_id:path}/clock-mends")
def list_clock_mends(logger_id: DeviceName, connection: Database, asked: Paging) -> Page[schemas.ClockMend]:
    """Mends of a logger's clock, in order of the time it said."""
    logger(connection, logger_id)
    return page(asked, IN_TIME, clock_mends(connection, logger_id, asked.part(IN_TIME)), _clock_mend)


def _clock_mend(row: ClockMend) -> schemas.ClockMend:
    return schemas.ClockMend(
        id=row.id,
        logger_id=row.logger_id,
        until=row.until_at,
        offset_s=row.offset_us / SECOND_US,
        reason=row.reason,
        recorded_by=row.recorded_by,
        recorded_at=row.recorded_at,
        **{"from": row.from_at},
    )
