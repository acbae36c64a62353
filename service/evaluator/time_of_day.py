"""What time it is for the evaluator: what most clocks of the service say, and not its own if that is wrong."""

import socket
import time
from collections.abc import Callable

import structlog

from service.domain.clocks import AsOf, agreed_ahead_us, clocks_text, known_later, wrong_clocks
from service.domain.instant import SECOND_US, from_datetime, to_datetime
from service.store import clocks
from service.store.pool import Connection

log = structlog.get_logger()

#: The clocks are compared this often, and at once where ours is set.
_COMPARE_EVERY_S = 1.0

#: What our clock says is written down for the others this often.
_TELL_EVERY_S = 10.0


class TimeOfDay:
    """A clock that goes right as long as most do."""

    def __init__(self, clock_us: Callable[[], int], tolerance_us: int) -> None:
        self._clock_us = clock_us
        self._tolerance_us = tolerance_us
        self._part = f"the evaluator on {socket.gethostname()}"
        self._compared_s = self._told_s = float("-inf")
        self._compared_us = 0
        self._off_us = 0
        self._disagreement: str | None = None

    def now(self, connection: Connection) -> AsOf:
        """What time it is, and whose clocks are wrong; now and then the clocks are compared."""
        since_s, own_us = time.monotonic() - self._compared_s, self._clock_us()
        if since_s >= _COMPARE_EVERY_S or abs(own_us - self._compared_us - since_s * SECOND_US) > self._tolerance_us:
            self._compare(connection)
            own_us = self._clock_us()
        return AsOf(own_us - self._off_us, self._disagreement)

    def _compare(self, connection: Connection) -> None:
        own = to_datetime(self._clock_us())
        known = clocks.clocks(connection, self._part, own)
        wrong = wrong_clocks(known, self._tolerance_us)
        off_us = known[0].ahead_us - agreed_ahead_us(known, self._tolerance_us)
        self._off_us = off_us if abs(off_us) > self._tolerance_us else 0
        latest_us = clocks.times(connection).latest_us
        later = known_later(from_datetime(own) - self._off_us, latest_us, self._tolerance_us)
        disagreement = clocks_text(wrong) if wrong else later
        changed = (disagreement is None) != (self._disagreement is None)
        if changed:
            log.warning("the clocks agree again" if disagreement is None else "the clocks disagree", how=disagreement)
        self._disagreement = disagreement
        self._compared_s, self._compared_us = time.monotonic(), self._clock_us()
        if changed or self._compared_s - self._told_s >= _TELL_EVERY_S:
            clocks.tell(connection, self._part, own)
            self._told_s = self._compared_s
