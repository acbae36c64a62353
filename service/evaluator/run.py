"""The evaluator, in passes: as many as live share out the containers among themselves."""

import threading
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime

import structlog

from service.domain.alerting.limit_rules import OUTDATED_AFTER_S
from service.domain.clocks import CLOCK_TOLERANCE_US, CLOCKS_DISAGREE, AsOf
from service.domain.identity.actor import part
from service.domain.instant import SECOND_US, from_datetime
from service.domain.shares import WHOLE
from service.evaluator.alerting.findings import isolate_failure
from service.evaluator.by_time import judge_what_is_due
from service.evaluator.quiet import MOST_PLAIN, work_off_quiet
from service.evaluator.rollups import roll_up_ended
from service.evaluator.sharing import Shares
from service.evaluator.time_of_day import TimeOfDay
from service.evaluator.unjudged import NOT_ITS_FAULT, Unjudgeable
from service.evaluator.whole import Whole
from service.evaluator.whole_records import MOST_READINGS
from service.evaluator.working_off import Pass, work_off
from service.logs import Outage
from service.store import dirty
from service.store.claims import EVERYTHING, Claim
from service.store.exposure import generations
from service.store.lots.answers import make_due
from service.store.migrate import MigrationError, refuse_unmigrated
from service.store.pool import Connection, DatabaseAwayError, connect
from service.store.retry import retried

log = structlog.get_logger()

#: At most this many series, containers and lots are worked off in one transaction: the next ones wait for it.
_IN_ONE_PASS = 25

#: So many of the newest marks are looked through for an alarm before anything else.
_NEWEST = 50

#: A pass happens at least this often, woken or not, and what time alone made due is looked for.
_POLL_S = 1.0


def evaluate_once(
    connection: Connection,
    as_of: AsOf,
    claim: Claim = EVERYTHING,
    *,
    most_marks: int = _IN_ONE_PASS,
    most_readings: int = MOST_READINGS,
    most_plain: int = MOST_PLAIN,
    by_time: bool = True,
) -> Pass:
    """Work off what somebody may have to be told of, then what changes nothing, then what has waited longest, then what
    time alone made due.

    Each is a transaction of its own, of which the first ones are short. Each claims its marks first and loads what is
    known in later statements, so that a reading committed in between is seen at least by the pass that finds its own
    mark. While the clocks of the service disagree, no good verdict is recorded.

    Args:
        claim: whose marks are worked off.
        most_marks: of what waits to be loaded, this much is worked off in each transaction.
        most_readings: of one series, this many are here at a time while a whole container is judged.
        most_plain: so many marks are looked at that may change nothing.
        by_time: whether to look for what time alone made due, and for alarms in all that waits: once a second will do.
    """
    since_us = as_of.now_us - OUTDATED_AFTER_S * SECOND_US
    with generations.held(connection):
        # An alarm waits neither for the quiet readings of its moment nor, in an outage, behind all that came before.
        newest = dirty.MOST_MARKS if by_time else _NEWEST
        marks = dirty.urgent_marks(connection, most_marks, since_us, claim, newest=newest, plain=True)
        if marks:
            done = work_off(connection, marks, as_of, most_readings)
        else:
            done = work_off_quiet(connection, as_of.now_us, claim, most_plain)
    if marks:
        with generations.held(connection):
            done += work_off_quiet(connection, as_of.now_us, claim, most_plain)
    if dirty.some_are_to_be_loaded(connection):
        with generations.held(connection):
            # Among what was just found not to be quiet there may be more.
            marks = dirty.urgent_marks(connection, most_marks, since_us, claim)
            done += work_off(connection, marks, as_of, most_readings) if marks else Pass()
        with generations.held(connection):
            marks = dirty.oldest_marks(connection, most_marks, claim)
            done += work_off(connection, marks, as_of, most_readings) if marks else Pass()
    if by_time:
        done += judge_what_is_due(connection, as_of, claim)
    with isolate_failure("roll-ups"):
        roll_up_ended(connection, as_of.now_us)
    return done


def run(
    database_url: str,
    stop: threading.Event,
    *,
    clock_us: Callable[[], int] | None = None,
    tolerance_us: int = CLOCK_TOLERANCE_US,
) -> None:
    """Evaluate until told to stop, beside whatever other evaluators live: each has its share of the containers."""
    clock_us = clock_us or _now_us
    outage = Outage("database away, trying again", "the database is back")
    while not stop.is_set():
        try:
            with connect(database_url, application="evaluator", actor=part("evaluator")) as connection:
                refuse_unmigrated(connection)
                outage.is_over()
                _serve(connection, stop, clock_us, tolerance_us)
        except (*DatabaseAwayError, MigrationError) as error:
            outage.goes_on(str(error).strip())
            stop.wait(1.0)


def _serve(connection: Connection, stop: threading.Event, clock_us: Callable[[], int], tolerance_us: int) -> None:
    dirty.listen(connection)
    time_of_day, disagreed = TimeOfDay(clock_us, tolerance_us), True
    shares, unjudgeable = Shares(connection), Unjudgeable()
    whole = Whole(connection, lambda: time_of_day.now(connection).now_us)
    looked_s = float("-inf")
    while not stop.is_set():
        held = shares.look()
        as_of = time_of_day.now(connection)
        if disagreed and as_of.disagreement is None:
            retried(make_due)(connection, CLOCKS_DISAGREE, as_of.now_us)
        disagreed = as_of.disagreement is not None
        by_time = time.monotonic() - looked_s >= _POLL_S
        looked_s = time.monotonic() if by_time else looked_s
        idle = not held or not evaluate_what_can_be(connection, as_of, held, unjudgeable, by_time=by_time).marks
        if WHOLE not in held:
            whole.begin_anew()
        elif whole.go_on(idle=idle):
            continue
        if idle:
            dirty.wait_for_mark(connection, _POLL_S)


def evaluate_what_can_be(
    connection: Connection, as_of: AsOf, shares: Collection[int], unjudgeable: Unjudgeable, *, by_time: bool = True
) -> Pass:
    """A pass over these shares. What cannot be judged is found, and left out from now on; nobody waits for it."""
    claim = unjudgeable.claim(connection, shares, as_of)
    try:
        return retried(evaluate_once)(connection, as_of, claim, by_time=by_time)
    except NOT_ITS_FAULT:
        raise
    except Exception:
        log.exception("a pass failed; what it was about is judged one by one")
        return unjudgeable.one_by_one(connection, claim, as_of)


def _now_us() -> int:
    return from_datetime(datetime.now(UTC))
