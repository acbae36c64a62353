"""What a lot had used of its limits before our readings begin, as somebody records it."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.domain.exposure.container import Threshold, threshold_of
from service.domain.instant import duration_text
from service.domain.profiles import Profile, beyond_text


@dataclass(frozen=True, slots=True)
class CarriedIn:
    """Seconds used before `until_us`, where the life that our readings judge begins.

    Attributes:
        used_us: by threshold, time certainly beyond it.
        by: who recorded it.
    """

    until_us: int
    used_us: Mapping[Threshold, int]
    by: str

    def unknown_of(self, profile: Profile) -> str | None:
        """What of a profile it says nothing of; None: it says all that is judged."""
        unnamed = [limit.text for limit in profile.limits if threshold_of(limit) not in self.used_us]
        if unnamed:
            return f"how long it was {' and '.join(dict.fromkeys(unnamed))}"
        return None if profile.thaw is None else "how often it thawed"

    @property
    def text(self) -> str:
        """For how long it was beyond what."""
        used = [
            f"{duration_text(length_us)} {beyond_text(*threshold)}"
            for threshold, length_us in sorted(self.used_us.items())
            if length_us
        ]
        return " and ".join(used) if used else "within all its limits"
