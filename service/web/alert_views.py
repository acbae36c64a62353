"""What pages say of alerts: pure, from stored rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from service.domain.alert_words import advice, time_left
from service.domain.instant import SECOND_US, duration_text, from_datetime, temperature_text
from service.domain.lifecycle import AlertState
from service.domain.wall_clock import known_zone, moment
from service.web.words import Moment
from service.web.words import moment as utc_moment

_SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert as whoever answers it sees it; empty where there is nothing to say.

    Attributes:
        state: the name styles go by; state_text: who has it in hand, or that nobody has.
    """

    id: int
    severity: str
    state: str
    state_text: str
    summary: str
    since: str
    until: str
    now: str
    left: str
    forecast: str
    lot_ids: tuple[str, ...]
    to_do: str
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert in a list; times are UTC."""

    id: int
    severity: str
    what: str
    where: str
    state_text: str
    lot_ids: tuple[str, ...]
    more_lots: int
    since: Moment
    until: Moment | None
    lasted: str
    taken: str


def zone_of(row: Mapping[str, Any]) -> tzinfo:
    """The zone of an alert's site; a misspelt one is UTC."""
    return known_zone(row["time_zone"]) or UTC


def is_open(row: Mapping[str, Any]) -> bool:
    """Whether it is so now, whether or not somebody has it in hand."""
    return AlertState(row["state"]) is not AlertState.RESOLVED


def alert_view(row: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], instruction: str) -> AlertView:
    """What is shown of one alert to whoever answers it, by the clock of its site.

    Args:
        row: as `service.store.alert_history` gives it.
        steps: of all alerts shown.
    """
    zone, figures = zone_of(row), row["figures"]
    now_c = figures.get("now_c")
    over = not is_open(row)
    return AlertView(
        id=row["id"],
        severity=row["severity"],
        state=row["state"],
        state_text=_state_text(row, zone),
        summary=row["summary"],
        since=moment(row["began_at"], zone),
        until="" if row["resolved_at"] is None else moment(row["resolved_at"], zone),
        now="" if now_c is None or over else temperature_text(round(now_c, 1)),
        left="" if over else time_left(figures.get("remaining_s"), figures.get("used")),
        forecast="" if over else figures.get("forecast") or "",
        lot_ids=tuple(row["lot_ids"]),
        to_do="" if over else advice(row["cause"], instruction, has_lots=bool(row["lot_ids"])),
        comments=tuple(
            f"{step['taken_by']}, {moment(step['taken_at'], zone)}: {step['comment']}"
            for step in steps
            if step["alert_id"] == row["id"] and step["comment"]
        ),
    )


def _state_text(row: Mapping[str, Any], zone: tzinfo) -> str:
    if row["state"] == AlertState.RESOLVED:
        answered = f" {row['acknowledged_by']} was on it." if row["acknowledged_by"] else ""
        return f"It is over since {moment(row['resolved_at'], zone)}.{answered}"
    if row["state"] == AlertState.ACKNOWLEDGED:
        return f"{row['acknowledged_by']} has been on it since {moment(row['acknowledged_at'], zone)}."
    return "Nobody has it in hand yet."


def alert_line(row: Mapping[str, Any], now: datetime, most_lots: int = 3) -> AlertLine:
    """What is shown of one alert in a list."""
    what, _, lots = row["summary"].rpartition("; ")
    until = row["resolved_at"]
    taken_at, by = row["acknowledged_at"], row["acknowledged_by"]
    fired_at = row["fired_at"]
    taken = ""
    if taken_at is not None and fired_at is not None:
        taken = f"{by}, after {_lasted(fired_at, taken_at)}"
    return AlertLine(
        id=row["id"],
        severity=row["severity"],
        # Where a summary names its lots it does so at its end; here they are links.
        what=what if what and lots.partition(" ")[2].startswith("lot") else row["summary"],
        where=row["site_name"] or "",
        state_text=f"{by} is on it" if row["state"] == AlertState.ACKNOWLEDGED else "Nobody has it yet",
        lot_ids=tuple(row["lot_ids"][:most_lots]),
        more_lots=max(0, len(row["lot_ids"]) - most_lots),
        since=utc_moment(row["began_at"]),
        until=None if until is None else utc_moment(until),
        lasted=_lasted(row["began_at"], until or now),
        taken=taken,
    )


def _lasted(from_at: datetime, until: datetime) -> str:
    seconds = max(0, (from_datetime(until) - from_datetime(from_at)) // SECOND_US)
    # To the minute: nobody compares alerts by seconds.
    return duration_text((seconds if seconds < 60 else seconds // 60 * 60) * SECOND_US)


def worst_first(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What nobody has in hand, the most severe and the oldest on top; what is over last."""
    states = (AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.PENDING, AlertState.RESOLVED)
    return sorted(
        rows,
        key=lambda row: (states.index(AlertState(row["state"])), _SEVERITIES.index(row["severity"]), row["began_at"]),
    )


def seconds_text(seconds: float | None) -> str:
    """A duration for a table; a dash for none."""
    return "—" if seconds is None else duration_text(round(seconds) * SECOND_US)
