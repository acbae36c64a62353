"""Calibrations, mended clocks and absences of probes: what was measured stays, what it means is put right."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter

from service.api.acts import ActRoute
from service.api.database import Database, Now
from service.api.future import refuse_future
from service.api.schemas import mending as schemas
from service.api.schemas.fields import DeviceName, Id, RowId
from service.domain.instant import SECOND_US
from service.errors import RefusedError
from service.store.registry import absences, calibrations, clock_mends, loggers

router = APIRouter(prefix="/v1", tags=["corrections"], route_class=ActRoute)


@router.post("/loggers/{logger_id:path}/calibrations", status_code=201)
def add_calibration(
    logger_id: DeviceName, calibration: schemas.CalibrationIn, connection: Database, now: Now
) -> schemas.CalibrationRecorded:
    """Record a probe's calibration. Verdicts follow; if the probe was found wrong, look back at the lots listed."""
    refuse_future("from", calibration.from_, now)
    with connection.transaction():
        calibrations.add_calibration(
            connection,
            calibration_id=calibration.id,
            logger_id=logger_id,
            probe=calibration.probe,
            from_at=calibration.from_,
            until_at=calibration.until,
            slope=calibration.slope,
            offset_c=calibration.offset_c,
            certificate=calibration.certificate,
            as_found=calibration.as_found,
            due_at=calibration.due_at,
            recorded_by=calibration.recorded_by,
        )
        # Before anybody else can withdraw it; likewise below.
        rows = calibrations.calibrations(connection, logger_id)
    recorded = next(row for row in rows if row["id"] == calibration.id)
    lots = list_calibration_lots(calibration.id, connection) if calibration.as_found == "fail" else []
    return schemas.CalibrationRecorded(**_as_told(recorded), lots=lots)


@router.get("/loggers/{logger_id:path}/calibrations")
def list_calibrations(logger_id: DeviceName, connection: Database) -> list[schemas.Calibration]:
    """All calibrations of a logger's probes."""
    loggers.logger(connection, logger_id)
    return [schemas.Calibration(**_as_told(row)) for row in calibrations.calibrations(connection, logger_id)]


@router.get("/calibrations/{calibration_id}/lots")
def list_calibration_lots(calibration_id: Id, connection: Database) -> list[schemas.LookBack]:
    """The lots a probe stood for from when it was last found right until this calibration."""
    return [schemas.LookBack(**_as_told(row)) for row in calibrations.look_back(connection, calibration_id)]


@router.post("/loggers/{logger_id:path}/clock-mends", status_code=201)
def add_clock_mend(
    logger_id: DeviceName, mend: schemas.ClockMendIn, connection: Database, now: Now
) -> schemas.ClockMend:
    """Record by how much a logger's clock was wrong. Its stored readings stay; they are read at the true time."""
    offset = timedelta(microseconds=round(mend.offset_s * SECOND_US))
    if not offset:
        raise RefusedError("offset_s", "it moves nothing; give the seconds to be added to what the clock said")
    refuse_future("until", mend.until, now)
    # Readings of tomorrow would make a silent logger look alive today.
    refuse_future("offset_s", mend.until + offset, now)
    with connection.transaction():
        clock_mends.add_clock_mend(
            connection,
            mend_id=mend.id,
            logger_id=logger_id,
            from_at=mend.from_,
            until_at=mend.until,
            offset_us=offset // timedelta(microseconds=1),
            reason=mend.reason,
            recorded_by=mend.recorded_by,
        )
        found = list_clock_mends(logger_id, connection)
    return next(one for one in found if one.id == mend.id)


@router.get("/loggers/{logger_id:path}/clock-mends")
def list_clock_mends(logger_id: DeviceName, connection: Database) -> list[schemas.ClockMend]:
    """All mends of a logger's clock."""
    loggers.logger(connection, logger_id)
    return [
        schemas.ClockMend(**_as_told(row), offset_s=row["offset_us"] / SECOND_US)
        for row in clock_mends.clock_mends(connection, logger_id)
    ]


@router.post("/containers/{container_id}/attachments/{attachment_id}/absences", status_code=201)
def add_absence(
    container_id: Id, attachment_id: RowId, absence: schemas.AbsenceIn, connection: Database, now: Now
) -> schemas.Absence:
    """Record that a probe was out of its container for a while."""
    refuse_future("until", absence.until, now)
    with connection.transaction():
        absences.add_absence(
            connection,
            absence_id=absence.id,
            container_id=container_id,
            attachment_id=attachment_id,
            from_at=absence.from_,
            until_at=absence.until,
            reason=absence.reason,
            recorded_by=absence.recorded_by,
        )
        found = list_absences(container_id, attachment_id, connection)
    return next(one for one in found if one.id == absence.id)


@router.get("/containers/{container_id}/attachments/{attachment_id}/absences")
def list_absences(container_id: Id, attachment_id: RowId, connection: Database) -> list[schemas.Absence]:
    """When a probe was out of its container."""
    return [schemas.Absence(**_as_told(row)) for row in absences.absences(connection, container_id, attachment_id)]


def _as_told(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "from": row["from_at"], "until": row["until_at"]}
