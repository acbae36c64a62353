"""Instants and durations as people read them."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from service.domain.instant import SECOND_US, from_datetime, minutes_text, to_datetime
from service.domain.wall_clock import zone_name

_MINUTE_US = 60 * SECOND_US


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant: to the minute and to the second as the clock on the wall shows it, and for machines.

    Attributes:
        utc: the same to the minute in UTC, with its day where that is another one; empty where the clock shows UTC.
    """

    text: str
    exact: str
    iso: str
    utc: str = ""


def moment(when: datetime | int, zone: tzinfo = UTC) -> Moment:
    """An instant, an aware datetime or microseconds since 1970, by the clock of a place and never rounded up."""
    utc = (to_datetime(when) if isinstance(when, int) else when.astimezone(UTC)).replace(microsecond=0)
    there = utc.astimezone(zone)
    name = zone_name(utc, zone)
    in_utc = f"{utc:{'%H:%M' if utc.date() == there.date() else '%Y-%m-%d %H:%M'}} UTC"
    return Moment(
        text=f"{there:%Y-%m-%d %H:%M} {name}",
        exact=f"{there:%Y-%m-%d %H:%M:%S} {name}",
        iso=f"{utc:%Y-%m-%dT%H:%M:%SZ}",
        utc="" if name == "UTC" else in_utc,
    )


def ago(since_us: int, now: datetime) -> str:
    """How long ago an instant was, to the minute: ``'2 h 05 min ago'``."""
    passed_us = from_datetime(now) - since_us
    return "just now" if passed_us < _MINUTE_US else f"{minutes_text(passed_us)} ago"
