"""Which shares of the containers are ours: looked at now and then, so that a dead evaluator's are taken over."""

import time

import structlog

from service.domain.shares import SHARES, exchange
from service.store import locks
from service.store.pool import Connection

log = structlog.get_logger()

#: So soon is taken over what was a dead one's, and given to a new one what is his.
_LOOK_EVERY_S = 1.0


class Shares:
    """Those that one evaluator holds. They are locks of its connection, and gone with it.

    Attributes:
        held: as of the last look.
    """

    def __init__(self, connection: Connection, look_every_s: float = _LOOK_EVERY_S) -> None:
        self._connection = connection
        self._look_every_s = look_every_s
        self._looked_s = float("-inf")
        self._joined = False
        self._stands_by = False
        self.held: frozenset[int] = frozenset()

    def look(self) -> frozenset[int]:
        """The shares that are ours now. Call it between two passes: what is given back, another works on at once."""
        if time.monotonic() - self._looked_s >= self._look_every_s:
            self._looked_s = time.monotonic()
            self._joined = self._joined or locks.join_evaluators(self._connection)
            if self._joined:
                self._exchange()
            elif not self._stands_by:
                log.info("an evaluator of an older version is at work; standing by")
                self._stands_by = True
        return self.held

    def _exchange(self) -> None:
        found = locks.sharing(self._connection)
        does, held = exchange(found), set(found.held)
        for share in does.give_back:
            locks.give_back_share(self._connection, share)
            held.remove(share)
        for share in sorted(found.free):
            # Another may take it in the same moment.
            if len(held) < len(found.held) + does.take and locks.take_share(self._connection, share):
                held.add(share)
        if held != self.held:
            log.info("evaluating", shares=len(held), of=SHARES, evaluators=1 + len(found.others))
        self.held = frozenset(held)
