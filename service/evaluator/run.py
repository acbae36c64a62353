"""The evaluator: one at a time under an advisory lock, in passes."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from datetime import UTC, datetime

import structlog

from service.domain.alerting.limit_rules import OUTDATED_AFTER_S
from service.domain.clocks import CLOCK_TOLERANCE_US, CLOCKS_DISAGREE, AsOf
from service.domain.instant import SECOND_US, from_datetime
from service.domain.profiles import Profile
from service.evaluator.alerting.budgets import lots_to_tell_of, tell_of_budgets
from service.evaluator.alerting.limit_alerts import containers_with_alerts, update_alerts_of
from service.evaluator.alerting.past_excursions import containers_with_past, tell_of_past
from service.evaluator.alerting.sweep import sweep
from service.evaluator.rollups import roll_up_history
from service.evaluator.time_of_day import TimeOfDay
from service.evaluator.whole_records import MOST_READINGS
from service.evaluator.working_off import Pass, work_off
from service.logs import Outage
from service.store import dirty
from service.store.exposure import generations
from service.store.locks import take_evaluator_lock
from service.store.lots.verdicts import make_due
from service.store.migrate import MigrationError, refuse_unmigrated
from service.store.pool import Connection, DatabaseAwayError, connect
from service.store.registry.profiles import all_profiles
from service.store.retry import retried

log = structlog.get_logger()

#: At most this many series, containers and lots are worked off in one transaction: the next ones wait for it.
_IN_ONE_PASS = 25

#: A pass happens at least this often, woken or not.
_POLL_S = 1.0

_SWEPT = object()

#: How often all containers are looked at for what no reading tells.
_SWEEP_EVERY_S = 30.0


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
            urgent = work_off(connection, marks, as_of, most_readings)
    with _holding_generation(connection):
        oldest = work_off(connection, dirty.oldest_marks(connection, most_marks), as_of, most_readings)
    return Pass(*(a + b for a, b in zip(astuple(urgent), astuple(oldest), strict=True)))


@contextmanager
def _holding_generation(connection: Connection) -> Iterator[None]:
    with connection.transaction():
        generations.hold_generation(connection)
        yield


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
