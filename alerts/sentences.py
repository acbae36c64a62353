"""The built-in words of a message: what, where, since when, now, how long is left, which lots, what to do.

They depend on the alerts and the reason alone, never on when they are sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from alerts.notification import OVER, Alert, Reason
from alerts.telling import Planned
from service.domain.alert_words import AFTERWARDS, NO_TIME, advice, is_danger, time_left
from service.domain.instant import duration_text, from_datetime, temperature_text
from service.domain.wall_clock import known_zone, moment, wall_time

#: What a text message or a locked screen shows.
HEAD_LENGTH = 160

_MOST_LOTS = 5
_MOST_LINES = 50
_SEVERITIES = ("critical", "warning", "info")
_MARKS = {
    Reason.WORSENED: ", worse",
    Reason.REMINDER: ", still so",
    Reason.ESCALATED: ", nobody answered",
    Reason.TAKEN: ", somebody is on it",
}

_TEST_HEAD = "TEST: Unbroken reaches you here; nothing is wrong and there is nothing to do"
_TEST_REST = (
    "Somebody asked for this message, to see that alerts arrive. If it came late, twice or to the wrong person, "
    "tell whoever keeps the on-call file."
)


@dataclass(frozen=True, slots=True)
class Line:
    """One alert in words; empty where there is nothing to say."""

    id: int
    name: str
    container_id: str
    site: str
    cause: str
    severity: str
    summary: str
    since: str
    until: str
    now: str
    left: str
    forecast: str
    lot_ids: tuple[str, ...]
    to_do: str


@dataclass(frozen=True, slots=True)
class Words:
    """A message in its parts, for the built-in text and for templates.

    Attributes:
        subject: at most 160 characters that stand alone; text: all of it, which begins with them.
        answered: who is on it, or since when nobody is; empty where it is over.
        alerts: the worst first.
        to_do: what to do, each thing once.
    """

    reason: str
    severity: str
    subject: str
    text: str
    answered: str
    lots: str
    alerts: tuple[Line, ...]
    to_do: tuple[str, ...]
    link: str


def words(planned: Planned, link: str | None, zone: tzinfo | str | None = None) -> Words:
    """What is said to one receiver, by the clock on that receiver's wall, else by that of the site."""
    alerts = sorted(planned.alerts, key=_urgency)
    if planned.reason is Reason.TEST or not alerts:
        text = "\n".join([_TEST_HEAD, _TEST_REST])
        return Words(Reason.TEST.value, "info", _TEST_HEAD, text, "", "", (), (), link or "")
    clock = _zone(zone) or _zone(alerts[0].time_zone) or UTC
    over = planned.reason in OVER
    lines = tuple(_line(alert, clock) for alert in alerts)
    # A freezer beyond its limit and short of time has two alerts, and is one trouble: the worse says it.
    head = _head_of_one if len({alert.subject for alert in alerts}) == 1 else _head_of_many
    subject = fitted(*head(planned.reason, alerts, lines, clock))
    answered = "" if over else _answered(planned.reason, alerts, clock)
    lots = _lots(alerts)
    to_do: tuple[str, ...] = (AFTERWARDS,) if over and any(is_danger(alert.cause) for alert in alerts) else ()
    if not over:
        to_do = tuple(dict.fromkeys(_to_do(alert, alone=len(alerts) == 1) for alert in alerts))
    body = _one(alerts[0], lines[0], subject, clock) if len(alerts) == 1 else _many(planned.reason, lines)
    text = "\n".join(
        [
            subject,
            *body,
            *([lots] if lots else []),
            *([answered] if answered else []),
            *to_do,
            *([f"To answer: {link}"] if link and not over else []),
        ]
    )
    return Words(planned.reason.value, alerts[0].severity, subject, text, answered, lots, lines, to_do, (link or ""))


def fitted(head: str, tail: str = "") -> str:
    """Both in one line of at most 160 characters; if they are longer, the head loses its end."""
    head, tail = (" ".join(part.split()) for part in (head, tail))
    tail = f"; {tail}" if tail else ""
    if len(head) + len(tail) <= HEAD_LENGTH:
        return head + tail
    return head[: HEAD_LENGTH - len(tail) - 1].rstrip(" ;,.") + "…" + tail


def _urgency(alert: Alert) -> tuple[int, float, float, datetime, int]:
    known = alert.severity in _SEVERITIES
    return (
        _SEVERITIES.index(alert.severity) if known else 0,
        # A lot that is lost is no reason to hurry; one beside it that can be saved is.
        alert.remaining_s or (0.0 if alert.budget_gone or alert.remaining_s == 0 else float("inf")),
        -len(alert.lot_ids),
        alert.began_at,
        alert.id,
    )


def _line(alert: Alert, zone: tzinfo) -> Line:
    return Line(
        alert.id,
        alert.name,
        alert.container_id or "",
        "" if alert.site_id is None else f"{alert.site_name or alert.site_id} ({alert.site_id})",
        alert.cause,
        alert.severity,
        alert.summary,
        moment(alert.began_at, zone),
        "" if alert.resolved_at is None else moment(alert.resolved_at, zone),
        "" if alert.now_c is None else temperature_text(round(alert.now_c, 1)),
        time_left(alert.remaining_s, alert.used),
        alert.forecast or "",
        alert.lot_ids,
        _advice(alert),
    )


def _head_of_one(reason: Reason, alerts: Sequence[Alert], lines: Sequence[Line], zone: tzinfo) -> tuple[str, str]:
    alert, line = alerts[0], lines[0]
    if reason in OVER and alert.resolved_at is not None:
        until = wall_time(alert.resolved_at, zone)
        if alert.past:
            return f"PAST, told only now: {alert.summary}", f"until {until}"
        late = ", told only now" if reason is Reason.PAST else ""
        return f"OVER since {until}{late}. The alert was: {alert.summary}", ""
    head = f"{line.severity.upper()}{_MARKS.get(reason, '')}: {alert.summary}"
    return head, _tail(line.now, line.left, wall_time(alert.began_at, zone))


def _head_of_many(reason: Reason, alerts: Sequence[Alert], lines: Sequence[Line], zone: tzinfo) -> tuple[str, str]:
    which = _which(alerts)
    names = ", ".join(dict.fromkeys(alert.name for alert in alerts))
    ends = [alert.resolved_at for alert in alerts if alert.resolved_at is not None]
    if reason in OVER and len(ends) == len(alerts):
        late = ", told only now" if reason is Reason.PAST else ""
        return f"OVER since {wall_time(max(ends), zone)}{late}. The alerts were of {which}: {names}", ""
    trouble = "are in trouble" if alerts[0].severity == "critical" else "need attention"
    lot_count = len({lot_id for alert in alerts for lot_id in alert.lot_ids})
    tail = _tail("", lines[0].left, wall_time(min(alert.began_at for alert in alerts), zone))
    if lot_count:
        tail = f"{_count(lot_count, 'lot')}; {tail}"
    return f"{lines[0].severity.upper()}{_MARKS.get(reason, '')}: {which} {trouble}: {names}", tail


def _tail(now: str, left: str, since: str) -> str:
    said = [f"now {now}" if now else "", f"{left} left" if left else "", f"since {since}"]
    return "; ".join(part for part in said if part)


def _which(alerts: Sequence[Alert]) -> str:
    subjects = {alert.subject for alert in alerts}
    of_containers = all(alert.container_id is not None for alert in alerts)
    what = f"{len(subjects)} {'containers' if of_containers else 'things'}"
    sites = {alert.site_id: alert.site_name or alert.site_id for alert in alerts if alert.site_id is not None}
    if len(sites) == 1:
        return f"{what} at {next(iter(sites.values()))}"
    return f"{what} at {len(sites)} sites" if sites else what


def _one(alert: Alert, line: Line, subject: str, zone: tzinfo) -> list[str]:
    said = [] if alert.summary in subject else [alert.summary]
    if alert.container_id is not None and line.site:
        said.append(f"Where: {alert.name} ({alert.container_id}) at {line.site}")
    elif line.site:
        said.append(f"Where: {line.site}")
    if alert.resolved_at is None:
        said.append(f"Since: {line.since}")
        said += [f"Now: {line.now}"] if line.now else []
        if line.left == NO_TIME:
            said.append("Time left: none; a lot has used up what it is allowed beyond its limit")
        elif line.left:
            said.append(f"Time left: {line.left} until a lot has used up what it is allowed beyond its limit")
        said += [f"Forecast: {line.forecast}"] if line.forecast else []
    else:
        lasted_us = max(0, from_datetime(alert.resolved_at) - from_datetime(alert.began_at))
        said.append(f"When: from {line.since} until {moment(alert.resolved_at, zone)}, {duration_text(lasted_us)}")
    return said


def _many(reason: Reason, lines: Sequence[Line]) -> list[str]:
    said = []
    for line in lines[:_MOST_LINES]:
        if reason in OVER:
            said.append(f"- from {line.since} until {line.until}: {line.summary}")
        else:
            said.append(f"- {line.severity.upper()}: {line.summary}; {_tail(line.now, line.left, line.since)}")
    if len(lines) > _MOST_LINES:
        said.append(f"- and {len(lines) - _MOST_LINES} more")
    return said


def _lots(alerts: Sequence[Alert]) -> str:
    lot_ids = list(dict.fromkeys(lot_id for alert in alerts for lot_id in alert.lot_ids))
    if not lot_ids:
        return "Lots: none is recorded there" if any(alert.container_id for alert in alerts) else ""
    more = len(lot_ids) - _MOST_LOTS
    return f"Lots ({len(lot_ids)}): {', '.join(lot_ids[:_MOST_LOTS])}" + (f" and {more} more" if more > 0 else "")


def _answered(reason: Reason, alerts: Sequence[Alert], zone: tzinfo) -> str:
    taken = [(alert.acknowledged_at, alert.acknowledged_by) for alert in alerts if alert.acknowledged_at is not None]
    if len(taken) == len(alerts):
        at, by = max(taken, key=lambda pair: pair[0])
        return f"{by or 'Somebody'} has been on it since {moment(at, zone)}."
    if reason not in (Reason.REMINDER, Reason.ESCALATED):
        return ""
    called = [alert.fired_at for alert in alerts if alert.acknowledged_at is None and alert.fired_at is not None]
    if not called:
        return ""
    next_one = " You are the next to be called." if reason is Reason.ESCALATED else ""
    return f"Nobody has it in hand; people have been called since {moment(min(called), zone)}.{next_one}"


def _to_do(alert: Alert, *, alone: bool) -> str:
    at = f" at {alert.name}" if not alone and alert.instruction.strip() and is_danger(alert.cause) else ""
    return f"What to do{at}: {_advice(alert)}"


def _advice(alert: Alert) -> str:
    return advice(alert.cause, alert.instruction, has_lots=bool(alert.lot_ids))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _zone(named: tzinfo | str | None) -> tzinfo | None:
    # A misspelt zone is no reason to keep silent.
    return known_zone(named) if isinstance(named, str) else named
