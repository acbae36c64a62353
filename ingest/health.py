"""Whether an ingest process does its work: it hears what is published, and stores it.

Noted by the loop that receives, about what it did itself: a thread of its own would go on saying "well" beside a loop
that is dead. Times are monotonic seconds, given by the caller.
"""

from dataclasses import dataclass

#: After this long without a word from the broker, or without storing what is here, ingest does not work.
_LATE_S = 15.0
#: A longer pause ends a stretch of work.
_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True)
class Health:
    """How an ingest process does.

    Attributes:
        since_s: since when it has worked, but for short pauses; until_s: until when it is known to; None: never yet.
        trouble: why it does not work now, in words; empty: it does.
    """

    since_s: float | None
    until_s: float | None
    trouble: str


class HealthWatch:
    """What the loop noted last."""

    def __init__(self) -> None:
        self._round_s: float | None = None
        self._heard_s = float("-inf")
        self._stored_s = float("-inf")
        self._since_s: float | None = None
        self._until_s: float | None = None
        self._why_not_receiving = "the broker was not reached yet"
        self._why_not_stored = ""

    def round(self, now_s: float, *, heard: bool, waiting: int) -> None:
        """The loop came round: whether anything came from the broker since the last time, and how much waits here."""
        self._round_s = now_s
        if heard:
            self._heard_s, self._why_not_receiving = now_s, ""
        if not waiting:
            self.stored(now_s)
        until_s = min(self._heard_s, self._stored_s)
        if until_s == float("-inf"):
            return
        if self._until_s is None or until_s - self._until_s > _PAUSE_S:
            self._since_s = until_s
        self._until_s = until_s

    def stored(self, now_s: float) -> None:
        """A batch was stored, or there is none."""
        self._stored_s, self._why_not_stored = now_s, ""

    def cannot_store(self, why: str) -> None:
        """A batch was not stored, and waits."""
        self._why_not_stored = why

    def cannot_receive(self, why: str) -> None:
        """Nothing can come from the broker; empty: nothing is known to be in the way any more."""
        self._why_not_receiving = why

    def now(self, now_s: float) -> Health:
        """How it does; any thread may ask."""
        return Health(self._since_s, self._until_s, self._trouble(now_s))

    def _trouble(self, now_s: float) -> str:
        if self._round_s is None or now_s - self._round_s > _LATE_S:
            return "the loop that receives stands still"
        if self._why_not_receiving:
            return self._why_not_receiving
        if now_s - self._heard_s > _LATE_S:
            return (
                "nothing comes from the broker, not even what ingest publishes to itself: see that the broker runs, "
                "and that its access rules let ingest read its topics, and read and write unbroken/echo/#"
            )
        if now_s - self._stored_s > _LATE_S:
            return f"what was received cannot be stored: {self._why_not_stored or 'the database does not answer'}"
        return ""
