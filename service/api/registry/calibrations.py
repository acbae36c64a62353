"""Calibrations of probes: what was measured stays, what it means is put right."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from service.acts import calibrations as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.future import refuse_future
from service.api.paging import Page, Paging, page
from service.api.permitted import TheSites
from service.api.schemas.fields import DeviceName, Id
from service.api.schemas.registry import mending as schemas
from service.store.paging import IN_TIME
from service.store.registry.calibrations import (
    BY_LOT,
    Calibration,
    LookBack,
    NewCalibration,
    calibrations,
    look_back,
)
from service.store.registry.loggers import logger

router = APIRouter(prefix="/v1", tags=["corrections"], route_class=ActRoute)


@router.post("/loggers/{logger_id:path}/calibrations", status_code=201)
def add_calibration(
    logger_id: DeviceName, calibration: schemas.CalibrationIn, connection: Database, actor: TheActor, now: Now
) -> schemas.CalibrationRecorded:
    """Record a probe's calibration. Verdicts follow; if the probe was found wrong, look back at the lots listed."""
    refuse_future("from", calibration.from_, now)
    recorded = acts.add_calibration(
        connection,
        actor,
        NewCalibration(
            id=calibration.id,
            logger_id=logger_id,
            probe=calibration.probe,
            from_at=calibration.from_,
            until_at=calibration.until,
            slope=calibration.slope,
            offset_c=calibration.offset_c,
            certificate=calibration.certificate,
            as_found=calibration.as_found,
            due_at=calibration.due_at,
        ),
    )
    lots = look_back(connection, calibration.id) if calibration.as_found == "fail" else []
    return schemas.CalibrationRecorded(**_fields(recorded), lots=[_look_back(row) for row in lots])


@router.get("/loggers/{logger_id:path}/calibrations")
def list_calibrations(logger_id: DeviceName, connection: Database, asked: Paging) -> Page[schemas.Calibration]:
    """Calibrations of a logger's probes, in order of time."""
    logger(connection, logger_id)
    found = calibrations(connection, logger_id, asked.part(IN_TIME))
    return page(asked, IN_TIME, found, lambda row: schemas.Calibration(**_fields(row)))


@router.get("/calibrations/{calibration_id}/lots")
def list_calibration_lots(
    calibration_id: Id, connection: Database, asked: Paging, seen_at: TheSites
) -> Page[schemas.LookBack]:
    """The lots a probe stood for from when it was last found right until this calibration."""
    return page(asked, BY_LOT, look_back(connection, calibration_id, asked.part(BY_LOT), seen_at), _look_back)


def _fields(row: Calibration) -> dict[str, Any]:
    return {**asdict(row), "from": row.from_at, "until": row.until_at}


def _look_back(row: LookBack) -> schemas.LookBack:
    return schemas.LookBack(
        lot_id=row.lot_id, container_id=row.container_id, until=row.until_at, **{"from": row.from_at}
    )
