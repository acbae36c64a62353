"""Temperatures inside containers: a lumped model, first order in each node, repeatable to the last bit.

Three nodes: *mass* (contents and walls; where a product probe sits), *air*, and *buffered* (a probe in a
glycol bottle, lagging the air). It is integrated with fixed steps from a fixed epoch, so the temperature at a
moment depends on (seed, moment) alone, never on which windows were asked for or how they were cut.

Times are integer Unix milliseconds, UTC; temperatures °C; temperature differences K.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from simulators import chance
from simulators.bodies import Body, Compressor

STEP_MS = 10_000
_STEP_S = STEP_MS / 1_000
_CHUNK_STEPS = 2_160  # six hours
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS


class Place(StrEnum):
    """Where in the container a probe sits; `AMBIENT` is the room around it."""

    AIR = "air"
    BUFFERED = "buffered"
    PRODUCT = "product"
    AMBIENT = "ambient"


@dataclass(frozen=True, slots=True)
class DoorOpening:
    """A door open over [from, until). `opening`: 1.0 is wide open, 0.3 ajar."""

    from_ms: int
    until_ms: int
    opening: float = 1.0


@dataclass(frozen=True, slots=True)
class CompressorFailure:
    """The compressor does not run over [from, until), whatever the thermostat asks for."""

    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class CoolantGone:
    """All dry ice (or liquid nitrogen) is gone at this moment: spilt, or sublimed sooner than planned."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class CoolantFilled:
    """The coolant is made up to `mass_kg`."""

    at_ms: int
    mass_kg: float


Event = DoorOpening | CompressorFailure | CoolantGone | CoolantFilled


@dataclass(slots=True)
class _Inside:
    """What the next step starts from."""

    mass_c: float
    air_c: float
    buffered_c: float
    running: bool
    coolant_kg: float


class ThermalModel:
    """One container. Ask for any moments from `epoch_ms` on; equal arguments give equal numbers."""

    def __init__(self, body: Body, *, seed: int, name: str, epoch_ms: int, events: Sequence[Event] = ()) -> None:
        self._body = body
        self._seed = seed
        self._name = name
        self._epoch_ms = epoch_ms
        self._events = tuple(events)
        self._chunks: list[NDArray[np.float64]] = []
        start_c = self._start_c()
        coolant_kg = 0.0 if isinstance(body.cooling, Compressor) else body.cooling.mass_kg
        self._inside = _Inside(start_c, start_c, start_c, running=False, coolant_kg=coolant_kg)

    def temperatures_c(self, at_ms: NDArray[np.int64], place: Place) -> NDArray[np.float64]:
        """Temperatures (n,) at the moments `at_ms` (n,), in the order asked, linear between steps of 10 s.

        Raises:
            ValueError: a moment lies before the epoch, where the model knows nothing.
        """
        if at_ms.size == 0:
            return np.empty(0, dtype=np.float64)
        first_ms, last_ms = int(at_ms.min()), int(at_ms.max())
        if first_ms < self._epoch_ms:
            raise ValueError(f"{self._name}: asked for {first_ms} ms, before its epoch {self._epoch_ms} ms")
        if place is Place.AMBIENT:
            return self._ambient_c(at_ms)
        first_step = (first_ms - self._epoch_ms) // STEP_MS
        last_step = (last_ms - self._epoch_ms) // STEP_MS + 1
        first_chunk, last_chunk = first_step // _CHUNK_STEPS, last_step // _CHUNK_STEPS
        while len(self._chunks) <= last_chunk:
            self._extend()
        column = (Place.AIR, Place.BUFFERED, Place.PRODUCT).index(place)
        grid_c = np.concatenate([chunk[column] for chunk in self._chunks[first_chunk : last_chunk + 1]])
        steps, rest_ms = np.divmod(at_ms - self._epoch_ms, STEP_MS)
        steps -= first_chunk * _CHUNK_STEPS
        fraction = rest_ms / STEP_MS
        between: NDArray[np.float64] = grid_c[steps] * (1.0 - fraction) + grid_c[steps + 1] * fraction
        return between

    def _start_c(self) -> float:
        cooling = self._body.cooling
        if not isinstance(cooling, Compressor):
            return cooling.plateau_c
        where = chance.one(chance.key_of(self._seed, self._name, "start"), 0)
        return cooling.set_point_c + cooling.hysteresis_k * (2.0 * where - 1.0)

    def _ambient_c(self, at_ms: NDArray[np.int64]) -> NDArray[np.float64]:
        # A room is warmest in the afternoon: 15:00 UTC serves for every site, for a swing of a degree.
        day_fraction = (at_ms % _DAY_MS) / _DAY_MS
        room_c: NDArray[np.float64] = self._body.ambient_c + self._body.ambient_swing_k * np.sin(
            2.0 * np.pi * (day_fraction - 0.375)
        )
        return room_c

    def _routine_doors(self, from_ms: int, until_ms: int) -> list[DoorOpening]:
        """Openings of working days, one in each of the day's equal slots, so that no two run together."""
        body = self._body
        doors: list[DoorOpening] = []
        if body.doors_per_day == 0:
            return doors
        slot_ms = 9 * _HOUR_MS // body.doors_per_day
        moment = chance.key_of(self._seed, self._name, "door moment")
        length = chance.key_of(self._seed, self._name, "door length")
        for day in range(from_ms // _DAY_MS - 1, until_ms // _DAY_MS + 1):
            opens_ms = day * _DAY_MS + body.opens_hour_utc * _HOUR_MS
            for number in range(body.doors_per_day):
                index = day * body.doors_per_day + number
                begin_ms = opens_ms + number * slot_ms + int(0.7 * slot_ms * chance.one(moment, index))
                open_ms = int(1_000 * body.door_s * (0.4 + 0.6 * chance.one(length, index)))
                doors.append(DoorOpening(begin_ms, begin_ms + open_ms))
        return doors

    def _share_of_steps(self, first_step: int, from_ms: int, until_ms: int) -> NDArray[np.float64]:
        """For each step of the chunk the share of it, 0 to 1, that lies in [from, until)."""
        starts_ms = self._epoch_ms + STEP_MS * np.arange(first_step, first_step + _CHUNK_STEPS)
        inside_ms = np.minimum(starts_ms + STEP_MS, until_ms) - np.maximum(starts_ms, from_ms)
        share: NDArray[np.float64] = np.clip(inside_ms / STEP_MS, 0.0, 1.0)
        return share

    def _extend(self) -> None:
        """Integrate one chunk further."""
        first_step = len(self._chunks) * _CHUNK_STEPS
        from_ms = self._epoch_ms + first_step * STEP_MS
        until_ms = from_ms + _CHUNK_STEPS * STEP_MS
        opened = np.zeros(_CHUNK_STEPS)
        failed = np.zeros(_CHUNK_STEPS)
        coolant: dict[int, float] = {}
        for event in (*self._routine_doors(from_ms, until_ms), *self._events):
            if isinstance(event, DoorOpening):
                share = event.opening * self._share_of_steps(first_step, event.from_ms, event.until_ms)
                opened = np.maximum(opened, share)
            elif isinstance(event, CompressorFailure):
                failed = np.maximum(failed, self._share_of_steps(first_step, event.from_ms, event.until_ms))
            elif from_ms <= event.at_ms < until_ms:
                step = (event.at_ms - from_ms) // STEP_MS
                coolant[step] = event.mass_kg if isinstance(event, CoolantFilled) else 0.0
        ambient_c = self._ambient_c(np.arange(from_ms, until_ms, STEP_MS, dtype=np.int64))
        chunk = np.empty((3, _CHUNK_STEPS))
        inside = self._inside
        # Plain floats: reading numpy elements one by one would cost more than the arithmetic.
        series = zip(opened.tolist(), failed.tolist(), ambient_c.tolist(), strict=True)
        for step, (door, failure, room_c) in enumerate(series):
            chunk[0, step], chunk[1, step], chunk[2, step] = inside.air_c, inside.buffered_c, inside.mass_c
            inside.coolant_kg = coolant.get(step, inside.coolant_kg)
            self._advance(inside, door, failure, room_c)
        self._chunks.append(chunk)

    def _advance(self, inside: _Inside, door: float, failure: float, room_c: float) -> None:
        """One step of 10 s (Euler; the fastest time constant is about two minutes)."""
        body = self._body
        mass_rate = (room_c - inside.mass_c) / body.leak_tau_s
        air_goal_c = inside.mass_c
        if isinstance(body.cooling, Compressor):
            above_k = inside.mass_c - body.cooling.set_point_c
            if abs(above_k) >= body.cooling.hysteresis_k:
                inside.running = above_k > 0
            drive = (1.0 - failure) if inside.running else 0.0
            mass_rate -= drive * body.cooling.pull_k_per_h / 3_600.0
            air_goal_c -= drive * body.cooling.air_dip_k
        elif inside.coolant_kg > 0:
            mass_rate += (body.cooling.plateau_c - inside.mass_c) / body.cooling.coupling_tau_s
            inside.coolant_kg -= body.cooling.loss_kg_per_day * _STEP_S / 86_400.0
        mass_rate += door * (inside.air_c - inside.mass_c) / body.air_to_mass_tau_s
        air_rate = (air_goal_c - inside.air_c) / body.air_tau_s + door * (room_c - inside.air_c) / body.door_tau_s
        buffered_share = 1.0 - math.exp(-_STEP_S / body.buffer_tau_s)
        inside.buffered_c += buffered_share * (inside.air_c - inside.buffered_c)
        inside.air_c += _STEP_S * air_rate
        inside.mass_c += _STEP_S * mass_rate
