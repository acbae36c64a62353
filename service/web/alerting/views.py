"""What pages say of alerts: pure, from alerts as they are stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from service.domain.alerting.advice import advice, time_left
from service.domain.alerting.alert import Alert
from service.domain.alerting.departed_lots import departed_texts
from service.domain.alerting.lifecycle import AlertState
from service.domain.alerting.rule_table import container_rules, rule_of
from service.domain.alerting.rules import Override, overridden
from service.domain.alerting.words import back_text, sentence
from service.domain.instant import SECOND_US, duration_text, from_datetime, minutes_text
from service.domain.series.bounded import bounded_text
from service.domain.severity import severity_rank
from service.domain.wall_clock import moment, zone_named
from service.store.alerting.history import Step
from service.web.words import Moment
from service.web.words import moment as web_moment


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert as whoever answers it sees it; empty where there is nothing to say.

    Attributes:
        state: the name styles go by; state_text: who has it in hand, or that nobody has; has_it: their name.
        what: what is so and where; title: likewise, and how many lots are at stake.
        until: when it was calm again, of one that is over.
        gone: lots that left the container before it was over, each with what became of them.
        due: when it goes off, if nobody has been told yet; calm: since when it is no longer so.
    """

    id: int
    severity: str
    state: str
    state_text: str
    has_it: str
    what: str
    title: str
    where: str
    since: Moment
    until: Moment | None
    due: str
    calm: str
    now: str
    left: str
    forecast: str
    lot_ids: tuple[str, ...]
    gone: tuple[tuple[tuple[str, ...], str], ...]
    to_do: str
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert that is over, in a list.

    Attributes:
        closed: `until` is only when it was closed; when it was calm again is not known.
    """

    id: int
    what: str
    lot_ids: tuple[str, ...]
    more_lots: int
    since: Moment
    until: Moment
    closed: bool
    lasted: str
    taken: str


def zone_of(alert: Alert) -> tzinfo:
    """The zone of an alert's site."""
    return zone_named(alert.time_zone)


def what_is_said(alert: Alert) -> str:
    """What is so and where, without the lots; in the past tense where it is no longer so."""
    return sentence(alert, past=alert.calm_since is not None or not alert.is_open, site=alert.site_name)


def recovers_s(cause: str, overrides: tuple[Mapping[str, Override], ...]) -> int:
    """How long it must be calm before an alert of this cause is over."""
    own = next((rule for rule in container_rules() if rule.cause == cause), None)
    if own is not None:
        return overridden(own, overrides).recovers_s
    rule = rule_of(cause)
    return 0 if rule is None else rule.recovers_s


def alert_view(
    alert: Alert,
    steps: Sequence[Step],
    watched_s: int,
    now: datetime,
    you: str = "",
) -> AlertView:
    """What is shown of one alert to whoever answers it, by the clock of its site.

    Args:
        steps: of all alerts shown.
        watched_s: how long it must be calm before it is over.
        you: whoever looks, by the name that their acts bear.
    """
    zone, lot_ids = zone_of(alert), alert.lots_there
    over, calm_since = not alert.is_open, alert.calm_since
    quiet = over or calm_since is not None
    what = what_is_said(alert)
    emptied = alert.container_id is not None and not lot_ids
    pending = alert.state == AlertState.PENDING
    return AlertView(
        id=alert.id,
        severity=alert.severity,
        state=alert.state,
        state_text=_state_text(alert, zone, you),
        has_it=(alert.acknowledged_by or "") if alert.state == AlertState.ACKNOWLEDGED else "",
        what=what,
        title=what if alert.container_id is None else f"{what}; {_count_text(lot_ids, len(alert.gone))}",
        where=alert.site_name or "",
        since=web_moment(alert.began_at, zone),
        until=web_moment(_end_of(alert), zone) if over else None,
        due=_due_text(alert, zone, now) if pending else "",
        calm="" if over or calm_since is None else _calm_text(alert, calm_since, zone, watched_s, now),
        now="" if alert.now is None or quiet else bounded_text(alert.now),
        left="" if quiet or emptied else time_left(alert.remaining_s, alert.used),
        forecast="" if quiet else alert.forecast or "",
        lot_ids=lot_ids,
        gone=tuple(departed_texts(alert.gone, zone)),
        to_do="" if quiet else advice(alert),
        comments=tuple(
            f"{step.taken_by}, {moment(step.taken_at, zone)}: {step.comment}"
            for step in steps
            if step.alert_id == alert.id and step.comment
        ),
    )


def _count_text(lot_ids: Sequence[str], left: int) -> str:
    if not lot_ids and left:
        return f"no lots in it any more, {_counted(left)} moved or taken out"
    return _counted(len(lot_ids)) if lot_ids else "no lots in it"


def _counted(number: int) -> str:
    return f"{number} {'lot' if number == 1 else 'lots'}"


def _end_of(alert: Alert) -> datetime:
    """When it was calm again, else when it was closed, for an alert that is over."""
    end = alert.resolved_at or alert.began_at
    return end if alert.calm_since is None else max(alert.began_at, min(alert.calm_since, end))


def _state_text(alert: Alert, zone: tzinfo, you: str) -> str:
    if alert.state == AlertState.PENDING:
        return "Nobody has been told yet."
    if alert.state == AlertState.RESOLVED:
        answered = f" {alert.acknowledged_by} was on it." if alert.acknowledged_by else ""
        return f"It is over since {moment(_end_of(alert), zone)}.{answered}"
    if alert.acknowledged_at is not None:
        who = "You have" if alert.acknowledged_by == you else f"{alert.acknowledged_by} has"
        return f"{who} been on it since {moment(alert.acknowledged_at, zone)}."
    return "Nobody has answered yet."


def _due_text(alert: Alert, zone: tzinfo, now: datetime) -> str:
    due_at = alert.due_at
    return f"at {moment(due_at, zone)}" if due_at is not None and due_at > now else "any moment now"


def _calm_text(alert: Alert, calm_since: datetime, zone: tzinfo, watched_s: int, now: datetime) -> str:
    """Since when it is no longer so, and what is still waited for. Time is over only by readings: silence ends none."""
    back = back_text(alert.cause, alert.details)
    until = calm_since + timedelta(seconds=watched_s)
    watched = f"watched until {moment(until, zone)}" if until > now else "watched until it is seen to stay so"
    return f"{back[0].upper()}{back[1:]} since {moment(calm_since, zone)}; {watched}"


def alert_line(alert: Alert, most_lots: int = 3) -> AlertLine:
    """What is shown of an alert that is over in a list."""
    zone, end = zone_of(alert), _end_of(alert)
    taken_at, fired_at = alert.acknowledged_at, alert.fired_at
    taken = ""
    if taken_at is not None and fired_at is not None:
        taken = f"{alert.acknowledged_by}, after {_lasted(fired_at, taken_at)}"
    return AlertLine(
        id=alert.id,
        what=what_is_said(alert),
        lot_ids=tuple(alert.lot_ids[:most_lots]),
        more_lots=max(0, len(alert.lot_ids) - most_lots),
        since=web_moment(alert.began_at, zone),
        until=web_moment(end, zone),
        # What was past when it was heard of was closed by its own readings.
        closed=alert.calm_since is None and not alert.past,
        lasted=_lasted(alert.began_at, end),
        taken=taken,
    )


def _lasted(from_at: datetime, until: datetime) -> str:
    # To the minute: nobody compares alerts by seconds.
    return minutes_text(max(0, from_datetime(until) - from_datetime(from_at)))


def worst_first(alerts: Iterable[Alert]) -> list[Alert]:
    """What nobody has in hand, the most severe and the oldest on top; what is over last."""
    states = (AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.PENDING, AlertState.RESOLVED)
    return sorted(
        alerts,
        key=lambda alert: (states.index(AlertState(alert.state)), -severity_rank(alert.severity), alert.began_at),
    )


def seconds_text(seconds: float | None) -> str:
    """A duration for a table; a dash for none."""
    return "—" if seconds is None else duration_text(round(seconds) * SECOND_US)
