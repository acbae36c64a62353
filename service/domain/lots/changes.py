"""What people change of a lot itself, and whether that may make its answer better."""

from dataclasses import dataclass
from datetime import date, datetime

from service.errors import ConflictError, RefusedError


@dataclass(frozen=True, slots=True)
class LotFacts:
    """What is recorded of a lot, and may turn out to be otherwise. None: nobody knows; of the end: it has none."""

    life_starts_at: datetime | None
    life_ends_at: datetime | None
    expires_on: date | None
    units: int | None


def why_not_so(facts: LotFacts) -> RefusedError | None:
    """Why a lot cannot be so; None: it can."""
    begins, ends = facts.life_starts_at, facts.life_ends_at
    if begins is None or ends is None or begins < ends:
        return None
    return RefusedError("life_ends_at", f"a life ends after it began, {begins.isoformat()}")


def why_over(life_ends_at: datetime | None, now: datetime) -> ConflictError | None:
    """Why nobody can say any more that a lot's life has ended; None: it lives."""
    if life_ends_at is None or life_ends_at > now:
        return None
    return ConflictError(
        f"its life ended at {life_ends_at:%Y-%m-%d %H:%M} UTC, as was recorded; if that is wrong, have it corrected"
    )


def why_start_softens(was: datetime | None, becomes: datetime | None) -> str | None:
    """Why another start of life may make an answer better; None: more of its life counts, or nobody knows it."""
    if becomes is None:
        return None
    if was is None:
        return "its start was not known, and is"
    return "time that counted does not count any more" if becomes > was else None


def why_end_softens(was: datetime | None, becomes: datetime | None) -> str | None:
    """Why another end of life may make an answer better; None: it ends sooner, and nothing of it may be used then."""
    if was is None or (becomes is not None and becomes <= was):
        return None
    return "its life had an end, and goes on"


def why_expiry_softens(was: date | None, becomes: date | None) -> str | None:
    """Why another expiry date may make an answer better; None: it is over sooner."""
    if was is None or (becomes is not None and becomes <= was):
        return None
    return "it had an expiry date, and is good for longer"
