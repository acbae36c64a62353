"""One alert in words: what, where, since when, and how much time is left."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from service.domain.alerting.advice import advice, time_left
from service.domain.alerting.alert import Alert
from service.domain.alerting.words import back_text, lots_text, sentence
from service.domain.series.bounded import bounded_text
from service.domain.severity import severity_rank
from service.domain.wall_clock import moment, wall_time


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
    calm: str
    now: str
    left: str
    forecast: str
    lot_ids: tuple[str, ...]
    to_do: str


def _urgency(alert: Alert) -> tuple[int, float, float, datetime, int]:
    return (
        -severity_rank(alert.severity),
        # A lot that is lost is no reason to hurry; one beside it that can be saved is.
        alert.remaining_s or (0.0 if alert.budget_gone or alert.remaining_s == 0 else float("inf")),
        -len(alert.lot_ids),
        alert.began_at,
        alert.id,
    )


def is_so(alert: Alert) -> bool:
    """Whether it is so now: not over, nor calm."""
    return alert.resolved_at is None and not alert.is_calm


def is_so_first(alert: Alert) -> tuple[bool, bool, tuple[int, float, float, datetime, int]]:
    """The order in which alerts are told: what is so, then what is calm, then what is over; the most urgent first."""
    return alert.resolved_at is not None, alert.is_calm, _urgency(alert)


def summary_of(alert: Alert) -> str:
    """What was found; in the past tense where it is calm, and with the lots that are still there."""
    if not alert.is_calm and not alert.gone:
        return alert.summary
    said = sentence(alert, past=alert.is_calm)
    if alert.container_id is None:
        return said
    there = alert.lot_ids if alert.resolved_at is not None else alert.lots_there
    if there:
        return f"{said}; {lots_text(len(there), there)}"
    return f"{said}; no lots in it any more" if alert.gone else f"{said}; no lots in it"


def back_of(alert: Alert, zone: tzinfo) -> str:
    """That it is calm, and since when; empty where it is not."""
    if not alert.is_calm or alert.calm_since is None:
        return ""
    return f"{back_text(alert.cause, alert.details)} since {wall_time(alert.calm_since, zone)}"


def line_of(alert: Alert, zone: tzinfo) -> Line:
    """What is said of an alert, by the clock of a zone."""
    quiet = not is_so(alert)
    return Line(
        alert.id,
        alert.name,
        alert.container_id or "",
        "" if alert.site_id is None else f"{alert.site_name or alert.site_id} ({alert.site_id})",
        alert.cause,
        alert.severity,
        summary_of(alert),
        moment(alert.began_at, zone),
        "" if alert.resolved_at is None else moment(alert.resolved_at, zone),
        "" if not alert.is_calm or alert.calm_since is None else moment(alert.calm_since, zone),
        "" if alert.now is None or quiet else bounded_text(alert.now),
        "" if quiet else time_left(alert.remaining_s, alert.used),
        "" if quiet else alert.forecast or "",
        alert.lot_ids,
        advice(alert) if not quiet else "",
    )


def count(number: int, what: str) -> str:
    """A number of things."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
