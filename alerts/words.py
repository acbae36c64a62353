"""What people read: what, where, since when, beyond which limit, which lots, and what to do.

A text never depends on when it is sent, so that a repetition reads like the first.
"""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.notification import Alert
from alerts.policy import Reason
from service.domain.alarms import AlertState
from service.domain.instant import duration_text, from_datetime

#: What a text message or a locked screen shows.
_HEAD_LENGTH = 160

_MOST_LOTS = 5

_RESCUE = (
    "What to do: Move the lots to a container within limits, set them apart and tell quality; do not discard. "
    "Keep them cold on the way."
)
_EMPTY = "What to do: Have the container looked at, and put no lot into it until it is within limits."
_AFTERWARDS = "That it is over clears no lot: look up each lot's answer before it is used; do not discard."


def text(reason: Reason, alert: Alert) -> str:
    """The message, as plain lines; the first has at most 160 characters and stands alone."""
    zone = _zone(alert.time_zone)
    lead = _lead(reason, alert, zone)
    whole = f"{lead} {alert.summary}"
    lines = [whole]
    if len(whole) > _HEAD_LENGTH:
        lines = [whole[: _HEAD_LENGTH - 1].rstrip() + "…", alert.summary]
    lines.append(f"Where: {alert.container_name} ({alert.container_id}) at {alert.site_name} ({alert.site_id})")
    lines.append(f"When: {_course(alert, zone)}")
    lines.append(_lots(alert.lot_ids))
    if reason is Reason.FIRING:
        if alert.state == AlertState.ACKNOWLEDGED:
            lines.append("Somebody has acknowledged it.")
        lines.append(_RESCUE if alert.lot_ids else _EMPTY)
    else:
        lines.append(_AFTERWARDS)
    return "\n".join(lines)


def _lead(reason: Reason, alert: Alert, zone: tzinfo) -> str:
    if reason is Reason.FIRING or alert.resolved_at is None:
        return f"{alert.severity.upper()} since {moment(alert.began_at, zone)}:"
    late = ", told only now" if reason is Reason.PAST else ""
    return f"OVER since {moment(alert.resolved_at, zone)}{late}. The alert was:"


def _course(alert: Alert, zone: tzinfo) -> str:
    began = moment(alert.began_at, zone)
    if alert.resolved_at is None:
        return f"since {began}"
    lasted_us = max(0, from_datetime(alert.resolved_at) - from_datetime(alert.began_at))
    return f"from {began} until {moment(alert.resolved_at, zone)}, {duration_text(lasted_us)}"


def _lots(lot_ids: list[str]) -> str:
    if not lot_ids:
        return "Lots: none is recorded in it"
    more = len(lot_ids) - _MOST_LOTS
    return f"Lots ({len(lot_ids)}): {', '.join(lot_ids[:_MOST_LOTS])}" + (f" and {more} more" if more > 0 else "")


def moment(at: datetime, zone: tzinfo) -> str:
    """An instant as the clock on the wall shows it, and in UTC: ``'2026-03-01 01:06 CET (00:06 UTC)'``."""
    local, utc = at.astimezone(zone), at.astimezone(UTC)
    name = local.tzname() or ""
    if name == "UTC":
        return f"{utc:%Y-%m-%d %H:%M} UTC"
    if not name.isalpha():
        # Zones without a name of their own call themselves '-03' or '+0545'.
        offset = f"{local:%z}"
        name = f"UTC{offset[:3]}:{offset[3:5]}".replace("-", "−")
    same_day = local.date() == utc.date()
    return f"{local:%Y-%m-%d %H:%M} {name} ({utc:{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}} UTC)"


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A misspelt zone is no reason to keep silent.
        return UTC
