"""Time as we compute with it: integer microseconds since 1970-01-01 UTC."""

from datetime import UTC, datetime, timedelta

#: One second.
SECOND_US = 1_000_000

#: "Since always" and "until further notice": far outside any date, and their difference still fits int64.
BEGINNING_US = -(2**61)
END_US = 2**61

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_datetime(when: datetime) -> int:
    """Microseconds since 1970 of an aware datetime; ValueError if it carries no offset."""
    if when.tzinfo is None:
        raise ValueError(f"{when.isoformat()} carries no offset, so it names no instant")
    since = when - _EPOCH
    # The same as dividing by a microsecond, at half the price: ingest does it for every reading.
    return (since.days * 86_400 + since.seconds) * SECOND_US + since.microseconds


def to_datetime(instant_us: int) -> datetime:
    """The aware UTC datetime of an instant; OverflowError outside the years 1 to 9999."""
    return _EPOCH + timedelta(microseconds=instant_us)


def rfc3339(when: datetime) -> str:
    """An aware datetime as RFC 3339 in UTC: ``'2026-03-01T00:06:00Z'``."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def duration_text(duration_us: int) -> str:
    """A duration as people say it, in its two largest units: ``'3 h 05 min'``, ``'1 h'``, ``'41 s'``."""
    rest = duration_us // SECOND_US
    counts = []
    for unit, length_s in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, length_s)
        counts.append((count, unit))
    largest = next((i for i, (count, _) in enumerate(counts) if count), len(counts) - 1)
    (count, unit), *second = counts[largest : largest + 2]
    said = f"{count} {unit}"
    if second and second[0][0]:
        said += f" {second[0][0]:02d} min" if unit == "h" else f" {second[0][0]} {second[0][1]}"
    return said


def minutes_text(duration_us: int) -> str:
    """The same in whole minutes, from one minute on, and never more than it is: ``'3 min'``."""
    minute_us = 60 * SECOND_US
    return duration_text(duration_us if duration_us < minute_us else duration_us // minute_us * minute_us)


def date_text(instant_us: int) -> str:
    """An instant in UTC to the minute, or to the second where it is none: ``'2026-03-01 07:00'``."""
    when = to_datetime(instant_us)
    return f"{when:%Y-%m-%d %H:%M}" if when.second == 0 else f"{when:%Y-%m-%d %H:%M:%S}"


def temperature_text(temperature_c: float) -> str:
    """A temperature as people read it: ``'−60 °C'``, with a real minus sign."""
    return f"{temperature_c:g} °C".replace("-", "−")
