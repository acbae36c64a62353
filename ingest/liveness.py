"""Whether a message was published just now, or had waited at the broker.

The broker hands messages out in the order it took them in, and does not say how long one waited: after a connection was
lost, or while our window was full, minutes may lie between. So ingest publishes marks to itself. A message that comes
after a mark was taken in after it: if the mark is young, the message is.
"""

import secrets
from urllib.parse import quote

#: A message may have waited this long and still counts as live.
LIVE_WITHIN_S = 10.0
MARK_EVERY_S = 2.0
ECHO = "unbroken/echo/"


class Liveness:
    """Marks sent and heard by one ingest process. Times are monotonic seconds, given by the caller."""

    def __init__(self, client_id: str) -> None:
        #: Nobody else's, and no wildcard in it.
        self.topic = ECHO + quote(client_id, safe="")
        # A mark of an earlier process may still wait at the broker, by another clock than ours.
        self._ours = f"{secrets.token_hex(8)} "
        self._due_at_s = 0.0
        self._marked_at_s: float | None = None

    def mark(self, now_s: float) -> bytes | None:
        """The next mark to publish, or None while it is too early for one."""
        if now_s < self._due_at_s:
            return None
        self._due_at_s = now_s + MARK_EVERY_S
        return f"{self._ours}{now_s!r}".encode()

    def hear(self, payload: bytes) -> None:
        """A mark has come back."""
        text = payload.decode("ascii", errors="replace")
        if text.startswith(self._ours):
            self._marked_at_s = float(text.removeprefix(self._ours))

    def is_live(self, now_s: float) -> bool:
        """Whether a message that comes now was taken in by the broker within the last seconds."""
        return self._marked_at_s is not None and now_s - self._marked_at_s <= LIVE_WITHIN_S
