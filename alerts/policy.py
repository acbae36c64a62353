"""Whether a receiver is to be told of an alert, and why: Alertmanager's needsUpdate for one alert and receiver."""

from datetime import datetime, timedelta
from enum import StrEnum

from alerts.notification import Alert, Event
from service.domain.alarms import AlertState

#: What was over for longer than this before a receiver heard of it is history, for the dashboard to show. Without it,
#: a webhook set up today would be told every alert there ever was.
PAST_NEWS = timedelta(days=7)


class Reason(StrEnum):
    """Why a receiver is told, in words fit for the log."""

    FIRING = "it fires and this receiver has not heard of it"
    RESOLVED = "it is over and this receiver has heard of it firing"
    PAST = "it fired and was over before this receiver heard of it"

    @property
    def event(self) -> Event:
        """The event that is recorded as told; what is past is over, and need not be said twice."""
        return Event.FIRING if self is Reason.FIRING else Event.RESOLVED


def why_notify(told: frozenset[Event], alert: Alert, now: datetime) -> Reason | None:
    """Why a receiver that was told these events of an alert is to be told more; None: it is not."""
    if alert.fired_at is None or alert.state == AlertState.PENDING or Event.RESOLVED in told:
        return None
    if alert.resolved_at is None:
        return None if Event.FIRING in told else Reason.FIRING
    if Event.FIRING in told:
        return Reason.RESOLVED
    return Reason.PAST if now - alert.resolved_at <= PAST_NEWS else None
