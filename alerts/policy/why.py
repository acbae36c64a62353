"""Why somebody is to be told of an alert now: what Alertmanager calls needsUpdate, for one alert."""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from alerts.on_call.config import Config
from service.domain.alerting.alert import Alert
from service.domain.alerting.lifecycle import AlertState
from service.domain.alerting.notification import OVER, NotificationHistory, Reason
from service.domain.severity import Severity, severity_rank

#: What was over for longer than this before anybody heard of it is history, for the pages to show. Without it, a
#: receiver set up today would be told every alert there ever was.
PAST_TOLD_WITHIN = timedelta(days=7)

#: What comes back within this of its end is the same trouble: it flaps.
FLAP_WINDOW = timedelta(minutes=15)

#: Clocks differ. What was told more than this after now was told by one that ran ahead and was set right since.
_AHEAD = timedelta(minutes=5)


def why_notify(
    history: NotificationHistory | None, alert: Alert, audience: AbstractSet[str], config: Config, now: datetime
) -> Reason | None:
    """Why people are to be told of an alert now; None: there is nothing to tell.

    Args:
        history: what was told of it, or of what it continues.
        audience: the receivers that should know of it by now.
    """
    if alert.state == AlertState.PENDING:
        return None
    if alert.state == AlertState.RESOLVED:
        return _why_over(history, alert, now)
    if history is None:
        # Even if somebody has taken it over meanwhile, whoever is on call is to know of it.
        return Reason.FIRST
    if _is_worse(history, alert):
        return Reason.WORSENED
    return None if alert.state == AlertState.ACKNOWLEDGED else _why_again(history, alert, audience, config, now)


def _why_over(history: NotificationHistory | None, alert: Alert, now: datetime) -> Reason | None:
    if history is not None:
        return None if history.reason in OVER else Reason.RESOLVED
    heard_at = alert.fired_at if alert.past else alert.over_at
    return Reason.PAST if heard_at is None or now - heard_at <= PAST_TOLD_WITHIN else None


def _why_calm(history: NotificationHistory, alert: Alert, config: Config, now: datetime) -> Reason | None:
    """Once, when people would hear that it is still so: that it is not. Nobody else is called for it meanwhile."""
    if history.reason in OVER | {Reason.CALM}:
        return None
    due = (
        returned_to_firing(history, now)
        or next_stage_is_due(history, alert, config, now)
        or reminder_is_due(history, alert, config, now)
    )
    return Reason.CALM if due else None


def _why_again(
    history: NotificationHistory, alert: Alert, audience: AbstractSet[str], config: Config, now: datetime
) -> Reason | None:
    if alert.is_calm:
        return _why_calm(history, alert, config, now)
    if audience - history.receivers:
        return Reason.FIRST
    if (passed_on := _why_passed_on(history, alert, config, now)) is not None:
        return passed_on
    if history.reason in OVER | {Reason.CALM}:
        # It was told as over, or as calm, and is back. While it comes and goes, nobody is told that it is over.
        remind = _passed(history.at, now) >= _longest_wait(alert, config)
        if remind and history.reason is Reason.CALM and next_stage_is_due(history, alert, config, now):
            return Reason.ESCALATED
    elif returned_to_firing(history, now):
        remind = True
    elif next_stage_is_due(history, alert, config, now):
        # Whoever had it in hand is told that it is back before the next one is.
        return Reason.REMINDER if history.was_in_hand else Reason.ESCALATED
    else:
        remind = reminder_is_due(history, alert, config, now)
    return Reason.REMINDER if remind else None


def _why_passed_on(history: NotificationHistory, alert: Alert, config: Config, now: datetime) -> Reason | None:
    """Somebody who was called cannot come: the next one is called."""
    if _passed_on(history, history.level_at, now) and next_stage_is_due(history, alert, config, now):
        return Reason.ESCALATED
    # Where there is no further stage, all who were called hear that nobody has it in hand.
    return Reason.REMINDER if _passed_on(history, history.at, now) else None


def _longest_wait(alert: Alert, config: Config) -> timedelta:
    """How long after people heard that it is over they may be left in peace though it is back."""
    if alert.severity != Severity.CRITICAL:
        return FLAP_WINDOW
    return min(FLAP_WINDOW, timedelta(seconds=config.group_interval_s))


def _passed(since: datetime, now: datetime) -> timedelta:
    """The time since then; where a clock was wrong and nobody knows how long that is, as long as can be."""
    return timedelta.max if since - now > _AHEAD else now - since


def _passed_on(history: NotificationHistory, since: datetime, now: datetime) -> bool:
    """Whether somebody said since then that they cannot come. Likewise not before that moment has come."""
    return history.passed_on_at is not None and since < history.passed_on_at <= now


def returned_to_firing(history: NotificationHistory, now: datetime) -> bool:
    """Whether it was acknowledged, is still so, and nobody was told of that.

    Where the evaluator's clock runs ahead of ours, not before that moment has come: else it would be told without end.
    """
    return history.again_at is not None and history.at < history.again_at <= now


def level_of(history: NotificationHistory | None, alert: Alert, config: Config) -> int:
    """The stage that an alert has reached. One that takes another chain than when it was told begins anew."""
    if history is None:
        return 0
    chain = config.chain_for(alert.site_id, alert.severity, alert.cause)
    if config.chain_for(alert.site_id, history.severity, alert.cause).name != chain.name:
        return 0
    return min(history.level, len(chain.stages) - 1)


def next_stage_is_due(history: NotificationHistory, alert: Alert, config: Config, now: datetime) -> bool:
    """Whether nobody has acknowledged it for as long as the next stage waits after this one, or somebody cannot."""
    stages = config.chain_for(alert.site_id, alert.severity, alert.cause).stages
    level = level_of(history, alert, config)
    if level + 1 >= len(stages):
        return False
    if _passed_on(history, history.level_at, now):
        return True
    since = max(history.level_at, history.again_at or history.level_at)
    return _passed(since, now).total_seconds() >= stages[level + 1].after_s - stages[level].after_s


def reminder_is_due(
    history: NotificationHistory, alert: Alert, config: Config, now: datetime, share: float = 1.0
) -> bool:
    """Whether this share of the time between reminders has passed."""
    every_s = config.reminder_s.get(alert.severity)
    return every_s is not None and _passed(history.at, now).total_seconds() >= share * every_s


def _is_worse(history: NotificationHistory, alert: Alert) -> bool:
    lots = len(alert.lot_ids)
    return (
        severity_rank(alert.severity) > severity_rank(history.severity)
        or (alert.budget_gone and not history.budget_gone)
        # One lot more among forty changes nothing; the first one does, and so does twice as many.
        or (not alert.is_calm and lots >= max(1, 2 * history.lots) > 0)
    )
