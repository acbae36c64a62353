"""What every dialect of MQTT is given and gives back, and the rules that hold for all of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from service.domain.instant import SECOND_US, from_datetime, to_datetime
from service.domain.series.quality import Quality
from service.formats.duplicate_keys import UNDECODABLE, refuse_duplicate_keys
from service.formats.logger_names import names_no_device
from service.formats.reading import Decoded, Reading, Rejection
from service.formats.units import Unit, cell_of, in_celsius, one_unit
from service.formats.wording import shown

#: A larger payload is not read.
LARGEST_PAYLOAD_BYTES = 1 << 20

#: Beyond it, what a logger says beside its temperature is not believed.
_LARGEST_SIDE = 1e6
_LARGEST_SEQ = 2**63 - 1
_LONGEST_NAME = 128
#: A clock says less than a year after 1970: it was not set since it started.
_UNSET_S = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Clock:
    """What times of measurement are believable: [earliest_us, received_at_us + ahead_us]."""

    earliest_us: int
    ahead_us: int


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """How a message came.

    Attributes:
        live: it was published just now, as far as anyone can know: it is no redelivery, was not retained, and the
            broker was not holding messages back. Only then may our own clock stand in for a time the payload lacks.
    """

    topic: str
    received_at_us: int
    live: bool
    clock: Clock


#: A dialect: bytes in, readings out, or a Rejection and nothing else. It knows nothing but what it is given.
Dialect = Callable[[bytes, Arrival], Decoded]


def is_name(level: str) -> bool:
    """Whether a text may name a site, a logger or a probe."""
    return 0 < len(level) <= _LONGEST_NAME and level.isprintable()


def refuse_too_large(payload: bytes) -> None:
    """Refuse a payload that is not read at all.

    Raises:
        Rejection: ``too_large``.
    """
    if len(payload) > LARGEST_PAYLOAD_BYTES:
        raise Rejection(
            "too_large",
            f"the payload has {len(payload)} bytes; {LARGEST_PAYLOAD_BYTES} are allowed: send smaller arrays",
        )


def json_value(payload: bytes) -> Any:
    """What a payload says, as JSON.

    Raises:
        Rejection: ``too_large``, ``not_json`` or ``duplicate_key``.
    """
    refuse_too_large(payload)
    try:
        found = msgspec.json.decode(payload)
    except UNDECODABLE as error:
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


def unbelievable(measured_at_us: int, clock: Clock, sent: object = None) -> Rejection:
    """Why a time outside what the clock allows is refused; `sent`: what stood for it where milliseconds may stand."""
    if isinstance(sent, int) and measured_at_us < clock.earliest_us <= sent * SECOND_US:
        return Rejection(
            "time_too_early", f"{sent} looks like Unix seconds; send Unix milliseconds, or RFC 3339 with an offset"
        )
    try:
        said = to_datetime(measured_at_us).isoformat()
    except OverflowError:
        said = "a time no calendar has"
    if measured_at_us < clock.earliest_us:
        return Rejection("time_too_early", f"measured_at is {said}: set the logger's clock")
    return Rejection(
        "time_ahead",
        f"measured_at is {said}, more than {clock.ahead_us // SECOND_US} s ahead of the time it arrived: set the "
        "logger's clock",
    )


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


@dataclass(frozen=True, slots=True)
class Sample:
    """What a device said at one moment; `measured_at_us` None: it did not say when."""

    logger_id: str
    measured_at_us: int | None
    humidity_pct: float | None = None
    battery_v: float | None = None
    seq: int | None = None


class Gathering:
    """The good readings of one message, and what was wrong with the others."""

    def __init__(self, arrival: Arrival) -> None:
        self._arrival = arrival
        self._readings: list[Reading] = []
        self._rejections: list[Rejection] = []
        self._refused: dict[str, str] = {}

    @contextmanager
    def part(self, where: str = "", logger_id: str = "") -> Iterator[None]:
        """A part of the message, `logger_id`'s if that is known, that may be refused without costing the others."""
        try:
            yield
        except Rejection as error:
            if logger_id:
                self._refused.setdefault(logger_id, error.code)
            self._rejections.append(Rejection(error.code, f"{where}: {error}") if where else error)

    def add(self, sample: Sample, probe: str, sent: object, unit: Unit | None) -> None:
        """Take one temperature of a sample; where no unit is said, it is in °C.

        Raises:
            Rejection: its time, name or number cannot be taken.
        """
        try:
            self._take(sample, probe, sent, unit)
        except Rejection as error:
            self._refused.setdefault(sample.logger_id, error.code)
            raise

    def _take(self, sample: Sample, probe: str, sent: object, unit: Unit | None) -> None:
        if not is_name(sample.logger_id) or names_no_device(sample.logger_id):
            raise Rejection("bad_name", f"{shown(sample.logger_id)} cannot name a logger")
        if probe and not is_name(probe):
            raise Rejection("bad_probe", f"probe must be at most {_LONGEST_NAME} printable characters")
        arrival, measured_at_us = self._arrival, sample.measured_at_us
        if measured_at_us is None:
            if not arrival.live:
                raise Rejection(
                    "time_unknown",
                    "the payload says no time, and the message may have waited at the broker, so nobody knows when "
                    "this was measured; have the device send its time (docs/dialects.md)",
                )
            at_us = arrival.received_at_us
        else:
            at_us = measured_at_us
            if not arrival.clock.earliest_us <= at_us <= arrival.received_at_us + arrival.clock.ahead_us:
                raise unbelievable(at_us, arrival.clock)
        number, quality = temperature(sent, unit)
        self._readings.append(
            Reading(
                sample.logger_id,
                probe,
                at_us,
                number,
                quality,
                sample.humidity_pct,
                sample.battery_v,
                sample.seq,
                measured_at_us is None,
            )
        )

    def decoded(self) -> Decoded:
        """All of it. A message that says nothing of temperatures has no readings, and is no fault.

        Raises:
            Rejection: nothing could be taken, and something should have been.
        """
        return settled(
            self._readings, self._rejections, len(self._readings) + len(self._rejections), loggers=self._refused
        )


def settled(
    readings: list[Reading],
    rejections: Sequence[Rejection],
    elements: int,
    unknown_fields: int = 0,
    site: str | None = None,
    loggers: Mapping[str, str] | None = None,
) -> Decoded:
    """Good readings beside what was refused, the first of which is told; `loggers`: of whom, and why.

    Raises:
        Rejection: there is nothing good.
    """
    if not rejections:
        return Decoded(readings, None, unknown_fields, site)
    first = rejections[0]
    said = f"{len(rejections)} of {elements} elements; the first is {first}" if elements > 1 else str(first)
    first = Rejection(first.code, said, loggers)
    if not readings:
        raise first
    return Decoded(readings, first, unknown_fields, site)
