"""Instants as the clock on the wall shows them, and back."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: How far ahead of our clock a person's clock may be.
_PERSON_AHEAD = timedelta(minutes=10)


def is_to_come(at: datetime, now: datetime) -> bool:
    """Whether what a person says of a time has not happened yet, though their clock may be ahead of ours."""
    return at > now + _PERSON_AHEAD


def known_zone(name: str) -> ZoneInfo | None:
    """The time zone of a place such as ``'Europe/Zurich'``; None: there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_named(name: str) -> tzinfo:
    """The time zone of a site; a misspelt one is UTC."""
    return known_zone(name) or UTC


def moment(at: datetime, zone: tzinfo) -> str:
    """An instant as the clock on the wall shows it, and in UTC: ``'2026-03-01 01:06 CET (00:06 UTC)'``."""
    local, utc = at.astimezone(zone), at.astimezone(UTC)
    shown = wall_time(at, zone)
    if local.tzname() == "UTC":
        return shown
    same_day = local.date() == utc.date()
    return f"{shown} ({utc:{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}} UTC)"


def wall_time(at: datetime, zone: tzinfo) -> str:
    """The same without UTC: ``'2026-03-01 01:06 CET'``."""
    return f"{at.astimezone(zone):%Y-%m-%d} {wall_hour(at, zone)}"


def wall_hour(at: datetime, zone: tzinfo) -> str:
    """The same without the date: ``'01:06 CET'``."""
    return f"{at.astimezone(zone):%H:%M} {zone_name(at, zone)}"


def zone_name(at: datetime, zone: tzinfo) -> str:
    """What a zone calls itself then: ``'CET'``, ``'UTC−03:00'``."""
    local = at.astimezone(zone)
    name = local.tzname() or ""
    if name.isalpha():
        return name
    # Zones without a name of their own call themselves '-03' or '+0545'.
    offset = f"{local:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}".replace("-", "−")


def from_wall(text: str, zone: tzinfo, now: datetime) -> datetime:
    """The instant at which a clock on that wall showed ``'2026-03-01T01:06'``.

    In the hour that happens twice in autumn it is the later one that has been.

    Raises:
        ValueError: it is no such time, or it names a zone of its own.
    """
    shown = datetime.fromisoformat(text)
    if shown.tzinfo is not None:
        raise ValueError(f"{text} names a zone of its own")
    earlier, later = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    twice = timedelta(0) < later - earlier
    return later if twice and later <= now else earlier
