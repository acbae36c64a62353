"""The first line of a message, which stands alone: what a text message or a locked screen shows."""

from collections.abc import Sequence
from datetime import tzinfo

from alerts.messages.lines import Line, back_of, count, is_so
from service.domain.alerting.alert import Alert
from service.domain.alerting.notification import Reason
from service.domain.alerting.words import back_text
from service.domain.wall_clock import wall_time

#: So many characters are shown.
SUBJECT_LENGTH = 160


_MARKS = {
    Reason.WORSENED: ", worse",
    Reason.REMINDER: ", still so",
    # It was calm when this was decided.
    Reason.CALM: ", still so",
    Reason.ESCALATED: ", nobody answered",
    Reason.TAKEN: ", somebody is on it",
}


def fitted(head: str, tail: str = "") -> str:
    """Both in one line of at most 160 characters; if they are longer, the head loses its end."""
    head, tail = (" ".join(part.split()) for part in (head, tail))
    tail = f"; {tail}" if tail else ""
    if len(head) + len(tail) <= SUBJECT_LENGTH:
        return head + tail
    return head[: SUBJECT_LENGTH - len(tail) - 1].rstrip(" ;,.") + "…" + tail


def subject_of_one(reason: Reason, alerts: Sequence[Alert], lines: Sequence[Line], zone: tzinfo) -> tuple[str, str]:
    """Of alerts of one subject: what `fitted` may cut, and what it keeps."""
    alert, line = alerts[0], lines[0]
    if alert.resolved_at is not None:
        until = wall_time(alert.resolved_at, zone)
        if alert.past:
            return f"PAST, told only now: {line.summary}", f"until {until}"
        late = "" if reason is Reason.RESOLVED else ", told only now"
        return f"OVER since {until}{late}. The alert was: {line.summary}", ""
    if alert.is_calm:
        return f"{line.severity.upper()}, {back_of(alert, zone)}: {line.summary}", ""
    head = f"{line.severity.upper()}{_mark(reason, alerts)}: {line.summary}"
    return head, now_and_since(line.now, line.left, wall_time(alert.began_at, zone))


def _mark(reason: Reason, alerts: Sequence[Alert]) -> str:
    if reason is Reason.ESCALATED and all(alert.acknowledged_at is not None for alert in filter(is_so, alerts)):
        return ""
    return _MARKS.get(reason, "")


def subject_of_many(reason: Reason, alerts: Sequence[Alert], lines: Sequence[Line], zone: tzinfo) -> tuple[str, str]:
    """Likewise of several."""
    # Of what is so there is most to say, and of what is over least.
    alerts = [one for one in alerts if (one.resolved_at is None, one.is_calm) == _standing(alerts[0])]
    which = _which(alerts)
    names = ", ".join(dict.fromkeys(alert.name for alert in alerts))
    ends = [alert.resolved_at for alert in alerts if alert.resolved_at is not None]
    if ends:
        late = "" if reason is Reason.RESOLVED else ", told only now"
        return f"OVER since {wall_time(max(ends), zone)}{late}. The alerts were of {which}: {names}", ""
    calm = [alert.calm_since for alert in alerts if alert.is_calm and alert.calm_since is not None]
    if calm:
        back = f"{back_text(alerts[0].cause, alerts[0].details)} since {wall_time(max(calm), zone)}"
        return f"{lines[0].severity.upper()}, {back}: {which}: {names}", ""
    trouble = "are in trouble" if alerts[0].severity == "critical" else "need attention"
    lot_count = len({lot_id for alert in alerts for lot_id in alert.lots_there})
    tail = now_and_since("", lines[0].left, wall_time(min(alert.began_at for alert in alerts), zone))
    if lot_count:
        tail = f"{count(lot_count, 'lot')}; {tail}"
    return f"{lines[0].severity.upper()}{_mark(reason, alerts)}: {which} {trouble}: {names}", tail


def _standing(alert: Alert) -> tuple[bool, bool]:
    return alert.resolved_at is None, alert.is_calm


def now_and_since(now: str, left: str, since: str) -> str:
    """How it stands."""
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
