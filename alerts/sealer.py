"""The sealer: links what is committed of the audit trail into its chain, and looks again at what is linked already."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from service.answers.trail import follow_chain, why_head_fails
from service.domain.identity.trail import START, Break, Head, Look, Place, Seal, sealed, settled
from service.store.audit.checks import last_check, note_check
from service.store.audit.seals import (
    add_seals,
    lines,
    look_at_trail,
    newest_place,
    oldest_running,
    place_of,
    unsealed_since,
)
from service.store.locks import may_seal
from service.store.pool import Connection, snapshot

log = structlog.get_logger()

EVERY_S = 1.0

#: Lines sealed in one transaction.
MOST = 5_000

_CHECKS_EVERY_S = 60.0

#: Looked at in each check: the newest, and a piece of the whole chain, the next one each time.
_NEWEST, _PIECE = 1_000, 5_000

_HEAD_LOGGED_EVERY = timedelta(days=1)


class Sealer:
    """Seals once a second; of several processes one does at a time, and each knows the head.

    Attributes:
        head: of the chain, when it was looked at last; None: nobody has looked yet.
    """

    def __init__(self, clock: Callable[[], datetime], wait: Callable[[float], object]) -> None:
        self._clock = clock
        self._wait = wait
        self._look: Look | None = None
        self._check_due_s = float("-inf")
        self._logged_at: datetime | None = None
        self.head: Head | None = None

    def begin(self, connection: Connection) -> None:  # noqa: ARG002 - what any worker is given
        """Of another server's transactions nothing is known."""
        self._look = None

    def work(self, connection: Connection) -> None:
        """Seal all that can be sealed, now and then look at the chain, then wait."""
        while self.seal(connection) == MOST:
            pass
        if time.monotonic() >= self._check_due_s:
            self.check(connection)
            self._check_due_s = time.monotonic() + _CHECKS_EVERY_S
        self._log_head()
        self._wait(EVERY_S)

    def seal(self, connection: Connection) -> int:
        """Seal the lines that nothing can come before any more, at most `MOST`; says how many they were."""
        added: list[Seal] = []
        if self._look is None and unsealed_since(connection) is not None:
            self._look = look_at_trail(connection)
        if self._look is not None and settled(self._look, oldest_running(connection)):
            with connection.transaction():
                if may_seal(connection):
                    last = newest_place(connection)
                    head = last.head
                    for line in lines(connection, last.trail_id, self._look.newest_id, MOST):
                        added.append(sealed(head, line, self._look.at_us))
                        head = Head(added[-1].number, added[-1].hash)
                    add_seals(connection, added)
            self._look = None
        # A head that is none any more stays known, until a check says so.
        if self.head is None or why_head_fails(connection, self.head) is None:
            self.head = newest_place(connection).head
        return len(added)

    def check(self, connection: Connection) -> None:
        """Follow the newest seals, and the next piece of the chain, and keep what is wrong with them."""
        before = last_check(connection)
        with snapshot(connection):
            end = newest_place(connection)
            done = 0 if before is None or before.checked_to >= end.head.number else before.checked_to
            begins = place_of(connection, done) or START
            ends = place_of(connection, min(begins.head.number + _PIECE, end.head.number))
            piece = follow_chain(connection, begins, ends)
            late = place_of(connection, max(0, end.head.number - _NEWEST)) or START
            found = (
                None if self.head is None else why_head_fails(connection, self.head),
                piece,
                follow_chain(connection, late, end),
            )
        broken = "; ".join(dict.fromkeys(str(one) for one in found if isinstance(one, str | Break)))
        if broken:
            log.error("the audit trail is not what it was: run `unbroken audit verify`", found=broken)
        checked_to = piece.head.number if isinstance(piece, Place) else begins.head.number
        note_check(connection, checked_to, self._clock(), broken)

    def _log_head(self) -> None:
        now = self._clock()
        if self.head is not None and (self._logged_at is None or now - self._logged_at >= _HEAD_LOGGED_EVERY):
            log.info("head of the audit trail", head=str(self.head))
            self._logged_at = now
