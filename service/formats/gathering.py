"""The good readings of one message, gathered beside what was wrong with the others."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from service.formats.dialect import LONGEST_NAME, Arrival, is_name, unbelievable
from service.formats.json_fields import temperature
from service.formats.logger_names import names_no_device
from service.formats.reading import Decoded, Reading, Rejection
from service.formats.units import Unit
from service.formats.wording import shown


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
        self._unknown_fields = 0

    @contextmanager
    def part(self, where: str = "", logger_id: str = "") -> Iterator[None]:
        """A part of the message, `logger_id`'s if that is known, that may be refused without costing the others."""
        try:
            yield
        except Rejection as error:
            if logger_id:
                self._refused.setdefault(logger_id, error.code)
            self._rejections.append(Rejection(error.code, f"{where}: {error}") if where else error)

    def pass_over(self, count: int = 1) -> None:
        """Count fields that look as if they were temperatures and are not taken for any."""
        self._unknown_fields += count

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
            raise Rejection("bad_probe", f"probe must be at most {LONGEST_NAME} printable characters")
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
        elements = len(self._readings) + len(self._rejections)
        return settled(self._readings, self._rejections, elements, self._unknown_fields, loggers=self._refused)


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
