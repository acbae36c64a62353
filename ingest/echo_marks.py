"""Whether a message was published just now, or had waited at the broker.

The broker hands messages out in the order it took them in, and does not say how long one waited: after a connection was
lost, or while our window was full, minutes may lie between. So ingest publishes marks to itself. A message that comes
after a mark was taken in after it: if the mark is young, the message is.

A mark is a random word that means nothing to anybody else. When it was sent is remembered here, and only the first time
that it comes back on the connection it was sent over counts: what others write to our topic says nothing.
"""

import secrets
from urllib.parse import quote

#: A message may have waited this long and still counts as live.
LIVE_WITHIN_S = 10.0
MARK_EVERY_S = 2.0
ECHO = "unbroken/echo/"

_MARK_BYTES = 16
#: Marks on their way: those of two minutes, while the broker hands out what had waited.
_MOST_REMEMBERED = 60


class EchoMarks:
    """Marks sent and heard by one ingest process. Times are monotonic seconds, given by the caller.

    Attributes:
        not_ours: messages on our topic that were no mark on its way: forged, repeated, retained or of another process.
    """

    def __init__(self, client_id: str) -> None:
        #: Nobody else's, and no wildcard in it.
        self.topic = ECHO + quote(client_id, safe="")
        self.not_ours = 0
        self._sent_at_s: dict[bytes, float] = {}
        self._due_at_s = 0.0
        self._marked_at_s: float | None = None

    def connected(self) -> None:
        """A new connection: what was on its way over the last one may come in another order, and counts no more."""
        self._sent_at_s.clear()
        self._marked_at_s = None
        self._due_at_s = 0.0

    def mark(self, now_s: float) -> bytes | None:
        """The next mark to publish, or None while it is too early for one."""
        if now_s < self._due_at_s:
            return None
        self._due_at_s = now_s + MARK_EVERY_S
        mark = secrets.token_hex(_MARK_BYTES).encode()
        self._sent_at_s[mark] = now_s
        if len(self._sent_at_s) > _MOST_REMEMBERED:
            del self._sent_at_s[next(iter(self._sent_at_s))]
        return mark

    def hear(self, payload: bytes, *, as_sent: bool = True) -> None:
        """Something has come on our topic.

        Args:
            as_sent: it came as marks are sent: at QoS 1, for the first time, and not retained. What is retained or sent
                at QoS 0 may overtake what waits at the broker.
        """
        sent_at_s = self._sent_at_s.pop(payload, None) if as_sent else None
        if sent_at_s is None:
            self.not_ours += 1
            return
        self._marked_at_s = sent_at_s if self._marked_at_s is None else max(self._marked_at_s, sent_at_s)

    def is_live(self, now_s: float) -> bool:
        """Whether a message that comes now was taken in by the broker within the last seconds."""
        return self._marked_at_s is not None and now_s - self._marked_at_s <= LIVE_WITHIN_S
