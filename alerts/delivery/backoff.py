"""How long to wait after a failure: one second, then twice as long each time, a minute at most."""

from dataclasses import dataclass

FIRST_S = 1.0
LONGEST_S = 60.0


@dataclass(slots=True)
class BackOff:
    """The pause of something that fails."""

    first_s: float = FIRST_S
    longest_s: float = LONGEST_S
    pause_s: float = 0.0

    def failed(self) -> None:
        """Wait longer than last time."""
        self.pause_s = min(2 * self.pause_s or self.first_s, self.longest_s)

    def succeeded(self) -> None:
        """Forget the failures."""
        self.pause_s = 0.0
