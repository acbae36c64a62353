"""A logger and its probe: what it makes of a temperature, with everything that real ones get wrong.

Pure and seeded like the thermal model: the samples of a window are the same however the window is cut.
Times are integer Unix milliseconds, UTC, of the true clock; only the payload carries the logger's own clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulators import chance
from simulators.thermal import Place, ThermalModel

#: DS18B20: its power-on value, and what its driver reports of a lost bus.
POWER_ON_C = 85.0
LOST_BUS_C = -127.0

Payload = dict[str, object]


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open time [from, until)."""

    from_ms: int
    until_ms: int

    def holds(self, at_ms: int) -> bool:
        """Whether the moment lies inside."""
        return self.from_ms <= at_ms < self.until_ms


@dataclass(frozen=True, slots=True)
class Pace:
    """From `from_ms` on a sample every `interval_ms`, until the next pace begins."""

    from_ms: int
    interval_ms: int


@dataclass(frozen=True, slots=True)
class Upset:
    """The sample nearest after `at_ms` carries `temperature_c` instead: a fault value, a spike, or null."""

    at_ms: int
    temperature_c: float | None


@dataclass(frozen=True, slots=True)
class LoggerSpec:
    """A logger as bought, mounted and set up.

    Attributes:
        paces: sampling intervals, oldest first; the first `from_ms` is the first sample.
        stops_ms: switched off at this moment (None: it runs on).
        range_min_c, range_max_c: beyond them it reports "LO" and "HI".
        resolution_c: what it truncates to, as real devices do.
        noise_k: standard deviation of the sensor's noise.
        clock_skew_ms: its clock less the true one.
        duplicate_probability: a sample is stored and sent twice.
        fault_probability: a sample is null or 85.0 or −127; never two in a row.
        upsets: faults at given moments.
        silences: it does not sample at all (battery out, switched off).
        humidity_pct: mean relative humidity it reports too, or None.
        unix_time: sends `measured_at` as integer milliseconds, not as RFC 3339.
    """

    logger_id: str
    site_id: str
    paces: tuple[Pace, ...]
    model: str = "virtual Pt100"
    probe: str = ""
    place: Place = Place.BUFFERED
    stops_ms: int | None = None
    range_min_c: float = -200.0
    range_max_c: float = 200.0
    resolution_c: float = 0.1
    noise_k: float = 0.08
    clock_skew_ms: int = 0
    duplicate_probability: float = 0.0
    fault_probability: float = 0.0
    upsets: tuple[Upset, ...] = ()
    silences: tuple[Window, ...] = ()
    humidity_pct: float | None = None
    unix_time: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading as it will be sent. `at_ms` is the true moment, `payload` what the wire carries."""

    at_ms: int
    payload: Payload


class Logger:
    """Samples one place of one container."""

    def __init__(self, spec: LoggerSpec, model: ThermalModel, *, seed: int) -> None:
        self.spec = spec
        self._model = model
        streams = ("noise", "fault", "fault kind", "duplicate", "humidity")
        self._keys = {stream: chance.key_of(seed, f"{spec.logger_id}/{spec.probe}", stream) for stream in streams}

    def between(self, from_ms: int, until_ms: int) -> list[Sample]:
        """The samples of [from, until) in order of time; a duplicate follows its original."""
        samples: list[Sample] = []
        for at_ms, seq in self._ticks(from_ms, until_ms):
            samples += self._samples(at_ms, seq)
        return samples

    def _ticks(self, from_ms: int, until_ms: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Moments of sampling and their running numbers, one pair of arrays a pace."""
        ticks: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        counted = 0
        if self.spec.stops_ms is not None:
            until_ms = min(until_ms, self.spec.stops_ms)
        for pace, following in _with_next(self.spec.paces):
            first = max(0, -(-(from_ms - pace.from_ms) // pace.interval_ms))
            ends_ms = until_ms if following is None else min(until_ms, following.from_ms)
            beyond = max(first, -(-(ends_ms - pace.from_ms) // pace.interval_ms))
            numbers = np.arange(first, beyond, dtype=np.int64)
            at_ms = pace.from_ms + numbers * pace.interval_ms
            awake = np.ones(at_ms.size, dtype=bool)
            for silence in self.spec.silences:
                awake &= (at_ms < silence.from_ms) | (at_ms >= silence.until_ms)
            ticks.append((at_ms[awake], counted + numbers[awake]))
            if following is not None:
                counted += -(-(following.from_ms - pace.from_ms) // pace.interval_ms)
        return ticks

    def _samples(self, at_ms: NDArray[np.int64], seq: NDArray[np.int64]) -> list[Sample]:
        spec = self.spec
        if at_ms.size == 0:
            return []
        true_c = self._model.temperatures_c(at_ms, spec.place)
        shown_c = true_c + spec.noise_k * chance.normal(self._keys["noise"], seq)
        faulty = self._is_faulty(seq) & ~self._is_faulty(seq - 1)
        kind = (3.0 * chance.uniform(self._keys["fault kind"], seq)).astype(np.int64)
        twice = chance.uniform(self._keys["duplicate"], seq) < spec.duplicate_probability
        wet = chance.normal(self._keys["humidity"], seq)
        upsets = {self._tick_from(upset.at_ms): upset.temperature_c for upset in spec.upsets}
        samples: list[Sample] = []
        for row, moment_ms in enumerate(at_ms.tolist()):
            temperature: float | str | None = self._reported(float(shown_c[row]))
            if moment_ms in upsets:
                temperature = upsets[moment_ms]
            elif faulty[row]:
                temperature = (None, POWER_ON_C, LOST_BUS_C)[kind[row]]
            payload: Payload = {
                "measured_at": self._stamp(moment_ms + spec.clock_skew_ms),
                "temperature_c": temperature,
                "battery_v": self._battery_v(moment_ms),
                "seq": int(seq[row]),
            }
            if spec.probe:
                payload["probe"] = spec.probe
            if spec.humidity_pct is not None:
                payload["humidity_pct"] = round(spec.humidity_pct + 2.0 * float(wet[row]), 1)
            samples += [Sample(moment_ms, payload)] * (2 if twice[row] else 1)
        return samples

    def _is_faulty(self, seq: NDArray[np.int64]) -> NDArray[np.bool_]:
        return chance.uniform(self._keys["fault"], seq) < self.spec.fault_probability

    def _tick_from(self, at_ms: int) -> int:
        """The first moment of sampling at or after `at_ms`."""
        longest_ms = max(pace.interval_ms for pace in self.spec.paces)
        starts = [int(moments[0]) for moments, _ in self._ticks(at_ms, at_ms + longest_ms) if moments.size]
        return min(starts, default=-1)

    def _reported(self, shown_c: float) -> float | Literal["HI", "LO"]:
        if shown_c > self.spec.range_max_c:
            return "HI"
        if shown_c < self.spec.range_min_c:
            return "LO"
        # The round only removes what binary fractions add (−80.10000000000001), the sum the sign of −0.0.
        return round(float(np.trunc(shown_c / self.spec.resolution_c)) * self.spec.resolution_c, 3) + 0.0

    def _stamp(self, at_ms: int) -> int | str:
        return at_ms if self.spec.unix_time else rfc3339(at_ms)

    def _battery_v(self, at_ms: int) -> float:
        """A lithium cell: 3.65 V when new, 0.3 V less after two years, then level."""
        age_days = (at_ms - self.spec.paces[0].from_ms) / 86_400_000
        return round(3.65 - 0.3 * min(1.0, age_days / 730.0), 2)


def rfc3339(at_ms: int) -> str:
    """Unix milliseconds as RFC 3339, UTC with 'Z', milliseconds only when there are any."""
    moment = datetime.fromtimestamp(at_ms // 1_000, UTC).replace(microsecond=at_ms % 1_000 * 1_000)
    return moment.isoformat(timespec="milliseconds" if at_ms % 1_000 else "seconds").replace("+00:00", "Z")


def _with_next(paces: Sequence[Pace]) -> list[tuple[Pace, Pace | None]]:
    return list(zip(paces, (*paces[1:], None), strict=True))
