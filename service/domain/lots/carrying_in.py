"""What may be recorded of the time a lot had used of its limits before our readings begin."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from service.domain.exposure.carried import CarriedIn
from service.domain.exposure.container import Threshold, threshold_of
from service.domain.instant import SECOND_US, from_datetime
from service.domain.profiles import Profile, beyond_text
from service.errors import RefusedError


def why_not_carried_in(
    until_at: datetime,
    used: Sequence[tuple[Threshold, float]],
    profile: Profile,
    life_starts_at: datetime | None,
    life_ends_at: datetime | None,
) -> RefusedError | None:
    """Why it cannot be recorded of a lot; None: it can.

    Args:
        used: seconds beyond each threshold, before `until_at`.
        life_starts_at, life_ends_at: of the lot, as far as they are known.
    """
    if life_ends_at is not None and until_at >= life_ends_at:
        return RefusedError("until", f"its life ended at {life_ends_at:%Y-%m-%d %H:%M} UTC; give an earlier time")
    if life_starts_at is not None and until_at <= life_starts_at:
        return RefusedError("until", f"its life began at {life_starts_at:%Y-%m-%d %H:%M} UTC; give a later time")
    if why := why_not_used([threshold for threshold, _ in used], profile):
        return RefusedError("used", why)
    before_s = None if life_starts_at is None else (until_at - life_starts_at).total_seconds()
    for threshold, used_s in used:
        if before_s is not None and used_s > before_s:
            text = (
                f"its life before lasted {before_s:g} s, and it cannot have been {beyond_text(*threshold)} for longer"
            )
            return RefusedError("used", text)
    if why := CarriedIn(from_datetime(until_at), used_us(used), "").unknown_of(profile):
        text = (
            f"it does not say {why} before; say so of each limit of profile {profile.id!r}, version {profile.version}"
        )
        return RefusedError("used", text if profile.thaw is None else f"{text}. Thaws cannot be carried in")
    return None


def why_not_used(thresholds: Sequence[Threshold], profile: Profile) -> str | None:
    """Why this is not said of a profile's limits, each once; None: it is."""
    known = {threshold_of(limit) for limit in profile.limits}
    for threshold, times in Counter(thresholds).items():
        if threshold not in known:
            return f"{beyond_text(*threshold)} is no limit of profile {profile.id!r}; name its limits"
        if times > 1:
            return f"{beyond_text(*threshold)} is named twice; name it once"
    return None


def used_us(used: Sequence[tuple[Threshold, float]]) -> Mapping[Threshold, int]:
    """In microseconds, by threshold."""
    return {threshold: round(used_s * SECOND_US) for threshold, used_s in used}
