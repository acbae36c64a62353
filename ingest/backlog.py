"""What was received and is not stored yet: bounded, in the order it came, and cut into batches."""

from ingest.messages import Message

#: Payloads that may wait here; with more, nothing is received until some are stored.
MOST_BYTES = 64 << 20
#: Payloads of one batch: some thirty thousand readings; with fewer, BEGIN and COMMIT begin to cost.
BATCH_BYTES = 2 << 20
_LONGEST_PAUSE_S = 2.0


class Backlog:
    """Messages that wait to be stored. Times are monotonic seconds, given by the caller: no clock that jumps matters.

    After a batch failed there is a pause, longer each time, and the next one is half as large: it may have been too
    large for the time a statement has. After one was stored the next may be twice as large again.
    """

    def __init__(self, window: int, batch_messages: int, batch_age_s: float, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._batch_messages = batch_messages
        self._batch_age_s = batch_age_s
        # A window of this connection, what is left of an earlier one, and a batch that could not be stored.
        self._most_messages = 2 * window + batch_messages
        self._messages: list[Message] = []
        self._bytes = 0
        self._limit = batch_messages
        self._due_at_s: float | None = None
        self._not_before_s = 0.0
        self._pause_s = 0.0

    def __len__(self) -> int:
        return len(self._messages)

    def add(self, message: Message) -> None:
        """One more."""
        self._messages.append(message)
        self._bytes += _size(message)

    def is_full(self) -> bool:
        """Whether nothing more may be received for now."""
        return self._bytes >= self._most_bytes or len(self._messages) >= self._most_messages

    def is_due(self, now_s: float, *, quiet: bool = False) -> bool:
        """Whether a batch is to be stored now. To be asked all the time: an age counts from when it was first seen.

        Args:
            quiet: nothing more has come just now, so waiting would gather nothing.
        """
        if not self._messages:
            return False
        if self._due_at_s is None:
            self._due_at_s = now_s + self._batch_age_s
        complete = len(self._messages) >= self._limit or self._bytes >= BATCH_BYTES
        return now_s >= self._not_before_s and (complete or quiet or now_s >= self._due_at_s)

    def take(self) -> list[Message]:
        """The next batch, which from now on is the caller's."""
        count = self._batch_length()
        batch = self._messages[:count]
        self._hold(self._messages[count:])
        self._due_at_s = None
        return batch

    def _batch_length(self) -> int:
        size = 0
        for count, message in enumerate(self._messages[: self._limit], start=1):
            size += _size(message)
            if size >= BATCH_BYTES:
                return count
        return self._limit

    def stored(self) -> None:
        """The batch taken is stored."""
        self._pause_s = 0.0
        self._limit = min(self._batch_messages, 2 * self._limit)

    def give_back(self, batch: list[Message], now_s: float) -> None:
        """The batch taken could not be stored: it waits again, before all others."""
        self._hold([*batch, *self._messages])
        self._limit = max(1, self._limit // 2)
        self._pause_s = min(max(0.1, 2 * self._pause_s), _LONGEST_PAUSE_S)
        self._not_before_s = now_s + self._pause_s

    def drop_duplicates(self) -> None:
        """Of several deliveries of one message, hold one."""
        self._hold(list({_content(message): message for message in self._messages}.values()))

    def _hold(self, messages: list[Message]) -> None:
        self._messages = messages
        self._bytes = sum(map(_size, messages))


def _size(message: Message) -> int:
    """Bytes, as far as a sender decides: a topic may be as long as 65,535."""
    return len(message.payload) + len(message.topic)


def _content(message: Message) -> tuple[str, bytes, int]:
    """Alike for two deliveries of one message. A live one is a first delivery, and may not say when it was measured."""
    return (message.topic, message.payload, message.received_at_us if message.live else 0)
