"""The quiet path: new readings that change nothing but until when their containers are measured, many at a time.

Nothing is loaded of what was measured: what the marks say of the readings is held against what is known of each series
and container (domain/exposure/quiet.py). What is not quiet is left to be loaded, as all else is.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby

import numpy as np
import structlog
from numpy.typing import NDArray

from service.domain.alerting.rule_table import LIMIT_RULES
from service.domain.exposure.quiet import (
    Arrived,
    Containers,
    Ends,
    Outcome,
    Probes,
    arrived,
    follows,
    outcomes,
    put_right,
)
from service.domain.instant import SECOND_US
from service.evaluator.working_off import Pass
from service.store.claims import EVERYTHING, Claim
from service.store.clocks import note_arrival
from service.store.dirty import PlainMark, delete_marks, load_instead, plain_marks
from service.store.exposure import generations
from service.store.exposure.quiet import Head, lock_heads, move_measured_until, restless_containers
from service.store.pool import Connection, DatabaseAwayError, OtherSchemaError
from service.store.registry.attachments import AttachedOver, attached_over
from service.store.series.ends import doubt_ends, load_ends, move_ends
from service.store.series.mended import load_mendings

log = structlog.get_logger()

#: Plain marks looked at in one transaction, in some tens of milliseconds: an alarm waits for no more.
MOST_PLAIN = 500

_CAUSES = tuple(rule.cause for rule in LIMIT_RULES)


def work_off_quiet(connection: Connection, now_us: int, claim: Claim = EVERYTHING, most: int = MOST_PLAIN) -> Pass:
    """Work off what is quiet of the plain marks that have waited longest; the others are to be loaded from now on.

    Call it inside a transaction that holds the generation.
    """
    marks = plain_marks(connection, most, claim)
    if not marks:
        return Pass()
    try:
        with connection.transaction():
            return _work_off(connection, marks, now_us)
    except (*DatabaseAwayError, *OtherSchemaError):
        raise
    except Exception:
        # Whatever it is that cannot be read, it is found among what is loaded, and keeps nothing else waiting.
        log.exception("marks cannot be looked at together; their readings are loaded")
        load_instead(connection, [mark.id for mark in marks])
        return Pass()


def _work_off(connection: Connection, marks: Sequence[PlainMark], now_us: int) -> Pass:
    new = _arrived(marks)
    found, container_of = _outcomes(connection, new, now_us)
    quiet = found == Outcome.QUIET
    series_ids = frozenset(new.series_ids[quiet].tolist())
    worked_off = [mark for mark in marks if mark.series_id in series_ids]
    moved = _moved(new, quiet, container_of)
    if worked_off:
        move_measured_until(connection, moved)
        move_ends(connection, new.of(quiet))
        delete_marks(connection, [mark.id for mark in worked_off])
    if not quiet.all():
        load_instead(connection, [mark.id for mark in marks if mark.series_id not in series_ids])
        doubt_ends(connection, new.series_ids[~quiet].tolist())
    arrivals = [mark.received_at for mark in worked_off if mark.received_at is not None]
    if arrivals:
        # At the end: another evaluator waits for this row until the transaction is over.
        note_arrival(connection, arrivals[-1])
    return Pass(len(worked_off), len(moved), quiet=len(worked_off))


def _arrived(marks: Sequence[PlainMark]) -> Arrived:
    def column(name: str) -> NDArray[np.int64]:
        return np.array([getattr(mark, name) for mark in marks], dtype=np.int64)

    return arrived(
        column("series_id"),
        column("from_us"),
        column("until_us"),
        np.array([mark.coldest_c for mark in marks], dtype=np.float64),
        np.array([mark.warmest_c for mark in marks], dtype=np.float64),
        column("step_us"),
    )


def _moved(new: Arrived, quiet: NDArray[np.bool_], container_of: Sequence[str | None]) -> dict[str, int]:
    """Until when containers are measured by what is quiet; in the order of their ids, in which they are locked."""
    moved: dict[str, int] = {}
    for is_quiet, container_id, until_us in zip(quiet.tolist(), container_of, new.until_us.tolist(), strict=True):
        if is_quiet and container_id is not None:
            moved[container_id] = max(until_us, moved.get(container_id, until_us))
    return dict(sorted(moved.items()))


def _outcomes(connection: Connection, new: Arrived, now_us: int) -> tuple[NDArray[np.int8], list[str | None]]:
    """Of each series an `Outcome`, and the container that its readings are judged for."""
    container_of: list[str | None] = [None] * len(new.series_ids)
    if generations.is_being_written(connection):
        # What is written beside would have to be moved too.
        return np.full(len(container_of), Outcome.NOT_CALM, dtype=np.int8), container_of
    ends = load_ends(connection, new.series_ids)
    found = follows(new, ends)
    following = found == Outcome.QUIET
    if not following.any():
        return found, container_of
    places = np.flatnonzero(following)
    found[places], of_following = _of_following(connection, new.of(following), ends.of(following), now_us)
    for place, container_id in zip(places.tolist(), of_following, strict=True):
        container_of[place] = container_id
    return found, container_of


def _of_following(
    connection: Connection, new: Arrived, ends: Ends, now_us: int
) -> tuple[NDArray[np.int8], list[str | None]]:
    series_ids, from_us, until_us = (x.tolist() for x in (new.series_ids, ends.measured_us, new.until_us))
    attached: defaultdict[int, list[AttachedOver]] = defaultdict(list)
    for one in attached_over(connection, series_ids, from_us, until_us):
        attached[one.series_id].append(one)
    concerned = sorted({one.container_id for some in attached.values() for one in some})
    heads = {x: list(some) for x, some in groupby(lock_heads(connection, concerned), lambda head: head.container_id)}
    since_us = {x: min(head.measured_until_us for head in some) for x, some in heads.items()}
    for series_id, end_us in zip(series_ids, from_us, strict=True):
        for one in attached[series_id]:
            if one.container_id in since_us:
                since_us[one.container_id] = min(since_us[one.container_id], end_us)
    restless = restless_containers(connection, since_us, _CAUSES)
    container_ids = list(heads)
    number_of = {container_id: number for number, container_id in enumerate(container_ids)}
    mendings = load_mendings(connection, series_ids)
    right = [put_right(mendings[x], *span) for x, *span in zip(series_ids, from_us, until_us, strict=True)]
    only = [attached[x][0] if len(attached[x]) == 1 else None for x in series_ids]
    probes = Probes(
        low_c=np.array([mendings[x].shown.low_c for x in series_ids]),
        high_c=np.array([mendings[x].shown.high_c for x in series_ids]),
        slope=np.array([x.slope for x in right]),
        offset_c=np.array([x.offset_c for x in right]),
        as_one=np.array([x.as_one for x in right]),
        container=np.array([-1 if x is None else number_of.get(x.container_id, -1) for x in only]),
        judged=np.array([x is not None and x.judged for x in only]),
        attached=np.array(
            [
                not attached[series_id]
                or (x is not None and x.container_id in number_of and (x.throughout or not x.judged))
                for series_id, x in zip(series_ids, only, strict=True)
            ]
        ),
    )
    found = outcomes(new, ends, probes, _containers(heads, restless), now_us)
    return found, [x.container_id if x is not None and x.judged else None for x in only]


def _containers(heads: dict[str, list[Head]], restless: set[str]) -> Containers:
    some = list(heads.values())
    return Containers(
        max_gap_us=np.array([min(x.max_gap_s for x in here) * SECOND_US for here in some], dtype=np.int64),
        measured_until_us=np.array([min(x.measured_until_us for x in here) for here in some], dtype=np.int64),
        silent_from_us=np.array(
            [min(x.measured_until_us + x.max_gap_s * SECOND_US for x in here) for here in some], dtype=np.int64
        ),
        above_c=np.array([min(x.above_c for x in here) for here in some], dtype=np.float64),
        below_c=np.array([max(x.below_c for x in here) for here in some], dtype=np.float64),
        calm=np.array(
            [name not in restless and not any(x.may_be_beyond for x in here) for name, here in heads.items()],
            dtype=np.bool_,
        ),
    )
