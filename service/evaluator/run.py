"""The evaluator: one at a time under an advisory lock, in passes."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime

import structlog

from service.answers.judging import judge_lots
from service.domain import spans
from service.domain.alerting.limit_rules import OUTDATED_AFTER_S
from service.domain.clocks import CLOCK_TOLERANCE_US, CLOCKS_DISAGREE, AsOf
from service.domain.instant import SECOND_US, from_datetime, to_datetime
from service.domain.profiles import Profile
from service.evaluator.alerting.budgets import lots_to_tell_of, note_budgets, tell_of_budgets
from service.evaluator.alerting.limit_alerts import containers_with_alerts, update_alerts, update_alerts_of
from service.evaluator.alerting.past_excursions import containers_with_past, note_past, tell_of_past
from service.evaluator.alerting.sweep import sweep
from service.evaluator.containers import MOST_READINGS, changes_of, judge_anew, windows_of
from service.evaluator.history import Touches, record
from service.evaluator.rollups import roll_up, roll_up_history
from service.evaluator.time_of_day import TimeOfDay
from service.logs import Outage
from service.store import dirty
from service.store.alerting.at_stake import note_at_stake
from service.store.clocks import note_arrival
from service.store.dirty import Mark
from service.store.exposure import generations
from service.store.exposure.records import silent_containers
from service.store.locks import take_evaluator_lock
from service.store.lots.lives import load_lives
from service.store.lots.lots import lots_ever_in
from service.store.lots.verdicts import lots_due, make_due
from service.store.migrate import MigrationError, refuse_unmigrated
from service.store.pool import Connection, DatabaseAwayError, connect
from service.store.registry.profiles import all_profiles
from service.store.retry import retried

log = structlog.get_logger()

#: At most this many series, containers and lots are worked off in one transaction: the next ones wait for it.
_IN_ONE_PASS = 25

#: Lots whose verdict time alone may have changed, judged in one transaction.
_MOST_LOTS_DUE = 2_000

#: A pass happens at least this often, woken or not.
_POLL_S = 1.0

_SWEPT = object()

#: How often all containers are looked at for what no reading tells.
_SWEEP_EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did."""

    marks: int = 0
    containers: int = 0
    lots: int = 0
    changed_verdicts: int = 0


def evaluate_once(
    connection: Connection,
    as_of: AsOf,
    *,
    most_marks: int = _IN_ONE_PASS,
    most_readings: int = MOST_READINGS,
) -> Pass:
    """Work off what somebody may have to be told of, then what has waited longest and what time alone made due.

    Two transactions, of which the first is short. Each claims its marks first and loads readings in later statements,
    so that a reading committed in between is seen at least by the pass that finds its own mark. While the clocks of the
    service disagree, no good verdict is recorded.

    Args:
        most_marks: of what waits, this much is worked off in each transaction.
        most_readings: of one series, this many are here at a time while a whole container is judged.
    """
    urgent = Pass()
    with _holding_generation(connection):
        marks = dirty.urgent_marks(connection, most_marks, as_of.now_us - OUTDATED_AFTER_S * SECOND_US)
        if marks:
            urgent = _work_off(connection, marks, as_of, most_readings)
    with _holding_generation(connection):
        oldest = _work_off(connection, dirty.oldest_marks(connection, most_marks), as_of, most_readings)
    return Pass(*(a + b for a, b in zip(astuple(urgent), astuple(oldest), strict=True)))


@contextmanager
def _holding_generation(connection: Connection) -> Iterator[None]:
    with connection.transaction():
        generations.hold_generation(connection)
        yield


def _work_off(connection: Connection, marks: Sequence[Mark], as_of: AsOf, most_readings: int) -> Pass:
    """Judge what the marks are about and the lots it touches, and see to the alerts."""
    arrived = [(mark.id, mark.received_at) for mark in marks if mark.received_at is not None]
    if arrived:
        note_arrival(connection, max(arrived)[1])
    profiles = all_profiles(connection)
    lot_ids = {mark.lot_id for mark in marks if mark.lot_id is not None}
    changes = changes_of(connection, marks)
    windows = windows_of(connection, marks, changes)
    # A lot may bring a new profile to a container, whose thresholds it was not judged by so far.
    for lot in load_lives(connection, sorted(lot_ids)):
        for stay in lot.stays:
            windows.setdefault(stay.container_id, spans.NONE)
    if generations.is_being_written(connection):
        generations.note_windows(connection, windows)
    heard_of = sorted({container_id for change in changes for container_id in change.container_ids})
    changed = silent_containers(connection, heard_of, as_of.now_us)
    changed |= judge_anew(connection, windows, profiles, most_readings)
    # What a person did to a container may leave its record as it was, and yet be told of its lots.
    told = {mark.container_id for mark in marks if mark.container_id is not None}
    lot_ids |= set(lots_ever_in(connection, sorted(changed | told)))
    lot_ids |= set(lots_due(connection, as_of.now_us, _MOST_LOTS_DUE))
    judged = judge_lots(connection, sorted(lot_ids), as_of)
    changed_verdicts = record(connection, judged, Touches(marks, changes, changed), as_of.now_us)
    note_budgets(connection, judged, as_of.now_us, by_people=any(mark.cause is not None for mark in marks))
    update_alerts(connection, sorted(windows), profiles, as_of.now_us, judged)
    note_at_stake(
        connection, sorted({mark.lot_id for mark in marks if mark.lot_id is not None}), to_datetime(as_of.now_us)
    )
    note_past(connection, windows, changed, as_of.now_us)
    roll_up(connection, marks)
    dirty.delete_marks(connection, [mark.id for mark in marks])
    return Pass(len(marks), len(windows), len(judged), changed_verdicts)


def run(
    database_url: str,
    stop: threading.Event,
    *,
    clock_us: Callable[[], int] | None = None,
    tolerance_us: int = CLOCK_TOLERANCE_US,
) -> None:
    """Evaluate until told to stop; waits as a standby while another evaluator holds the lock."""
    clock_us = clock_us or _now_us
    outage = Outage("database away, trying again", "the database is back")
    while not stop.is_set():
        try:
            with connect(database_url, application="evaluator") as connection:
                refuse_unmigrated(connection)
                outage.is_over()
                _serve(connection, stop, clock_us, tolerance_us)
        except (*DatabaseAwayError, MigrationError) as error:
            outage.goes_on(str(error).strip())
            stop.wait(1.0)


def _serve(connection: Connection, stop: threading.Event, clock_us: Callable[[], int], tolerance_us: int) -> None:
    told = False
    while not take_evaluator_lock(connection):
        if not told:
            log.info("another evaluator is at work; standing by")
            told = True
        if stop.wait(_POLL_S):
            return
    log.info("evaluating")
    dirty.listen(connection)
    sweep_at_s, sweeping = 0.0, None
    time_of_day, disagreed = TimeOfDay(clock_us, tolerance_us), True
    while not stop.is_set():
        as_of = time_of_day.now(connection)
        if disagreed and as_of.disagreement is None:
            make_due(connection, CLOCKS_DISAGREE, as_of.now_us)
        disagreed = as_of.disagreement is not None
        done = retried(evaluate_once)(connection, as_of)
        if sweeping is None and time.monotonic() >= sweep_at_s:
            sweeping = sweep_in_batches(connection, lambda: time_of_day.now(connection).now_us)
        if sweeping is not None:
            if next(sweeping, _SWEPT) is _SWEPT:
                sweep_at_s, sweeping = time.monotonic() + _SWEEP_EVERY_S, None
        elif not done.marks and not roll_up_history(connection):
            dirty.wait_for_mark(connection, _POLL_S)


def sweep_in_batches(connection: Connection, clock_us: Callable[[], int]) -> Iterator[None]:
    """What time alone makes true: alerts taken over and left, uploads that have come to their end, silent loggers.

    A little at a time: an alarm does not wait until two hundred others are looked at.
    """
    profiles = all_profiles(connection)
    try:
        for some in _batches(containers_with_alerts(connection)):
            retried(_update_alerts_of)(connection, some, profiles, clock_us())
            yield
        for some in _batches(containers_with_past(connection, clock_us())):
            retried(tell_of_past)(connection, some, profiles, clock_us())
            yield
        for some in _batches(lots_to_tell_of(connection, clock_us())):
            retried(tell_of_budgets)(connection, some, clock_us())
            yield
        retried(sweep)(connection, profiles, clock_us())
    except DatabaseAwayError:
        raise
    except Exception:
        # Verdicts do not rest on it, and must not wait for whoever mends it.
        log.exception("containers cannot be looked at; trying again")


def _update_alerts_of(
    connection: Connection, container_ids: Sequence[str], profiles: Mapping[tuple[str, int], Profile], now_us: int
) -> None:
    with connection.transaction():
        update_alerts_of(connection, container_ids, profiles, now_us)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[first : first + _IN_ONE_PASS] for first in range(0, len(ids), _IN_ONE_PASS))


def _now_us() -> int:
    return from_datetime(datetime.now(UTC))
