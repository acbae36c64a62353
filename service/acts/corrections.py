"""Slips of recording put right: the row that was wrong stays and says by what it was superseded."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from service.acts.assessments import strike_elsewhere, striking_elsewhere
from service.acts.contents import lots_in_nestings, lots_locked_in, nestings_known, refuse_not_nested, refuse_taken
from service.acts.logger_ranges import refuse_small_range
from service.acts.own_time import refuse_not_its_own
from service.acts.retirement import refuse_retired_container, refuse_retired_logger
from service.domain.custody.custody import Custody
from service.domain.identity.actor import Actor
from service.domain.instant import BEGINNING_US, END_US
from service.domain.lots.placements import Placement
from service.domain.registry.nesting import Nesting
from service.domain.softening import Kind as Kinds
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, NotFoundError, RefusedError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.corrections import note
from service.store.custody.custody import add_custody
from service.store.dirty import mark_containers, mark_lots
from service.store.lots.lineage import parts_of
from service.store.lots.lots import lots_ever_in
from service.store.lots.placements import add_placement, placements
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.recorded import (
    ABSENCES,
    ATTACHMENTS,
    CALIBRATIONS,
    CLOCK_MENDS,
    CUSTODY,
    NESTINGS,
    PLACEMENTS,
    Recorded,
    Table,
    lock_version,
    next_id,
    supersede,
    version,
)
from service.store.registry.absences import Absence
from service.store.registry.attachments import (
    Attachment,
    containers_measured_by,
    containers_of,
    containers_of_attachment,
    insert_attachment,
)
from service.store.registry.calibrations import Calibration, reopen_ended_by
from service.store.registry.clock_mends import ClockMend
from service.store.registry.contents import follow_to_site
from service.store.registry.nestings import add_nesting
from service.store.row_locks import lock_logger, lock_lots, lock_series

Kind = Literal["placement", "nesting", "attachment", "commissioning", "calibration", "clock_mend", "absence", "custody"]


@dataclass(frozen=True, slots=True)
class Correctable:
    """What can be corrected, and of which fields another value may be given.

    Without any it can only be struck, and what is right is then recorded as new.
    """

    table: Table[Any]
    changeable: frozenset[str] = frozenset()


CORRECTABLE: Mapping[Kind, Correctable] = {
    "placement": Correctable(PLACEMENTS, frozenset({"container_id", "from_at", "until_at", "position"})),
    "nesting": Correctable(NESTINGS, frozenset({"in_id", "from_at", "until_at", "position"})),
    "attachment": Correctable(ATTACHMENTS, frozenset({"container_id", "from_at", "until_at", "commissioned_at"})),
    "commissioning": Correctable(ATTACHMENTS, frozenset({"commissioned_at"})),
    "calibration": Correctable(CALIBRATIONS),
    "clock_mend": Correctable(CLOCK_MENDS),
    "absence": Correctable(ABSENCES),
    "custody": Correctable(CUSTODY, frozenset({"from_at", "until_at"})),
}


def correct(
    connection: Connection, actor: Actor, *, kind: Kind, row_id: str, change: Mapping[str, Any] | None, reason: str
) -> int:
    """Put `change` in the place of what is recorded, or nothing if it is None; returns the correction's id.

    A commissioning is struck by leaving the attachment not commissioned. Whatever is corrected waits for a signature.

    Args:
        change: fields and their new values; the others stay as they are.

    Raises:
        NotFoundError: there is no such row.
        RefusedError: what it would become may not be.
        ConflictError: it was corrected already, or overlaps with what else is recorded.
    """
    with acting(connection, actor, reason):
        done = put_right(connection, kind=kind, row_id=row_id, change=change, reason=reason)
        if isinstance(done.was, Placement):
            others = [one for one in placements(connection, done.was.lot_id) if one != done.becomes]
            strike_elsewhere(connection, done.was.lot_id, [*others, done.was])
        versions = [done.was] if done.becomes is None else [done.was, done.becomes]
        note_change(
            connection,
            Kinds.CORRECTION,
            row_id,
            {"correction": done.id, "of": kind, "was": done.was, "becomes": done.becomes},
            [one for row in versions for one in _touched(connection, row)],
            Cause.CORRECTION,
        )
    return done.id


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction: its number, and the row before and after it; None: it was struck."""

    id: int
    was: Recorded
    becomes: Recorded | None


def put_right(
    connection: Connection, *, kind: Kind, row_id: str, change: Mapping[str, Any] | None, reason: str
) -> Corrected:
    """Do what `correct` does, as a part of another act, which sees to its signature. Call it inside a transaction."""
    table = CORRECTABLE[kind].table
    was = _locked(connection, table, row_id)
    if kind == "commissioning" and change is None:
        change = {"commissioned_at": None}
    becomes = None if change is None else _changed(connection, table, was, change)
    correction_id = note(connection, kind, row_id, was, becomes, reason)
    with striking_elsewhere(connection, _taken_along(connection, was)):
        supersede(connection, table, row_id, correction_id)
        if becomes is not None:
            _insert(connection, becomes)
    if becomes is None and isinstance(was, Calibration):
        reopen_ended_by(connection, row_id)
    for concerned in [was] if becomes is None else [was, becomes]:
        _mark(connection, concerned)
    return Corrected(correction_id, was, becomes)


def _taken_along(connection: Connection, row: Recorded) -> list[str]:
    """The lots that are somewhere by what a row says of something else: of the lot they were split off, or a box."""
    match row:
        case Placement():
            return parts_of(connection, [row.lot_id])
        case Nesting():
            return lots_ever_in(connection, row.container_id)
        case _:
            return []


def _touched(connection: Connection, row: Recorded) -> list[Touched]:
    """What a version of a row is about."""
    match row:
        case Placement() | Custody():
            return [Touched(lot_id=row.lot_id)]
        case Nesting():
            return [Touched(lot_id=lot_id) for lot_id in lots_in_nestings(connection, [row])]
        case Attachment():
            return [Touched(container_id=row.container_id, from_at=row.from_at, until_at=row.until_at)]
        case Calibration():
            # Struck, it gives its time back to the one that it ended, which may go on for longer.
            return [Touched(series_id=row.series_id, from_at=row.from_at)]
        case ClockMend():
            return [touched_by_mend(row)]
        case Absence():
            attached = version(connection, ATTACHMENTS, row.attachment_id)
            series_id = None if attached is None else attached.series_id
            return [Touched(series_id=series_id, from_at=row.from_at, until_at=row.until_at)]


def touched_by_mend(mend: ClockMend) -> Touched:
    """When readings may come to lie, or have lain, that a mended clock moves.

    It has no end: a probe that was beyond a limit when it fell silent may be so until it is heard again, and nobody
    says when that was by a clock that was wrong.
    """
    offset = timedelta(microseconds=mend.offset_us)
    return Touched(logger_id=mend.logger_id, from_at=min(mend.from_at, mend.from_at + offset))


def _locked(connection: Connection, table: Table[Any], row_id: str) -> Recorded:
    _lock_owner(connection, _version(connection, table, row_id))
    superseded_by = lock_version(connection, table, row_id)
    if superseded_by is not None:
        raise ConflictError(
            f"{row_id!r} was corrected already, by correction {superseded_by}; correct what took its place"
        )
    # Once more: it may have been given an end meanwhile.
    return _version(connection, table, row_id)


def _version(connection: Connection, table: Table[Any], row_id: str) -> Recorded:
    found: Recorded | None = version(connection, table, row_id)
    if found is None:
        raise NotFoundError(f"there is no {table.thing} {row_id!r}; give the id it was recorded under")
    return found


def _lock_owner(connection: Connection, row: Recorded) -> None:
    """What a row is about comes before it in the order of locks."""
    match row:
        case Placement() | Custody():
            lock_lots(connection, [row.lot_id])
        case Nesting():
            lots_locked_in(connection, [row])
        case Attachment() | Calibration():
            lock_series(connection, row.series_id)
        case ClockMend():
            lock_logger(connection, row.logger_id)


def _changed(
    connection: Connection, table: Table[Any], was: Recorded, change: Mapping[str, Any]
) -> Placement | Nesting | Attachment | Custody:
    if replace(was, **change) == was:
        raise RefusedError("replacement", "it changes nothing; give what is to be different")
    if not isinstance(was, Placement | Nesting | Attachment | Custody):
        raise RefusedError("replacement", f"a {table.thing} can only be struck; record then what is right")
    becomes = replace(was, **change, id=next_id(connection, table, was.id))
    if becomes.until_at is not None and becomes.until_at <= becomes.from_at:
        raise RefusedError("replacement.until", f"it must be after the start, {becomes.from_at.isoformat()}")
    return becomes


def _insert(connection: Connection, row: Placement | Nesting | Attachment | Custody) -> None:
    thing = "time of custody" if isinstance(row, Custody) else type(row).__name__.lower()
    first = row.id.partition("~")[0]
    overlaps = f"what {first!r} would become overlaps with another {thing}; correct that one first"
    if isinstance(row, Custody):
        add_custody(connection, row, overlaps)
        return
    if isinstance(row, Placement):
        refuse_not_its_own(connection, [row], "replacement.from")
        refuse_taken(connection, row.container_id, row.position, row.from_at, row.until_at)
        add_placement(connection, row, overlaps)
    elif isinstance(row, Nesting):
        refuse_not_nested(connection, nestings_known(connection, row), row)
        refuse_taken(connection, row.in_id, row.position, row.from_at, row.until_at)
        add_nesting(connection, row, overlaps)
        refuse_retired_container(connection, row.in_id, row.until_at)
    else:
        refuse_small_range(connection, row.container_id, row.logger_id, row.place)
        insert_attachment(connection, row, overlaps)
        refuse_retired_logger(connection, row.logger_id, row.until_at)
    refuse_retired_container(connection, row.container_id, row.until_at)


def _mark(connection: Connection, row: Recorded) -> None:
    match row:
        case Placement() | Custody():
            mark_lots(connection, [row.lot_id], Cause.CORRECTION)
            return
        case Nesting():
            mark_lots(connection, lots_in_nestings(connection, [row]), Cause.CORRECTION)
            follow_to_site(connection, row.container_id)
            measured = [row.container_id]
        case Attachment():
            measured = [row.container_id]
        case Calibration():
            measured = containers_measured_by(connection, row.series_id, BEGINNING_US, END_US)
        case ClockMend():
            measured = containers_of(connection, [row.logger_id])
        case Absence():
            measured = containers_of_attachment(connection, row.attachment_id)
    mark_containers(connection, measured, Cause.CORRECTION)
