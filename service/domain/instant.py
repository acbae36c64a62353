"""Time as we compute with it: integer microseconds since 1970-01-01 UTC."""

from datetime import UTC, datetime, timedelta

#: One second.
SECOND_US = 1_000_000

#: "Since always" and "until further notice": far outside any date, and their difference still fits int64.
BEGINNING_US = -(2**61)
END_US = 2**61

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def from_datetime(when: datetime) -> int:
    """Microseconds since 1970 of an aware datetime; ValueError if it carries no offset."""
    if when.tzinfo is None:
        raise ValueError(f"{when.isoformat()} carries no offset, so it names no instant")
    return (when - _EPOCH) // _MICROSECOND


def to_datetime(instant_us: int) -> datetime:
    """The aware UTC datetime of an instant; OverflowError outside the years 1 to 9999."""
    return _EPOCH + timedelta(microseconds=instant_us)


def duration_text(duration_us: int) -> str:
    """A duration as people say it, in its two largest units: ``'3 h 05 min'``, ``'41 s'``."""
    seconds = duration_us // SECOND_US
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02d} min"
    if minutes:
        return f"{minutes} min {seconds:02d} s" if seconds else f"{minutes} min"
    return f"{seconds} s"


def temperature_text(temperature_c: float) -> str:
    """A temperature as people read it: ``'−60 °C'``, with a real minus sign."""
    return f"{temperature_c:g} °C".replace("-", "−")
