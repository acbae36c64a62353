"""How often a message failed by itself while the database took others: often enough, and it is to blame."""

import hashlib

from ingest.messages import Message

#: A message that failed this often, over at least this long, while others are taken, is to blame; not a bad moment of
#: the database.
_MOST, _FOR_S = 5, 20.0
#: After that, this many failures of another message are enough for this long, if the database says the same of it: a
#: logger that sends such a message every ten seconds would hold up all others for ever.
_MOST_OF_A_KIND, _KIND_S = 2, 600.0
_MOST_REMEMBERED = 1_000


class RepeatedFailures:
    """Counts by content. Times are monotonic seconds, given by the caller."""

    def __init__(self) -> None:
        self._of: dict[bytes, tuple[int, float]] = {}
        self._blamed_s: dict[str, float] = {}
        self._last_suspect: bytes | None = None

    def note(self, message: Message, now_s: float, state: str | None = None) -> bool:
        """It failed once more; whether that is enough. `state`: the SQLSTATE it failed in, if there is one."""
        key = _key(message)
        count, first_s = self._of.pop(key, (0, now_s))
        self._of[key] = count + 1, first_s
        if len(self._of) > _MOST_REMEMBERED:
            del self._of[next(iter(self._of))]
        enough = count + 1 >= _MOST and now_s - first_s >= _FOR_S
        if state is not None:
            blamed_s = self._blamed_s.get(state, float("-inf"))
            enough = enough or (count + 1 >= _MOST_OF_A_KIND and now_s - blamed_s <= _KIND_S)
            if enough:
                self._blamed_s[state] = now_s
        return enough

    def suspect(self, message: Message) -> None:
        """The connection broke over it, alone: the next one shows whether the database takes others."""
        self._last_suspect = _key(message)

    def broke_connection(self, message: Message) -> bool:
        """Whether the connection broke over it the last time."""
        return self._last_suspect is not None and self._last_suspect == _key(message)

    def forget(self) -> None:
        """The database took nothing, so nothing that failed meanwhile was to blame."""
        self._of.clear()
        self._blamed_s.clear()
        self._last_suspect = None


def _key(message: Message) -> bytes:
    return hashlib.sha256(message.topic.encode(errors="backslashreplace") + b"\x00" + message.payload).digest()
