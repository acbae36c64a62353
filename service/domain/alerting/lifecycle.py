"""The life of an alert: ``pending → firing → acknowledged → resolved``, as one table of what may follow what.

What a rule found (`Finding`) and what is known of the alert so far decide the next step. Nothing here knows
whom to tell, or how often: that is policy of `alerts/`.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from service.domain.alerting.details import Details
from service.domain.exposure.container import Threshold
from service.domain.instant import SECOND_US, duration_text
from service.domain.series.bounded import Bound
from service.domain.severity import Severity


class AlertState(StrEnum):
    """Where an alert is in its life."""

    PENDING = "pending"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Change(StrEnum):
    """What can happen to an alert."""

    BEGAN = "began"
    LASTED = "lasted"
    ACKNOWLEDGED = "acknowledged"
    PASSED_ON = "passed on"
    STILL_SO = "still so"
    ENDED = "ended"
    CAME_LATE = "came late"


#: What becomes of an alert; None on the left: there is none yet; None on the right: it is forgotten. What is not here
#: cannot happen.
TRANSITIONS: dict[tuple[AlertState | None, Change], AlertState | None] = {
    (None, Change.BEGAN): AlertState.PENDING,
    (None, Change.LASTED): AlertState.FIRING,
    (None, Change.CAME_LATE): AlertState.RESOLVED,
    (AlertState.PENDING, Change.LASTED): AlertState.FIRING,
    (AlertState.PENDING, Change.ENDED): None,
    (AlertState.FIRING, Change.ACKNOWLEDGED): AlertState.ACKNOWLEDGED,
    (AlertState.FIRING, Change.PASSED_ON): AlertState.FIRING,
    (AlertState.FIRING, Change.ENDED): AlertState.RESOLVED,
    (AlertState.ACKNOWLEDGED, Change.PASSED_ON): AlertState.FIRING,
    (AlertState.ACKNOWLEDGED, Change.STILL_SO): AlertState.FIRING,
    (AlertState.ACKNOWLEDGED, Change.ENDED): AlertState.RESOLVED,
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers that go with an alert; None: there is no such number.

    Attributes:
        now_c: the newest reading; used: the largest share of a budget.
        now_is: how far that is proven; None with a number: it is one. None without: nothing is known of now.
        remaining_s: of the smallest budget at stake that is not gone; 0: all are.
    """

    now_c: float | None = None
    remaining_s: float | None = None
    used: float | None = None
    now_is: Bound | None = None

    def without_now(self) -> "Figures":
        """The same without the newest reading: it says nothing of now."""
        return replace(self, now_c=None, now_is=None)


@dataclass(frozen=True, slots=True)
class Finding:
    """That a rule holds.

    Attributes:
        details: what was found; `words` says it.
        delay_s: how long it must hold before people are told.
        stale: known only from so long ago that by itself it opens no alert.
        threshold: what it is about, if it is about one.
        lot_ids: of the lots there, those it is about, the most urgent first.
    """

    since_us: int
    details: Details
    severity: Severity
    delay_s: int
    stale: bool = False
    figures: Figures = field(default_factory=Figures)
    threshold: Threshold | None = None
    lot_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Current:
    """An alert as it stands. `calm_since_us`: since when the rule no longer holds, if so."""

    state: AlertState
    acknowledged_us: int | None = None
    calm_since_us: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to an alert, what it becomes (None: forgotten), and why in words fit for the log."""

    change: Change
    state: AlertState | None
    reason: str


#: Whoever took over a critical alert that is still so is left in peace for at most this long.
_CRITICAL_HELD_S = 3_600

#: However little time is left, whoever took an alert over has at least this long.
_LEAST_HELD_S = 300

#: An alert that is not critical fires again only after this long.
_OTHERS_HELD_S = 86_400


def next_step(
    current: Current | None, found: Finding | None, now_us: int, *, recovers_s: int, calm_until_us: int | None = None
) -> Step | None:
    """What becomes of an alert; None: nothing.

    Args:
        found: what its rule says now; None: it does not hold.
        recovers_s: how long it must not hold before it is over.
        calm_until_us: until when that is known, from `current.calm_since_us` on; None: until now. A silent logger
            never ends an alert.
    """
    if found is None:
        return None if current is None else _not_so(current, now_us, recovers_s, calm_until_us)
    if current is not None and current.state is AlertState.ACKNOWLEDGED:
        return _still_so(current, found, now_us)
    state = current.state if current else None
    overdue = now_us - found.since_us >= found.delay_s * SECOND_US
    if state is AlertState.FIRING or (current is None and found.stale):
        return None
    if overdue:
        return _step(state, Change.LASTED, f"so for longer than {duration_text(found.delay_s * SECOND_US)}")
    return _step(None, Change.BEGAN, "it began") if current is None else None


def _not_so(current: Current, now_us: int, recovers_s: int, calm_until_us: int | None) -> Step | None:
    since_us = now_us if current.calm_since_us is None else current.calm_since_us
    calm_us = max(0, (now_us if calm_until_us is None else calm_until_us) - since_us)
    if current.state is not AlertState.PENDING and calm_us < recovers_s * SECOND_US:
        return None
    calm = f", and has not been for {duration_text(calm_us)}" if calm_us > 0 else ""
    return _step(current.state, Change.ENDED, f"it is no longer so{calm}")


def _still_so(current: Current, found: Finding, now_us: int) -> Step | None:
    taken_us = current.acknowledged_us if current.acknowledged_us is not None else now_us
    allowed_s = float(_CRITICAL_HELD_S if found.severity is Severity.CRITICAL else _OTHERS_HELD_S)
    if found.figures.remaining_s:
        # As long as is left to save the lots: the less there is, the sooner. Where nothing is, haste saves nothing.
        allowed_s = min(allowed_s, max(_LEAST_HELD_S, found.figures.remaining_s))
    if now_us - taken_us < allowed_s * SECOND_US:
        return None
    return _step(
        current.state, Change.STILL_SO, f"acknowledged {duration_text(now_us - taken_us)} ago, and it is still so"
    )


def acknowledged(state: AlertState) -> Step | None:
    """Somebody takes it over; None: there is nothing to take over."""
    return _step(state, Change.ACKNOWLEDGED, "acknowledged") if state is AlertState.FIRING else None


def passed_on(state: AlertState) -> Step | None:
    """Who was called, or has it in hand, cannot: the next one is to be called; None: nobody is called for it."""
    if state not in (AlertState.FIRING, AlertState.ACKNOWLEDGED):
        return None
    return _step(state, Change.PASSED_ON, "passed on: the next one is to be called")


def came_late() -> Step:
    """It was over before anybody heard of it."""
    return _step(None, Change.CAME_LATE, "it was over before its readings arrived")


def _step(state: AlertState | None, change: Change, reason: str) -> Step:
    return Step(change, TRANSITIONS[state, change], reason)
