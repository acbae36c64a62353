"""The built-in words of a message: what, where, since when, now, how long is left, which lots, what to do.

They depend on the alerts and the reason alone: of alerts as they are, they are true.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from alerts.messages.lines import Line, is_so, is_so_first, line_of
from alerts.messages.subject_line import fitted, now_and_since, subject_of_many, subject_of_one
from alerts.notification import Planned
from service.domain.alerting.advice import AFTERWARDS, NO_TIME, advice, is_danger
from service.domain.alerting.alert import Alert
from service.domain.alerting.departed_lots import departed_texts
from service.domain.alerting.notification import Reason
from service.domain.alerting.words import back_text
from service.domain.instant import duration_text, from_datetime
from service.domain.wall_clock import known_zone, moment

_MOST_LOTS = 5
_MOST_LINES = 50
_TEST_HEAD = "TEST: Unbroken reaches you here; nothing is wrong and there is nothing to do"
_TEST_REST = (
    "Somebody asked for this message, to see that alerts arrive. If it came late, twice or to the wrong person, "
    "tell whoever keeps the on-call file."
)


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
    alerts = sorted(planned.alerts, key=is_so_first)
    if planned.reason is Reason.TEST or not alerts:
        text = "\n".join([_TEST_HEAD, _TEST_REST])
        return Words(Reason.TEST.value, "info", _TEST_HEAD, text, "", "", (), (), link or "")
    clock = _zone(zone) or _zone(alerts[0].time_zone) or UTC
    over = all(alert.resolved_at is not None for alert in alerts)
    lines = tuple(line_of(alert, clock) for alert in alerts)
    # A freezer beyond its limit and short of time has two alerts, and is one trouble: the worse says it.
    head = subject_of_one if len({alert.subject for alert in alerts}) == 1 else subject_of_many
    subject = fitted(*head(planned.reason, alerts, lines, clock))
    answered = "" if over else _answered(planned.reason, alerts, clock)
    lots = _lots(alerts, clock)
    to_do: tuple[str, ...] = (AFTERWARDS,) if over and any(is_danger(alert.cause) for alert in alerts) else ()
    if not over:
        to_do = tuple(dict.fromkeys(_to_do(alert, alone=len(alerts) == 1) for alert in filter(is_so, alerts)))
    body = _one(alerts[0], lines[0], subject, clock) if len(alerts) == 1 else _many(alerts, lines)
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


def _one(alert: Alert, line: Line, subject: str, zone: tzinfo) -> list[str]:
    said = [] if line.summary in subject else [line.summary]
    if alert.container_id is not None and line.site:
        said.append(f"Where: {alert.name} ({alert.container_id}) at {line.site}")
    elif line.site:
        said.append(f"Where: {line.site}")
    if alert.resolved_at is None:
        said.append(f"Since: {line.since}")
        if line.calm:
            back = back_text(alert.cause, alert.details)
            said.append(f"{back[0].upper()}{back[1:]} since: {line.calm}; it is watched until it is seen to stay so")
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


def _many(alerts: Sequence[Alert], lines: Sequence[Line]) -> list[str]:
    said = []
    for alert, line in zip(alerts[:_MOST_LINES], lines, strict=False):
        if line.until:
            said.append(f"- from {line.since} until {line.until}: {line.summary}")
        elif line.calm:
            said.append(
                f"- {line.severity.upper()}, {back_text(alert.cause, alert.details)} since {line.calm}: {line.summary}"
            )
        else:
            said.append(f"- {line.severity.upper()}: {line.summary}; {now_and_since(line.now, line.left, line.since)}")
    if len(lines) > _MOST_LINES:
        said.append(f"- and {len(lines) - _MOST_LINES} more")
    return said


def _lots(alerts: Sequence[Alert], zone: tzinfo) -> str:
    """Who is at stake, and apart from them who was, with what became of them."""
    there = list(dict.fromkeys(lot_id for alert in alerts for lot_id in alert.lots_there))
    gone = {one.lot_id: one for alert in alerts for one in alert.gone if one.lot_id not in there}
    said = [f"Lots ({len(there)}): {_some(there)}"] if there else []
    said += [f"Were at stake ({len(ids)}): {_some(ids)}: {text}" for ids, text in departed_texts(gone.values(), zone)]
    if not said and any(alert.container_id for alert in alerts):
        return "Lots: none is recorded there"
    return "\n".join(said)


def _some(lot_ids: Sequence[str]) -> str:
    more = len(lot_ids) - _MOST_LOTS
    return ", ".join(lot_ids[:_MOST_LOTS]) + (f" and {more} more" if more > 0 else "")


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
    return f"What to do{at}: {advice(alert)}"


def _zone(named: tzinfo | str | None) -> tzinfo | None:
    # A misspelt zone is no reason to keep silent.
    return known_zone(named) if isinstance(named, str) else named
