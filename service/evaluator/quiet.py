"""The quiet path: new readings that change nothing but until when their containers are measured, many at a time.

Nothing is loaded of what was measured: what the marks say of the readings is held against what is known of each series
and container (domain/exposure/quiet.py). What is not quiet is left to be loaded, as all else is.
"""

from collections.abc import Sequence

import numpy as np
import structlog
from numpy.typing import NDArray

from service.domain.alerting.rule_table import LIMIT_RULES
from service.domain.exposure.quiet import (
    NOTHING_PUT_RIGHT,
    Arrived,
    Containers,
    Outcome,
    Probes,
    PutRight,
    arrived,
    follows,
    outcomes,
    put_right,
)
from service.domain.instant import BEGINNING_US, to_datetime
from service.evaluator.working_off import Pass
from service.store.claims import EVERYTHING, Claim
from service.store.clocks import note_arrival
from service.store.dirty import PlainMarks, delete_marks, load_instead, plain_marks
from service.store.exposure import generations
from service.store.exposure.quiet import Heads, heads_of, lock_records_of, move_measured_until, restless_containers
from service.store.pool import Connection, DatabaseAwayError, OtherSchemaError
from service.store.registry.attachments import LiveAttachments, live_attachments
from service.store.series.ends import KnownSeries, doubt_ends, load_known, move_ends
from service.store.series.mended import load_mendings

log = structlog.get_logger()

#: Plain marks looked at in one transaction, in some tens of milliseconds: an alarm waits for no more.
MOST_PLAIN = 1_700

_CAUSES = tuple(rule.cause for rule in LIMIT_RULES)


def work_off_quiet(connection: Connection, now_us: int, claim: Claim = EVERYTHING, most: int = MOST_PLAIN) -> Pass:
    """Work off what is quiet of the plain marks that have waited longest; the others are to be loaded from now on.

    Call it inside a transaction that holds the generation.
    """
    marks = plain_marks(connection, most, claim)
    if not len(marks):
        return Pass()
    try:
        with connection.transaction():
            return _work_off(connection, marks, now_us)
    except (*DatabaseAwayError, *OtherSchemaError):
        raise
    except Exception:
        # Whatever it is that cannot be read, it is found among what is loaded, and keeps nothing else waiting.
        log.exception("marks cannot be looked at together; their readings are loaded")
        load_instead(connection, marks.id)
        return Pass()


def _work_off(connection: Connection, marks: PlainMarks, now_us: int) -> Pass:
    new = arrived(marks.series_id, marks.from_us, marks.until_us, marks.coldest_c, marks.warmest_c, marks.step_us)
    found, container_of = _outcomes(connection, new, now_us)
    quiet = found == Outcome.QUIET
    worked_off = np.isin(marks.series_id, new.series_ids[quiet])
    moved = _moved(new, quiet, container_of)
    if worked_off.any():
        move_measured_until(connection, moved)
        move_ends(connection, new.of(quiet))
        delete_marks(connection, marks.id[worked_off])
    if not worked_off.all():
        load_instead(connection, marks.id[~worked_off])
        doubt_ends(connection, new.series_ids[~quiet])
    arrivals_us = marks.received_us[worked_off & (marks.received_us > BEGINNING_US)]
    if len(arrivals_us):
        # At the end: another evaluator waits for this row until the transaction is over.
        note_arrival(connection, to_datetime(int(arrivals_us[-1])))
    count = int(np.count_nonzero(worked_off))
    return Pass(count, len(moved), quiet=count)


def _moved(new: Arrived, quiet: NDArray[np.bool_], container_of: Sequence[str | None]) -> dict[str, int]:
    """Until when containers are measured by what is quiet; in the order of their ids, in which they are locked."""
    moved: dict[str, int] = {}
    for is_quiet, container_id, until_us in zip(quiet.tolist(), container_of, new.until_us.tolist(), strict=True):
        if is_quiet and container_id is not None:
            moved[container_id] = max(until_us, moved.get(container_id, until_us))
    return dict(sorted(moved.items()))


def _outcomes(connection: Connection, new: Arrived, now_us: int) -> tuple[NDArray[np.int8], Sequence[str | None]]:
    """Of each series an `Outcome`, and the container that its readings are judged for."""
    container_of: list[str | None] = [None] * len(new.series_ids)
    if generations.is_being_written(connection):
        # What is written beside would have to be moved too.
        return np.full(len(container_of), Outcome.NOT_CALM, dtype=np.int8), container_of
    known = load_known(connection, new.series_ids)
    found = follows(new, known.ends)
    following = np.flatnonzero(found == Outcome.QUIET)
    if len(following):
        new, known = new.of(following), known.of(following)
        found[following], attached = _of_following(connection, new, known, now_us)
        for place, container_id, judged in zip(
            following.tolist(), attached.container_ids, attached.judged.tolist(), strict=True
        ):
            container_of[place] = container_id if judged else None
    return found, container_of


def _of_following(
    connection: Connection, new: Arrived, known: KnownSeries, now_us: int
) -> tuple[NDArray[np.int8], LiveAttachments]:
    # What another pass judged while the lock was waited for may have been the end of an attachment.
    locked = lock_records_of(connection, new.series_ids)
    attached = live_attachments(connection, new.series_ids, known.ends.measured_us)
    heads = heads_of(connection, locked)
    number_of: dict[str, int] = {}
    of_head = np.array([number_of.setdefault(x, len(number_of)) for x in heads.container_ids], dtype=np.int64)
    container = np.array([-1 if x is None else number_of.get(x, -1) for x in attached.container_ids], dtype=np.int64)
    was_judged = np.array([x is None or x in number_of for x in attached.container_ids], dtype=np.bool_)
    right = _put_right(connection, new, known)
    probes = Probes(
        low_c=known.low_c,
        high_c=known.high_c,
        slope=np.array([x.slope for x in right]),
        offset_c=np.array([x.offset_c for x in right]),
        as_one=np.array([x.as_one for x in right]),
        container=container,
        judged=attached.judged,
        attached=attached.throughout & was_judged,
    )
    first = np.flatnonzero(np.diff(of_head, prepend=-1))
    since_us = np.minimum.reduceat(heads.measured_until_us, first)
    np.minimum.at(since_us, container[container >= 0], known.ends.measured_us[container >= 0])
    restless = restless_containers(connection, list(number_of), since_us, _CAUSES)
    containers = _containers(heads, first, [x not in restless for x in number_of])
    return outcomes(new, known.ends, probes, containers, now_us), attached


def _put_right(connection: Connection, new: Arrived, known: KnownSeries) -> list[PutRight]:
    series_ids = new.series_ids[known.is_put_right].tolist()
    mendings = load_mendings(connection, series_ids) if series_ids else {}
    return [
        put_right(mendings[series_id], end_us, until_us) if series_id in mendings else NOTHING_PUT_RIGHT
        for series_id, end_us, until_us in zip(
            new.series_ids.tolist(), known.ends.measured_us.tolist(), new.until_us.tolist(), strict=True
        )
    ]


def _containers(heads: Heads, first: NDArray[np.intp], rested: Sequence[bool]) -> Containers:
    """All records of each container together; `first`: where those of each begin."""
    calm = np.array(rested, dtype=np.bool_)
    return Containers(
        max_gap_us=np.minimum.reduceat(heads.max_gap_us, first),
        measured_until_us=np.minimum.reduceat(heads.measured_until_us, first),
        silent_from_us=np.minimum.reduceat(heads.measured_until_us + heads.max_gap_us, first),
        above_c=np.minimum.reduceat(heads.above_c, first),
        below_c=np.maximum.reduceat(heads.below_c, first),
        calm=calm & ~np.logical_or.reduceat(heads.may_be_beyond, first),
    )
