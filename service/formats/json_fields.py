"""What a payload of JSON says: objects, times, temperatures and numbers, each refused where it cannot be understood."""

from datetime import datetime
from typing import Any

import msgspec

from service.domain.instant import from_datetime
from service.domain.series.quality import Quality
from service.formats.cells import cell_of, in_celsius
from service.formats.dialect import refuse_too_large
from service.formats.duplicate_keys import UNDECODABLE, refuse_duplicate_keys
from service.formats.not_numbers import without_not_numbers
from service.formats.reading import Rejection
from service.formats.units import Unit, one_unit
from service.formats.wording import shown

#: Beyond it, what a logger says beside its temperature is not believed.
_LARGEST_SIDE = 1e6
_LARGEST_SEQ = 2**63 - 1
#: What programs write for a time they do not have.
_ZERO_TIMES = ("0001-01-01", "0000-", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00+00:00", "1970-01-01T00:00:00.0")
#: A clock says less than a year after 1970: it was not set since it started.
_UNSET_S = 365 * 86_400


def json_value(payload: bytes) -> Any:
    """What a payload says, as JSON.

    Raises:
        Rejection: ``too_large``, ``not_json`` or ``duplicate_key``.
    """
    refuse_too_large(payload)
    try:
        found = msgspec.json.decode(payload)
    except UNDECODABLE as error:
        try:
            payload = without_not_numbers(payload)
            found = msgspec.json.decode(payload)
        except UNDECODABLE:
            raise Rejection("not_json", f"not valid JSON ({error})") from error
    refuse_duplicate_keys(payload)
    return found


def json_object(payload: bytes) -> dict[str, Any]:
    """A payload that must be a JSON object.

    Raises:
        Rejection: ``too_large``, ``not_json``, ``duplicate_key`` or ``wrong_type``.
    """
    return as_object(json_value(payload), "the payload")


def as_object(value: object, what: str) -> dict[str, Any]:
    """A value that must be a JSON object; what is absent is an empty one.

    Raises:
        Rejection: ``wrong_type``.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Rejection("wrong_type", f"{what} is {shown(str(value))}, expected a JSON object")
    return value


def instant(sent: object, field: str) -> int:
    """Microseconds since 1970 of RFC 3339 with an offset, or of Unix milliseconds.

    Raises:
        Rejection: ``time_unreadable``.
    """
    try:
        if isinstance(sent, str):
            return from_datetime(_datetime(sent))
        if isinstance(sent, int) and not isinstance(sent, bool):
            return sent * 1_000
        if isinstance(sent, float):
            return round(sent * 1_000)
        raise ValueError("neither text nor number")
    except (ValueError, OverflowError) as error:
        raise Rejection(
            "time_unreadable",
            f"{field} is {shown(str(sent))}; send RFC 3339 with an offset, as 2026-01-31T06:00:00Z, "
            "or integer Unix milliseconds",
        ) from error


def instant_or_none(sent: object, field: str) -> int | None:
    """As ``instant``; None of what stands for no time: null, no text, 0, the zero time of Go or of a database.

    Raises:
        Rejection: ``time_unreadable``.
    """
    if sent is None or number_of(sent) == 0:
        return None
    if isinstance(sent, str) and (not sent.strip() or sent.startswith(_ZERO_TIMES)):
        return None
    return instant(sent, field)


def _datetime(sent: str) -> datetime:
    """RFC 3339 as msgspec reads it, to the nearest microsecond; else whatever ISO 8601 Python knows."""
    try:
        return msgspec.convert(sent, datetime)
    except msgspec.ValidationError:
        return datetime.fromisoformat(sent)


def of_seconds(sent: object, field: str) -> int | None:
    """Microseconds of Unix seconds; None of a clock that was never set and counts from its own start.

    Raises:
        Rejection: ``time_unreadable``.
    """
    number = number_of(sent)
    return None if number is None or 0 <= number < _UNSET_S else instant(number * 1_000, field)


def temperature(sent: object, unit: Unit | None) -> tuple[float | None, Quality]:
    """Temperature in °C and its quality, of a number, a number as text, "HI", "LO" or null; no unit is °C.

    Raises:
        Rejection: ``temperature_unknown``, or ``unit_contradicted`` by a text that says another unit itself.
    """
    if sent is None:
        return None, Quality.MISSING
    if (number := number_of(sent)) is not None:
        return in_celsius(number, unit or "C")
    cell = cell_of(sent) if isinstance(sent, str) else None
    if cell is None:
        raise Rejection("temperature_unknown", f"a temperature is {shown(str(sent))}; expected a number")
    if cell.number is None:
        return None, cell.quality
    return in_celsius(cell.number, one_unit(unit, cell.unit) or "C")


def number_of(sent: object) -> float | None:
    """A JSON number as a float; None if it is none."""
    if isinstance(sent, bool) or not isinstance(sent, int | float):
        return None
    try:
        return float(sent)
    except OverflowError:
        return None


def side(sent: object) -> float | None:
    """A number beside the temperature (humidity, battery), if it is one and believable."""
    number = number_of(sent)
    return number if number is not None and abs(number) <= _LARGEST_SIDE else None


def counter(sent: object) -> int | None:
    """A counter, if it is one."""
    return sent if isinstance(sent, int) and not isinstance(sent, bool) and 0 <= sent <= _LARGEST_SEQ else None
