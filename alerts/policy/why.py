"""Why somebody is to be told of an alert now: what Alertmanager calls needsUpdate, for one alert."""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from alerts.on_call.on_call import Config
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
    last: NotificationHistory | None, current: Alert, audience: AbstractSet[str], config: Config, now: datetime
) -> Reason | None:
    """Why people are to be told of an alert now; None: there is nothing to tell.

    Args:
        last: what was told of it, or of what it continues.
        audience: the receivers that should know of it by now.
    """
    if current.state == AlertState.PENDING:
        return None
    if current.state == AlertState.RESOLVED:
        return _why_over(last, current, now)
    if last is None:
        # Even if somebody has taken it over meanwhile, whoever is on call is to know of it.
        return Reason.FIRST
    if _is_worse(last, current):
        return Reason.WORSENED
    return None if current.state == AlertState.ACKNOWLEDGED else _why_again(last, current, audience, config, now)


def _why_over(last: NotificationHistory | None, current: Alert, now: datetime) -> Reason | None:
    if last is not None:
        return None if last.reason in OVER else Reason.RESOLVED
    heard_at = current.fired_at if current.past else current.over_at
    return Reason.PAST if heard_at is None or now - heard_at <= PAST_TOLD_WITHIN else None


def _why_calm(last: NotificationHistory, current: Alert, config: Config, now: datetime) -> Reason | None:
    """Once, when people would hear that it is still so: that it is not. Nobody else is called for it meanwhile."""
    if last.reason in OVER | {Reason.CALM}:
        return None
    due = (
        returned_to_firing(last, now)
        or next_stage_is_due(last, current, config, now)
        or reminder_is_due(last, current, config, now)
    )
    return Reason.CALM if due else None


def _why_again(
    last: NotificationHistory, current: Alert, audience: AbstractSet[str], config: Config, now: datetime
) -> Reason | None:
    if current.is_calm:
        return _why_calm(last, current, config, now)
    if audience - last.receivers:
        return Reason.FIRST
    if last.reason in OVER | {Reason.CALM}:
        # It was told as over, or as calm, and is back. While it comes and goes, nobody is told that it is over.
        remind = _passed(last.at, now) >= _longest_wait(current, config)
        if remind and last.reason is Reason.CALM and next_stage_is_due(last, current, config, now):
            return Reason.ESCALATED
    elif returned_to_firing(last, now):
        remind = True
    elif next_stage_is_due(last, current, config, now):
        # Whoever had it in hand is told that it is back before the next one is.
        return Reason.REMINDER if last.was_in_hand else Reason.ESCALATED
    else:
        remind = reminder_is_due(last, current, config, now)
    return Reason.REMINDER if remind else None


def _longest_wait(current: Alert, config: Config) -> timedelta:
    """How long after people heard that it is over they may be left in peace though it is back."""
    if current.severity != Severity.CRITICAL:
        return FLAP_WINDOW
    return min(FLAP_WINDOW, timedelta(seconds=config.group_interval_s))


def _passed(since: datetime, now: datetime) -> timedelta:
    """The time since then; where a clock was wrong and nobody knows how long that is, as long as can be."""
    return timedelta.max if since - now > _AHEAD else now - since


def returned_to_firing(last: NotificationHistory, now: datetime) -> bool:
    """Whether it was acknowledged, is still so, and nobody was told of that.

    Where the evaluator's clock runs ahead of ours, not before that moment has come: else it would be told without end.
    """
    return last.again_at is not None and last.at < last.again_at <= now


def level_of(last: NotificationHistory | None, current: Alert, config: Config) -> int:
    """The stage that an alert has reached. One that takes another chain than when it was told begins anew."""
    if last is None:
        return 0
    chain = config.chain_for(current.site_id, current.severity, current.cause)
    if config.chain_for(current.site_id, last.severity, current.cause).name != chain.name:
        return 0
    return min(last.level, len(chain.stages) - 1)


def next_stage_is_due(last: NotificationHistory, current: Alert, config: Config, now: datetime) -> bool:
    """Whether nobody has acknowledged it for as long as the next stage waits after this one."""
    stages = config.chain_for(current.site_id, current.severity, current.cause).stages
    level = level_of(last, current, config)
    if level + 1 >= len(stages):
        return False
    since = max(last.level_at, last.again_at or last.level_at)
    return _passed(since, now).total_seconds() >= stages[level + 1].after_s - stages[level].after_s


def reminder_is_due(
    last: NotificationHistory, current: Alert, config: Config, now: datetime, share: float = 1.0
) -> bool:
    """Whether this share of the time between reminders has passed."""
    every_s = config.reminder_s.get(current.severity)
    return every_s is not None and _passed(last.at, now).total_seconds() >= share * every_s


def _is_worse(last: NotificationHistory, current: Alert) -> bool:
    lots = len(current.lot_ids)
    return (
        severity_rank(current.severity) > severity_rank(last.severity)
        or (current.budget_gone and not last.budget_gone)
        # One lot more among forty changes nothing; the first one does, and so does twice as many.
        or (not current.is_calm and lots >= max(1, 2 * last.lots) > 0)
    )
