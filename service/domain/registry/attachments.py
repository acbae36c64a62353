"""Whether a probe may stand for a container, and what may still be recorded of its attachment."""

import math
from datetime import datetime

from service.domain.exposure.container import threshold_of, thresholds_of
from service.domain.instant import temperature_text
from service.domain.profiles import Direction, Profile
from service.errors import ConflictError, RefusedError

#: The place of a probe that is recorded and stands for nothing.
AMBIENT = "ambient"


def counts_from(place: str, from_at: datetime, commissioned_at: datetime | None) -> datetime | None:
    """From when on an attached probe counts for verdicts; None: it does not, or not until it is commissioned."""
    if place == AMBIENT or commissioned_at is None:
        return None
    return max(from_at, commissioned_at)


def why_range_is_too_small(
    logger_id: str, range_min_c: float | None, range_max_c: float | None, profile: Profile
) -> str | None:
    """Why a logger cannot watch a profile's limits: "HI" or "LO" would not tell on which side of one it is.

    None if it can, or its range is not known.
    """
    low = -math.inf if range_min_c is None else range_min_c
    high = math.inf if range_max_c is None else range_max_c
    # The limits in the order the profile has them, and then whatever else it asks about.
    for direction, threshold_c in (*map(threshold_of, profile.limits), *thresholds_of([profile])):
        above = direction is Direction.ABOVE
        if not (low <= threshold_c < high if above else low < threshold_c <= high):
            return (
                f"logger {logger_id!r} measures {_range_text(low, high)}, which does not span "
                f"{temperature_text(threshold_c)}, a limit of profile {profile.id!r}; use a logger that does"
            )
    return None


def _range_text(low: float, high: float) -> str:
    ends = ("from", low), ("to", high)
    return " ".join(f"{word} {temperature_text(end)}" for word, end in ends if math.isfinite(end))


def why_not_commissioned(attachment_id: str, commissioned_at: datetime | None) -> ConflictError | None:
    """Why the commissioning of an attachment cannot be recorded; None: it can."""
    if commissioned_at is None:
        return None
    return ConflictError(
        f"attachment {attachment_id!r} was commissioned at {commissioned_at.isoformat()}; leave it as it is"
    )


def why_not_ended(
    attachment_id: str, from_at: datetime, until_at: datetime | None, ends_at: datetime
) -> ConflictError | RefusedError | None:
    """Why an attachment over [from_at, until_at) cannot be given the end `ends_at`; None: it can."""
    if until_at is not None:
        return ConflictError(f"attachment {attachment_id!r} ended at {until_at.isoformat()}; leave it as it is")
    if ends_at <= from_at:
        return RefusedError("until", f"it must be after the attachment's start, {from_at.isoformat()}")
    return None


def why_not_absent(
    attached_at: datetime, taken_out_at: datetime | None, from_at: datetime, until_at: datetime
) -> RefusedError | None:
    """Why a probe attached over [attached_at, taken_out_at) cannot have been absent over a time; None: it can."""
    if from_at < attached_at:
        return RefusedError("from", f"the probe was attached at {attached_at.isoformat()}; begin there or later")
    if taken_out_at is not None and until_at > taken_out_at:
        return RefusedError("until", f"the attachment ended at {taken_out_at.isoformat()}; end there or earlier")
    return None
