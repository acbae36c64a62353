"""Readings that did not come live from a logger: who brought them, and how much of a life rests on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from service.domain import spans
from service.domain.exposure.lot import Exposure
from service.domain.instant import duration_text, to_datetime


class Way(StrEnum):
    """How readings were brought."""

    HTTP = "http"
    FILE = "file"
    REDRIVE = "redrive"


#: As many are told of a lot, those on which most of it rests, and how many more there are.
MOST_ORIGINS = 20

_WAYS = {Way.HTTP: "over HTTP", Way.FILE: "from a file", Way.REDRIVE: "from a message redriven"}


@dataclass(frozen=True, slots=True)
class Origin:
    """Something that was brought. `sha256`: of its bytes, in hexadecimal."""

    id: int
    way: Way
    recorded_by: str
    recorded_us: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Brought:
    """When what a container was measured rests on what was brought.

    Arrays of shape (n,): [from_us, until_us) rests on an origin, of this number. Those of one origin are apart.
    """

    from_us: NDArray[np.int64]
    until_us: NDArray[np.int64]
    origin_ids: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Resting:
    """How much of a life rests on an origin, microseconds."""

    origin: Origin
    length_us: int

    @property
    def text(self) -> str:
        """The same with when: ``19 h from a file, brought by A. Meier on 2026-11-30 06:10 UTC``."""
        return f"{self.source} on {to_datetime(self.origin.recorded_us):%Y-%m-%d %H:%M} UTC"

    @property
    def source(self) -> str:
        """In words: ``19 h from a file, brought by A. Meier``."""
        return f"{duration_text(self.length_us)} {_WAYS[self.origin.way]}, brought by {self.origin.recorded_by}"


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of a life rests on each origin, the most first. Arrays of shape (n,)."""

    origin_ids: NDArray[np.int64]
    lengths_us: NDArray[np.int64]


def shares(exposure: Exposure, brought: Mapping[str, Brought]) -> Shares:
    """What the measured part of a lot's life rests on that was brought; `brought`: by container."""
    origin_ids, lengths_us = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    measured = exposure.measured if brought else spans.NONE
    for stay, there in exposure.placed:
        if (one := brought.get(stay.container_id)) is not None:
            here = spans.intersect(measured, there)
            origin_ids.append(one.origin_ids)
            lengths_us.append(spans.before_us(here, one.until_us) - spans.before_us(here, one.from_us))
    # A lot is in one container at a time, so that nothing is counted twice.
    found, at = np.unique(np.concatenate(origin_ids), return_inverse=True)
    totals_us = np.zeros(len(found), np.int64)
    np.add.at(totals_us, at, np.concatenate(lengths_us))
    order = np.lexsort((found, -totals_us))
    order = order[totals_us[order] > 0]
    return Shares(found[order], totals_us[order])
