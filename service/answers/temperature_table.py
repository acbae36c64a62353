"""The temperatures of a lot in figures: by hours, days or months, what a chart shows to those who can see it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from service.answers.charts import strip_of
from service.answers.judging import JudgedLot
from service.answers.measured import measured_of_lot
from service.answers.watches import Sources
from service.domain import spans
from service.domain.instant import SECOND_US
from service.domain.series.bounded import Bounded, bounded, coldest, warmest
from service.domain.series.mending import Mending
from service.domain.series.strip import Strip, by
from service.store.pool import Connection
from service.store.series.rollups import DAY_S, HOUR_S

_DAY_US = DAY_S * SECOND_US

#: As long a life is told by hours, or by days; a longer one by months.
_BY_HOURS_US = 2 * _DAY_US
_BY_DAYS_US = 62 * _DAY_US


class By(StrEnum):
    """What a row of the table is."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Row:
    """An hour, a day or a month, by UTC, as far as the lot lived in it.

    Attributes:
        coldest, warmest: of all probes; None: nothing usable was measured.
        mean_c: of the numbers; None: there is none. left_out: how many readings are "HI" or "LO", and not in it.
        beyond_us: certainly beyond a limit; lacking_us: not measured.
    """

    from_us: int
    coldest: Bounded | None
    warmest: Bounded | None
    mean_c: float | None
    left_out: int
    beyond_us: int
    lacking_us: int


def temperatures_by_time(connection: Connection, judged: JudgedLot, sources: Sources) -> tuple[By, list[Row]]:
    """What was measured of a lot, whole life, oldest first. `sources`: of the containers it was in."""
    exposure = judged.judgement.exposure
    if len(exposure.life) == 0:
        return By.DAY, []
    from_us, until_us = int(exposure.life[0, 0]), int(exposure.life[-1, 1])
    lasts_us = until_us - from_us
    kind = By.HOUR if lasts_us <= _BY_HOURS_US else By.DAY if lasts_us <= _BY_DAYS_US else By.MONTH
    attached = {container_id: [one for one, _ in some] for container_id, some in sources.items()}
    mendings = {one.series_id: mending for some in sources.values() for one, mending in some}
    measured = measured_of_lot(attached, judged.lot, from_us, until_us)
    length_s = HOUR_S if kind is By.HOUR else DAY_S
    edges_us = _edges_us(kind, from_us, until_us)
    figures: defaultdict[int, list[_Figures]] = defaultdict(list)
    for one in measured:
        mending = mendings[one.series_id]
        strip = strip_of(connection, one, mending, length_s)
        for i, of_row in _by_row(strip, edges_us, mending):
            figures[i].append(of_row)
    beyond_us = np.diff(spans.before_us(spans.union(*(found.certain for found in exposure.limits)), edges_us)).tolist()
    lacking_us = np.diff(spans.before_us(exposure.gaps, edges_us)).tolist()

    def row(i: int, from_us: int) -> Row:
        its = figures[i]
        numbers = sum(one.numbers for one in its)
        return Row(
            from_us,
            coldest(one.coldest for one in its),
            warmest(one.warmest for one in its),
            sum(one.sum_c for one in its) / numbers if numbers else None,
            sum(one.left_out for one in its),
            beyond_us[i],
            lacking_us[i],
        )

    return kind, [row(i, from_us) for i, from_us in enumerate(edges_us[:-1].tolist())]


@dataclass(frozen=True, slots=True)
class _Figures:
    """What one probe measured in one row of the table."""

    coldest: Bounded | None
    warmest: Bounded | None
    sum_c: float
    numbers: int
    left_out: int


def _by_row(strip: Strip, edges_us: NDArray[np.int64], mending: Mending) -> Iterator[tuple[int, _Figures]]:
    rows = by(strip, np.searchsorted(edges_us, strip.first_us, side="right") - 1)
    at = np.searchsorted(edges_us, rows.first_us, side="right") - 1
    columns = (at, rows.coldest_c, rows.warmest_c, rows.sum_c, rows.numbers, rows.left_out)
    for i, coldest_c, warmest_c, sum_c, numbers, left_out in zip(*(x.tolist() for x in columns), strict=True):
        cold, warm = (bounded(end_c, mending.range_min_c, mending.range_max_c) for end_c in (coldest_c, warmest_c))
        yield i, _Figures(cold, warm, sum_c if numbers else 0.0, numbers, left_out)


def _edges_us(kind: By, from_us: int, until_us: int) -> NDArray[np.int64]:
    """Where each row begins, and where the last one ends."""
    unit = {By.HOUR: "h", By.DAY: "D", By.MONTH: "M"}[kind]
    first = np.datetime64(from_us, "us").astype(f"M8[{unit}]")
    last = np.datetime64(until_us - 1, "us").astype(f"M8[{unit}]")
    return np.arange(first, last + 2).astype("M8[us]").astype(np.int64)
