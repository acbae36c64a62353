"""What comes and goes: an alert that follows soon after another of the same subject and cause continues it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from alerts.policy.why import FLAP_WINDOW
from service.domain.alerting.alert import Alert
from service.domain.alerting.notification import OVER, NotificationHistory


def runs(alerts: Iterable[Alert]) -> list[list[Alert]]:
    """Alerts of one subject and cause that follow soon after one another, oldest first."""
    found: list[list[Alert]] = []
    for alert in sorted(alerts, key=lambda one: (one.subject, one.cause, fired_or_began(one), one.id)):
        if alert.past:
            # It was heard of by its end, and had no life here.
            continue
        before = found[-1][-1] if found else None
        if (
            before is None
            or (before.subject, before.cause) != (alert.subject, alert.cause)
            or _is_long_over(before, alert)
        ):
            found.append([alert])
        else:
            found[-1].append(alert)
    return found


def fired_or_began(alert: Alert) -> datetime:
    """When an alert fired; a pending one: when it began."""
    return alert.fired_at or alert.began_at


def _is_long_over(before: Alert, alert: Alert) -> bool:
    return before.over_at is not None and fired_or_began(alert) - before.over_at > FLAP_WINDOW


def inherited_histories(
    found: Iterable[list[Alert]], histories: Mapping[int, NotificationHistory]
) -> dict[int, NotificationHistory]:
    """What was told of that which an alert continues, for those that were not told of themselves.

    If somebody had acknowledged that, they are the first to hear that it is back: its stages begin anew.
    """
    inherited: dict[int, NotificationHistory] = {}
    for run in found:
        told: NotificationHistory | None = None
        in_hand = False
        for alert in run:
            if alert.id in histories:
                told, in_hand = histories[alert.id], False
            elif told is not None and in_hand:
                inherited[alert.id] = replace(
                    told,
                    level=0,
                    level_at=fired_or_began(alert),
                    again_at=None,
                    passed_on_at=None,
                    was_in_hand=True,
                )
            elif told is not None:
                inherited[alert.id] = told
            in_hand = in_hand or alert.acknowledged_at is not None
    return inherited


def incidents_begun_at(
    found: Iterable[list[Alert]], histories: Mapping[int, NotificationHistory]
) -> dict[int, datetime]:
    """When the incident of an alert was first told, of those that belong to one: what comes and goes is one."""
    first: dict[int, datetime] = {}
    for run in found:
        first_at: datetime | None = None
        for alert in run:
            told = histories.get(alert.id)
            if told is not None and told.reason in OVER:
                # Whoever slept when that was told hears it as the end of the same incident.
                first[alert.id] = first_at or told.first_at
                first_at = None
                continue
            if first_at is None and told is not None:
                first_at = told.first_at
            if first_at is not None:
                first[alert.id] = first_at
    return first


def flapping(found: Iterable[list[Alert]], now: datetime) -> frozenset[int]:
    """Alerts of which it is too early to say that they are over: they came and went before, and may soon be back."""
    ids: set[int] = set()
    for run in found:
        ends = [alert.over_at for alert in run if alert.over_at is not None]
        if len(run) > 1 and (len(ends) < len(run) or now - max(ends) < FLAP_WINDOW):
            ids.update(alert.id for alert in run)
    return frozenset(ids)
