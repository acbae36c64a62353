"""The temperatures of a lot in figures: by hours, days or months, what a chart shows to those who can see it."""

from dataclasses import dataclass
from enum import StrEnum
from math import isnan

import numpy as np

from service.answers.charts import strip_of
from service.answers.judging import JudgedLot
from service.answers.measured import measured_of_lot
from service.answers.watches import Sources
from service.domain import spans
from service.domain.instant import SECOND_US
from service.domain.series.strip import after_each_other, by
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
        coldest_c, warmest_c: of all probes; −∞ is "LO", +∞ is "HI"; None: nothing usable was measured.
        beyond_us: certainly beyond a limit; lacking_us: not measured.
    """

    from_us: int
    coldest_c: float | None
    warmest_c: float | None
    mean_c: float | None
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
    strip = after_each_other([strip_of(connection, one, mendings[one.series_id], length_s) for one in measured])
    edges_us = _edges_us(kind, from_us, until_us)
    rows = by(strip, np.searchsorted(edges_us, strip.first_us, side="right") - 1)
    at = np.searchsorted(edges_us, rows.first_us, side="right") - 1
    beyond_us = np.diff(spans.before_us(spans.union(*(found.certain for found in exposure.limits)), edges_us)).tolist()
    lacking_us = np.diff(spans.before_us(exposure.gaps, edges_us)).tolist()
    figures = dict(zip(at.tolist(), range(len(rows)), strict=True))
    coldest_c, warmest_c, mean_c = rows.coldest_c.tolist(), rows.warmest_c.tolist(), rows.mean_c.tolist()

    def row(i: int, from_us: int) -> Row:
        if i not in figures:
            return Row(from_us, None, None, None, beyond_us[i], lacking_us[i])
        its = figures[i]
        mean = None if isnan(mean_c[its]) else mean_c[its]
        return Row(from_us, coldest_c[its], warmest_c[its], mean, beyond_us[i], lacking_us[i])

    return kind, [row(i, from_us) for i, from_us in enumerate(edges_us[:-1].tolist())]


def _edges_us(kind: By, from_us: int, until_us: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Where each row begins, and where the last one ends."""
    unit = {By.HOUR: "h", By.DAY: "D", By.MONTH: "M"}[kind]
    first = np.datetime64(from_us, "us").astype(f"M8[{unit}]")
    last = np.datetime64(until_us - 1, "us").astype(f"M8[{unit}]")
    return np.arange(first, last + 2).astype("M8[us]").astype(np.int64)
