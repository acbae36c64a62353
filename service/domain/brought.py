"""Readings that did not come live from a logger: who brought them, and how much of a life rests on them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.domain import spans
from service.domain.exposure.lot import Exposure
from service.domain.instant import duration_text, to_datetime
from service.domain.spans import Spans


class Way(StrEnum):
    """How readings were brought."""

    HTTP = "http"
    FILE = "file"
    REDRIVE = "redrive"


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
    """Over which times what a container was measured rests on an origin."""

    origin: Origin
    times: Spans


@dataclass(frozen=True, slots=True)
class Resting:
    """How much of a life rests on an origin, microseconds."""

    origin: Origin
    length_us: int

    @property
    def text(self) -> str:
        """In words: ``19 h from a file, brought by A. Meier on 2026-11-30 06:10 UTC``."""
        when = f"{to_datetime(self.origin.recorded_us):%Y-%m-%d %H:%M} UTC"
        way = _WAYS[self.origin.way]
        return f"{duration_text(self.length_us)} {way}, brought by {self.origin.recorded_by} on {when}"


NOTHING_BROUGHT: Mapping[str, Sequence[Brought]] = {}


def resting(exposure: Exposure, brought: Mapping[str, Sequence[Brought]]) -> tuple[Resting, ...]:
    """What the measured part of a lot's life rests on that was brought, the most first; `brought`: by container."""
    if not brought:
        return ()
    measured = exposure.measured
    found: defaultdict[Origin, list[Spans]] = defaultdict(list)
    for stay, there in exposure.placed:
        for one in brought.get(stay.container_id, ()):
            found[one.origin].append(spans.intersect(spans.intersect(one.times, there), measured))
    lengths = [Resting(origin, spans.total_us(spans.union(*times))) for origin, times in found.items()]
    return tuple(sorted((x for x in lengths if x.length_us), key=lambda x: (-x.length_us, x.origin.id)))
