"""Calibrations of probes, as people record them."""

from service.acts.explanations import list_if_judged
from service.domain.identity.actor import Actor
from service.domain.instant import BEGINNING_US, END_US
from service.domain.softening import Calibrated, Kind, why_calibration_softens
from service.domain.verdicts.causes import Cause
from service.store.acting import acting
from service.store.changes import note_change
from service.store.dirty import mark_containers
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.recorded import CALIBRATIONS, version
from service.store.registry.attachments import containers_measured_by
from service.store.registry.calibrations import (
    Calibration,
    NewCalibration,
    end_open_calibrations,
    insert_calibration,
    note_ended_by,
)
from service.store.registry.loggers import logger, series_of
from service.store.row_locks import lock_series


def add_calibration(connection: Connection, actor: Actor, calibration: NewCalibration) -> Calibration:
    """Record a calibration; it ends an earlier one without an end. What the probe ever measured is judged anew.

    Raises:
        NotFoundError: no such logger.
        ConflictError: the probe has another calibration during that time, or the id is taken.
    """
    reason = f"calibration, certificate {calibration.certificate}"
    with acting(connection, actor, reason):
        logger(connection, calibration.logger_id)
        series_id = series_of(connection, calibration.logger_id, calibration.probe)
        lock_series(connection, series_id)
        ended = end_open_calibrations(connection, series_id, calibration.from_at)
        added = insert_calibration(connection, series_id, calibration)
        note_ended_by(connection, ended, added.id)
        measured = containers_measured_by(connection, series_id, BEGINNING_US, END_US)
        list_if_judged(connection, measured, "calibration", added.id, None, added, reason)
        mark_containers(connection, measured, Cause.CALIBRATION)
        before = version(connection, CALIBRATIONS, ended[0]) if ended else None
        was = None if before is None else _calibrated(before)
        if why_calibration_softens(_calibrated(added), was) is not None:
            # What it ended had no end, and is not in force again after it.
            until_at = added.until_at if before is None else None
            touched = Touched(series_id=series_id, from_at=added.from_at, until_at=until_at)
            note_change(connection, Kind.CALIBRATION, added.id, {"calibration": added}, [touched], Cause.CALIBRATION)
    return added


def _calibrated(one: Calibration) -> Calibrated:
    return Calibrated(one.slope, one.offset_c, one.as_found, one.until_at, one.due_at)
