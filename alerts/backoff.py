"""How long to wait after a failure: one second, then twice as long each time, a minute at most."""

from dataclasses import dataclass

FIRST_S = 1.0
LONGEST_S = 60.0


@dataclass(slots=True)
class BackOff:
    """The pause of something that fails, on a monotonic clock that the caller reads."""

    first_s: float = FIRST_S
    longest_s: float = LONGEST_S
    failures: int = 0
    pause_s: float = 0.0
    not_before_s: float = float("-inf")

    def failed(self, now_s: float) -> None:
        """Wait longer than last time."""
        self.failures += 1
        self.pause_s = min(2 * self.pause_s or self.first_s, self.longest_s)
        self.not_before_s = now_s + self.pause_s

    def succeeded(self) -> None:
        """Forget the failures."""
        self.failures, self.pause_s, self.not_before_s = 0, 0.0, float("-inf")

    def over(self, now_s: float) -> bool:
        """Whether it may be tried."""
        return now_s >= self.not_before_s
