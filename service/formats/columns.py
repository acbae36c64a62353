"""Readings of many messages as columns: what the store takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.formats.reading import Reading


@dataclass(frozen=True, slots=True)
class Columns:
    """Readings as columns, in the order they were given: row i belongs to the series `keys[key[i]]`.

    Attributes:
        keys: (logger_id, probe), each once.
        key: int64, shape (n,).
        by_name: arrays of shape (n,) for every other field of a stored reading; NaN, a negative ``seq`` and a false
            ``stamped_on_arrival`` stand for what was not said.
    """

    keys: list[tuple[str, str]]
    key: NDArray[np.int64]
    by_name: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.key)


def columns_of(readings: Sequence[Reading], received_at_us: Sequence[int]) -> Columns:
    """Columns of readings, of which each arrived at its own time."""
    places: dict[tuple[str, str], int] = {}
    return Columns(
        key=np.array([places.setdefault((r.logger_id, r.probe), len(places)) for r in readings], dtype=np.int64),
        keys=list(places),
        by_name={
            "measured_at": np.array([r.measured_at_us for r in readings], dtype=np.int64),
            "received_at": np.array(received_at_us, dtype=np.int64),
            # None becomes NaN.
            "temperature_c": np.array([r.temperature_c for r in readings], dtype=np.float64),
            "quality": np.array([r.quality for r in readings], dtype=np.int16),
            "humidity_pct": np.array([r.humidity_pct for r in readings], dtype=np.float64),
            "battery_v": np.array([r.battery_v for r in readings], dtype=np.float64),
            "seq": np.array([-1 if r.seq is None else r.seq for r in readings], dtype=np.int64),
            "stamped_on_arrival": np.array([r.stamped_on_arrival for r in readings], dtype=np.bool_),
        },
    )


def merged(parts: Sequence[Columns], places: Sequence[NDArray[np.int64]]) -> Columns:
    """One of several, its rows in the order of their places; rows of one place keep the order they have."""
    order = np.argsort(np.concatenate(places), kind="stable")
    index: dict[tuple[str, str], int] = {}
    renumbered = [
        np.array([index.setdefault(key, len(index)) for key in part.keys], dtype=np.int64)[part.key] for part in parts
    ]
    return Columns(
        key=np.concatenate(renumbered)[order],
        keys=list(index),
        by_name={name: np.concatenate([part.by_name[name] for part in parts])[order] for name in parts[0].by_name},
    )
