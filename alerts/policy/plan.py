"""Whom to tell of which alert now, and why: pure, so that a night can be played through in a test."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.notification import Planned
from alerts.on_call.config import Chain, Config, Target, stage_targets, targets_up_to
from alerts.policy.flapping import flapping, incidents_begun_at, inherited_histories, runs
from alerts.policy.grouping import Due, group_messages, place_of
from alerts.policy.muting import inhibited_causes, why_muted
from alerts.policy.quiet_hours import is_urgent, outside_quiet_hours
from alerts.policy.why import level_of, reminder_is_due, returned_to_firing, why_notify
from service.domain.alerting.alert import Alert
from service.domain.alerting.lifecycle import AlertState
from service.domain.alerting.notification import OVER, NotificationHistory, Reason
from service.domain.alerting.silence import Silence

#: That something harmless is over waits for the quiet hours of those who heard of it, but not for ever.
_LONGEST_QUIET_HOURS = timedelta(hours=12)

#: What is over and was told stays in view for this long: what comes and goes is known as such, and who slept is told.
RESOLVED_KEPT_FOR = _LONGEST_QUIET_HOURS + timedelta(hours=1)

#: Whoever is reminded of one alert is reminded of the others of its group, once this share of their time has passed.
_JOINS_REMINDER_FROM = 0.5

_WHY = {
    Reason.FIRST: "it fires, and they have not heard of it",
    Reason.WORSENED: "it got worse since it was told",
    Reason.REMINDER: "it is still so, and nobody has it in hand",
    Reason.CALM: "it is no longer so, and is watched until that is certain",
    Reason.ESCALATED: "nobody of the stage before has acknowledged it, or somebody cannot come",
    Reason.RESOLVED: "it is over, and they heard of it",
    Reason.PAST: "it was over before anybody heard of it",
}


@dataclass(frozen=True, slots=True)
class _Context:
    """What is known now.

    Attributes:
        own: what was told of alerts themselves; known: and, of those of which nothing was, of what they continue.
        again: subjects and causes of which it is so at this minute.
    """

    own: Mapping[int, NotificationHistory]
    known: Mapping[int, NotificationHistory]
    flapping: frozenset[int]
    again: frozenset[tuple[str, str]]
    silences: Sequence[Silence]
    inhibited: frozenset[tuple[str, str]]
    config: Config
    now: datetime

    def is_muted(self, alert: Alert, history: NotificationHistory | None = None) -> bool:
        """Whether nobody is told of an alert; that a budget ran out is told all the same."""
        if alert.budget_gone and not (history and history.budget_gone):
            return False
        return why_muted(alert, self.silences, self.inhibited, self.now) is not None

    def to_be_told(self, alert: Alert, targets: Iterable[Target]) -> frozenset[str]:
        """Those of them who are to hear of this alert at this hour."""
        urgent = is_urgent(alert.severity, alert.used)
        return frozenset(one.receiver for one in outside_quiet_hours(targets, self.now, urgent=urgent))

    def stage_targets(self, alert: Alert, chain: Chain, level: int) -> tuple[Target, ...]:
        """Whom one stage names now for this alert."""
        return stage_targets(self.config, chain, level, self.now, without=_out_of_order(alert))

    def targets_up_to(self, alert: Alert, chain: Chain, level: int) -> tuple[Target, ...]:
        """Whom the stages up to this one name now for this alert."""
        return targets_up_to(self.config, chain, level, self.now, without=_out_of_order(alert))

    def still_there(self, receivers: Iterable[str]) -> list[Target]:
        """Receivers that still exist, and whose they are."""
        return [Target(name, self.config.person_of(name)) for name in receivers if name in self.config.receivers]


def plan(
    alerts: Sequence[Alert],
    histories: Mapping[int, NotificationHistory],
    silences: Sequence[Silence],
    config: Config,
    now: datetime,
) -> list[Planned]:
    """The messages that are due now, the most serious first.

    Called at least once a second: what waits is simply not due yet. Nothing is told twice if what was planned is given
    back in `histories`.

    Args:
        alerts: all that are open, pending ones included; those over that were not told as over, for
            `alerts.policy.why.PAST_TOLD_WITHIN`, and those over that were, for `RESOLVED_KEPT_FOR`.
        histories: what was told of them.
        silences: in force now, or ended less than `alerts.policy.why.PAST_TOLD_WITHIN` ago: what came and went inside
            one is not told after it.
    """
    found = runs(alerts)
    known = {**inherited_histories(found, histories), **histories}
    context = _Context(
        histories, known, flapping(found, now), _still_firing(alerts), silences, inhibited_causes(alerts), config, now
    )
    due = [one for alert in alerts if (one := _due(context, alert)) is not None]
    reminded = {one.audience for one in due if one.reason is Reason.REMINDER}
    already = {one.alert.id for one in due}
    joining = [_reminder(context, alert) for alert in alerts if alert.id not in already]
    due += [one for one in joining if one is not None and one.audience in reminded]
    pending = [a for a in alerts if a.state == AlertState.PENDING and not context.is_muted(a)]
    return group_messages(due, alerts, pending, histories, incidents_begun_at(found, histories), config, now)


def _still_firing(alerts: Iterable[Alert]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (alert.subject, alert.cause)
        for alert in alerts
        if alert.state != AlertState.RESOLVED and not alert.past and not alert.is_calm
    )


def _due(context: _Context, alert: Alert) -> Due | None:
    history = context.known.get(alert.id)
    if alert.state == AlertState.RESOLVED:
        return _end(context, alert, history)
    chain = context.config.chain_for(alert.site_id, alert.severity, alert.cause)
    level = level_of(history, alert, context.config)
    audience = context.to_be_told(alert, context.targets_up_to(alert, chain, level))
    reason = why_notify(history, alert, audience, context.config, context.now)
    if reason is None or context.is_muted(alert, history):
        return None
    receivers = audience
    # Of what was told of that which it continues, nobody knows that it is this one.
    own = context.own.get(alert.id)
    if reason is Reason.FIRST and own is not None:
        receivers = audience - own.receivers
    elif reason is Reason.ESCALATED and history is not None:
        higher = context.to_be_told(alert, context.stage_targets(alert, chain, level + 1))
        if higher:
            # Who heard that it was calm hears with the next ones that it is not.
            alone = own is not None and history.reason is not Reason.CALM
            level, receivers = level + 1, higher if alone else audience | higher
        elif reminder_is_due(history, alert, context.config, context.now):
            # Whoever is next sleeps, and this is not worth waking them.
            reason = Reason.REMINDER
        else:
            return None
    elif reason is Reason.CALM and history is not None:
        receivers = context.to_be_told(alert, context.still_there(history.receivers))
    elif reason is Reason.REMINDER and history is not None and returned_to_firing(history, context.now):
        # Everyone who knows of it is to know that.
        receivers |= context.to_be_told(alert, context.still_there(history.receivers))
    return _made(alert, reason, level, receivers, chain.name)


def _reminder(context: _Context, alert: Alert) -> Due | None:
    """An alert of which people are reminded together with others of its group."""
    history = context.own.get(alert.id)
    if history is None or alert.state != AlertState.FIRING or alert.is_calm or context.is_muted(alert, history):
        return None
    if not reminder_is_due(history, alert, context.config, context.now, _JOINS_REMINDER_FROM):
        return None
    chain = context.config.chain_for(alert.site_id, alert.severity, alert.cause)
    level = level_of(history, alert, context.config)
    receivers = context.to_be_told(alert, context.targets_up_to(alert, chain, level))
    return _made(alert, Reason.REMINDER, level, receivers, chain.name)


def _end(context: _Context, alert: Alert, history: NotificationHistory | None) -> Due | None:
    if alert.id not in context.own and history is not None and history.reason in OVER:
        # People heard that what it continues was over, and nothing of it coming back.
        history = None
    reason = why_notify(history, alert, frozenset(), context.config, context.now)
    if history is not None and history.reason in OVER and history.receivers - history.ended:
        # Some slept when it was told as over, or were told of it only after that.
        reason = Reason.RESOLVED
    if reason is None or alert.id in context.flapping:
        return None
    if reason is Reason.RESOLVED and (alert.subject, alert.cause) in context.again:
        # It is so once more: whoever hears now that it is over would go home.
        return None
    chain = context.config.chain_for(alert.site_id, alert.severity, alert.cause)
    if history is None:
        if context.is_muted(alert):
            return None
        first = context.stage_targets(alert, chain, 0)
        return _made(alert, reason, 0, context.to_be_told(alert, first), chain.name)
    heard = context.still_there(history.receivers - history.ended)
    night_is_over = alert.over_at is None or context.now - alert.over_at >= _LONGEST_QUIET_HOURS
    receivers = frozenset(target.receiver for target in heard) if night_is_over else context.to_be_told(alert, heard)
    return _made(alert, reason, history.level, receivers, chain.name)


def _out_of_order(alert: Alert) -> str | None:
    """The receiver an alert is about: it cannot be told by that."""
    kind, _, name = alert.subject.partition(":")
    return name if kind == "receiver" else None


def _made(alert: Alert, reason: Reason, level: int, receivers: frozenset[str], chain: str) -> Due | None:
    """None: there is nobody to tell now."""
    if not receivers:
        return None
    return Due(alert, reason, level, receivers, (place_of(alert), chain), _WHY[reason])
