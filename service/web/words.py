"""Instants and durations as people read them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from service.domain.instant import SECOND_US, from_datetime, minutes_text, to_datetime

_MINUTE_US = 60 * SECOND_US


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant: to the minute and to the second for people, and for machines."""

    text: str
    exact: str
    iso: str


def moment(when: datetime | int) -> Moment:
    """An instant, an aware datetime or microseconds since 1970, in UTC and never rounded up."""
    utc = (to_datetime(when) if isinstance(when, int) else when.astimezone(UTC)).replace(microsecond=0)
    return Moment(f"{utc:%Y-%m-%d %H:%M} UTC", f"{utc:%Y-%m-%d %H:%M:%S} UTC", f"{utc:%Y-%m-%dT%H:%M:%SZ}")


def ago(since_us: int, now: datetime) -> str:
    """How long ago an instant was, to the minute: ``'2 h 05 min ago'``."""
    passed_us = from_datetime(now) - since_us
    return "just now" if passed_us < _MINUTE_US else f"{minutes_text(passed_us)} ago"
