"""Where lots may be taken when their container fails."""

from dataclasses import dataclass

from service.domain.instant import BEGINNING_US, SECOND_US, duration_text


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another container of the same profile.

    Attributes:
        measured_until_us: until when its readings reach; None: it was never measured.
        beyond: by its last readings it is, or may be, beyond a limit of its profile.
        alarmed: it has an alert itself.
    """

    max_gap_s: int
    measured_until_us: int | None
    beyond: bool
    alarmed: bool


def why_not(candidate: Candidate, now_us: int) -> str | None:
    """Why lots should not be taken there; None: it is well, as far as anybody knows."""
    if candidate.measured_until_us is None or candidate.measured_until_us <= BEGINNING_US:
        return "it was never measured"
    if candidate.beyond:
        return "it may be beyond a limit itself"
    silent_us = now_us - candidate.measured_until_us
    if silent_us > candidate.max_gap_s * SECOND_US:
        return f"it has not been measured for {duration_text(silent_us)}"
    if candidate.alarmed:
        return "it has an alert itself"
    return None
