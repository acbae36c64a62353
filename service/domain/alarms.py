"""When a container's limit calls for people: the rule, and the life of an alert.

``pending → firing → acknowledged → resolved``. One alert for a container and cause, written by the evaluator.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.domain.container import Record, opened_us, threshold_of
from service.domain.instant import BEGINNING_US, SECOND_US, duration_text, temperature_text
from service.domain.profiles import Direction, Effect, Limit, Profile


class AlertState(StrEnum):
    """Where an alert is in its life."""

    PENDING = "pending"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


#: The cause of the alert this module decides on.
LIMIT_CROSSED = "limit_crossed"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A container is beyond a limit, as far as its last reading tells.

    Attributes:
        since_us: when it crossed.
        stale: nothing has been heard for longer than the profile's largest gap.
    """

    limit: Limit
    since_us: int
    stale: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What to do about an alert: its next state, and why in words fit for the log."""

    state: AlertState
    reason: str


def crossing(record: Record, profile: Profile, now_us: int) -> Crossing | None:
    """The most serious limit the container is beyond now; one whose delay has passed before one that waits."""
    stale = now_us - record.measured_until_us > profile.max_gap_s * SECOND_US
    found = [
        Crossing(limit, opened_us(record, threshold_of(limit)), stale)
        for limit in profile.limits
        # A room declared to be beyond a limit has never crossed it.
        if threshold_of(limit) in record.open_beyond and opened_us(record, threshold_of(limit)) > BEGINNING_US
    ]
    return max(found, key=lambda c: (_overdue(c, now_us), *_seriousness(c.limit)), default=None)


def _overdue(found: Crossing, now_us: int) -> bool:
    return now_us - found.since_us >= found.limit.alarm_delay_s * SECOND_US


def _seriousness(limit: Limit) -> tuple[bool, float]:
    farther = limit.threshold_c if limit.direction is Direction.ABOVE else -limit.threshold_c
    return limit.effect is Effect.CONDEMNS, farther


def next_step(current: AlertState | None, found: Crossing | None, now_us: int) -> Step | None:
    """What becomes of a container's alert; None: nothing.

    A silent logger never resolves an alert, and old readings alone never open one.
    """
    if found is None:
        if current is None:
            return None
        return Step(AlertState.RESOLVED, "a reading within limits arrived")
    if current is None:
        if found.stale:
            return None
        if not _overdue(found, now_us):
            return Step(AlertState.PENDING, "a limit was crossed")
    if current in (None, AlertState.PENDING) and _overdue(found, now_us):
        delay = duration_text(found.limit.alarm_delay_s * SECOND_US)
        return Step(AlertState.FIRING, f"beyond the limit for longer than {delay}")
    return None


def summary(container: str, site: str, found: Crossing, lot_ids: Sequence[str]) -> str:
    """What an alert says first: what, where, beyond which limit, for which lots."""
    named = ", ".join(lot_ids[:3]) + (f" and {len(lot_ids) - 3} more" if len(lot_ids) > 3 else "")
    lots = f"{len(lot_ids)} {'lot' if len(lot_ids) == 1 else 'lots'}: {named}" if lot_ids else "no lots in it"
    limit = found.limit
    return f"{container} ({site}) is {limit.direction} {temperature_text(limit.threshold_c)}; {lots}"
