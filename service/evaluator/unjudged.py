"""What cannot be judged: nobody waits for it, nothing of it is lost, and it is tried again, less and less often.

Its marks stay, so that no lot it concerns gets a good answer, and a row of its own says since when and why: people are
told by that. It is found by judging one by one what a pass that failed was about; further passes leave it out.
"""

import time
from collections.abc import Callable, Collection

import structlog

from service.domain.clocks import AsOf
from service.domain.instant import to_datetime
from service.domain.verdicts.causes import Cause
from service.errors import UnbrokenError
from service.evaluator.by_time import judge_by_time
from service.evaluator.whole_records import MOST_READINGS
from service.evaluator.working_off import Pass, work_off
from service.store.claims import Claim, Subject
from service.store.dirty import mark_lots, marks_of, oldest_marks
from service.store.exposure import generations
from service.store.lots.answers import lots_due
from service.store.pool import Connection, DatabaseAwayError, OtherSchemaError
from service.store.retry import retried
from service.store.unjudged import forget_unjudged, note_unjudged, unjudged

log = structlog.get_logger()

#: These say that nothing can be judged now, whatever it is.
NOT_ITS_FAULT = (*DatabaseAwayError, *OtherSchemaError)

#: Of a pass that failed, so much is judged one by one before the next pass is tried.
_ONE_BY_ONE = 25

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0

#: An error may say more than people need to be told.
_MOST_SAID = 200


class Unjudgeable:
    """What could not be judged, and when this process tries it again."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        #: Of what this process tried in vain: when it is tried again, and the pause until then.
        self._again: dict[Subject, tuple[float, float]] = {}

    def claim(self, connection: Connection, shares: Collection[int], as_of: AsOf) -> Claim:
        """All of these shares but what cannot be judged; of which is tried again what is due, until something fails."""
        known = unjudged(connection)
        for one in known:
            if one.share in shares and self._is_due(one.subject) and not self._judged(connection, one.subject, as_of):
                break
        return Claim(frozenset(shares), frozenset(one.subject for one in known))

    def one_by_one(self, connection: Connection, claim: Claim, as_of: AsOf) -> Pass:
        """Judge what has waited longest, and what time made due, each for itself: a pass with all of it failed."""
        subjects = dict.fromkeys(mark.subject for mark in oldest_marks(connection, _ONE_BY_ONE, claim))
        judged = sum(self._judged(connection, subject, as_of) for subject in subjects)
        for lot_id in lots_due(connection, as_of.now_us, _ONE_BY_ONE, claim):
            judged += self._judged_due(connection, lot_id, as_of)
        return Pass(marks=judged)

    def _is_due(self, subject: Subject) -> bool:
        return subject not in self._again or self._clock_s() >= self._again[subject][0]

    def _judged(self, connection: Connection, subject: Subject, as_of: AsOf) -> bool:
        try:
            retried(_judge_alone)(connection, subject, as_of)
        except NOT_ITS_FAULT:
            raise
        except Exception as error:
            self._note(connection, subject, as_of, error)
            return False
        self._again.pop(subject, None)
        return True

    def _judged_due(self, connection: Connection, lot_id: str, as_of: AsOf) -> bool:
        try:
            retried(judge_by_time)(connection, [lot_id], as_of)
        except NOT_ITS_FAULT:
            raise
        except Exception as error:
            # Time alone leaves no mark; from now on it has one, and no good answer.
            mark_lots(connection, [lot_id], Cause.TIME)
            self._note(connection, Subject(lot_id=lot_id), as_of, error)
            return False
        return True

    def _note(self, connection: Connection, subject: Subject, as_of: AsOf, error: Exception) -> None:
        _, before_s = self._again.get(subject, (0.0, _FIRST_PAUSE_S / 2))
        pause_s = min(2 * before_s, _LONGEST_PAUSE_S)
        self._again[subject] = (self._clock_s() + pause_s, pause_s)
        log.error("cannot be judged", subject=subject, again_in_s=pause_s, exc_info=error)
        said = str(error) if isinstance(error, UnbrokenError) else f"{type(error).__name__}: {error}"
        note_unjudged(connection, subject, to_datetime(as_of.now_us), " ".join(said.split())[:_MOST_SAID])


def _judge_alone(connection: Connection, subject: Subject, as_of: AsOf) -> None:
    with generations.held(connection):
        work_off(connection, marks_of(connection, subject), as_of, MOST_READINGS)
        forget_unjudged(connection, subject)
