"""Readings as they count: at true times, calibrated. Stored ones stay as they came."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from service.domain.alerting.rules import Newest
from service.domain.instant import END_US, SECOND_US, from_datetime
from service.domain.series.mending import Calibration, Mending, Stretch, calibrated, own_window, stretches
from service.domain.series.quality import Quality
from service.domain.series.sensor_range import PLAUSIBLE, SensorRange, doubted, sensor_range
from service.store.instants import or_beginning, or_end, parameter
from service.store.pool import Connection
from service.store.rows import all_rows
from service.store.series.series import COUNTING, StoredSeries, ask_series
from service.store.series.windows import Window, load_windows

_DAY_US = 86_400 * SECOND_US


@dataclass(frozen=True, slots=True)
class _Mended:
    """One clock mend (with `offset_us`) or calibration (with `slope`) of a series; all None: it has neither."""

    series_id: int
    logger_id: str
    probe: str
    model: str
    range_min_c: float | None
    range_max_c: float | None
    from_at: datetime | None
    until_at: datetime | None
    offset_us: int | None
    slope: float | None
    offset_c: float | None

    def shown(self) -> SensorRange:
        return sensor_range(
            self.range_min_c, self.range_max_c, logger_id=self.logger_id, probe=self.probe, model=self.model
        )


def load_mendings(connection: Connection, series_ids: Collection[int]) -> dict[int, Mending]:
    """What was put right of each of these series; an empty one where there was no need."""
    rows = all_rows(
        connection,
        _Mended,
        "SELECT series.id AS series_id, logger_id, probe, model, range_min_c, range_max_c, put_right.* "
        "FROM series JOIN loggers ON loggers.id = logger_id LEFT JOIN LATERAL ("
        "SELECT from_at, until_at, offset_us, NULL::float8 AS slope, NULL::float8 AS offset_c "
        "FROM clock_mends WHERE clock_mends.logger_id = series.logger_id UNION ALL "
        "SELECT from_at, until_at, NULL, slope, offset_c FROM calibrations WHERE series_id = series.id"
        ") AS put_right ON true WHERE series.id = ANY(%s)",
        [list(series_ids)],
    )
    clocks: defaultdict[int, list[Stretch]] = defaultdict(list)
    calibrations: defaultdict[int, list[Calibration]] = defaultdict(list)
    shown: dict[int, SensorRange] = {}
    ranges: dict[int, tuple[float | None, float | None]] = {}
    for row in rows:
        shown[row.series_id] = row.shown()
        ranges[row.series_id] = row.range_min_c, row.range_max_c
        from_us, until_us = or_beginning(row.from_at), or_end(row.until_at)
        if row.offset_us is not None:
            clocks[row.series_id].append(Stretch(from_us, until_us, row.offset_us))
        elif row.slope is not None and row.offset_c is not None:
            calibrations[row.series_id].append(Calibration(from_us, until_us, row.slope, row.offset_c))
    return {
        x: Mending(tuple(clocks[x]), tuple(calibrations[x]), shown.get(x, PLAUSIBLE), *ranges.get(x, (None, None)))
        for x in series_ids
    }


def load_mended(
    connection: Connection,
    series_id: int,
    mending: Mending,
    from_us: int,
    until_us: int,
    padding: int = 0,
    most: int | None = None,
) -> StoredSeries:
    """Readings of one series truly measured in [from_us, until_us], ascending, calibrated; an instant may come twice.

    On each side come at least its `padding` usable instants next to the window, or as many as there are: each stretch
    of the clock gives as many of its own, and the nearest of all are among the nearest of each.

    Args:
        most: load at most this many of those in the window, the earliest (with a mended clock, as many of each of its
            stretches); where that leaves some out, none follow them.
    """
    return ask_mended(connection, series_id, mending, from_us, until_us, padding, most)()


def ask_mended(
    connection: Connection,
    series_id: int,
    mending: Mending,
    from_us: int,
    until_us: int,
    padding: int = 0,
    most: int | None = None,
) -> Callable[[], StoredSeries]:
    """What `load_mended` loads, when it is called: in a pipeline the database reads it meanwhile."""
    if mending.clock:
        asked = _ask_at_true_times(connection, series_id, mending.clock, from_us, until_us, padding, most)
    else:
        asked = ask_series(connection, series_id, from_us, until_us, padding, most)

    return lambda: _put_right(asked(), mending)


@dataclass(frozen=True, slots=True)
class TrueWindow:
    """Of a series, what was truly measured in [from_us, until_us]."""

    series_id: int
    mending: Mending
    from_us: int
    until_us: int


def load_mended_windows(
    connection: Connection,
    wanted: Sequence[TrueWindow],
    padding: int,
    *,
    inside: bool = True,
    near_us: int | None = None,
) -> list[StoredSeries]:
    """What `load_mended` loads, of many windows in few statements; `inside`, `near_us`: as `load_windows` has them."""
    own = [_own_windows(one) for one in wanted]
    windows = [window for some in own for window, _ in some]
    found = iter(load_windows(connection, windows, padding, inside=inside, near_us=near_us))
    loaded = []
    for one, some in zip(wanted, own, strict=True):
        parts = [next(found) for _ in some]
        clock = [stretch for _, stretch in some if stretch is not None]
        loaded.append(_put_right(_at_true_times(clock, parts) if clock else parts[0], one.mending))
    return loaded


def _own_windows(wanted: TrueWindow) -> list[tuple[Window, Stretch | None]]:
    """A window as each stretch of the clock had it; as it is, where the clock was always right."""
    if not wanted.mending.clock:
        return [(Window(wanted.series_id, wanted.from_us, wanted.until_us), None)]
    return [
        (Window(wanted.series_id, *own_window(stretch, wanted.from_us, wanted.until_us), stamped), stretch)
        for stretch, stamped in _by_stamp(wanted.mending.clock)
    ]


def _put_right(found: StoredSeries, mending: Mending) -> StoredSeries:
    qualities = doubted(found.temperatures_c, found.qualities, mending.shown)
    return StoredSeries(
        found.times_us, calibrated(found.times_us, found.temperatures_c, qualities, mending.calibrations), qualities
    )


def _ask_at_true_times(
    connection: Connection,
    series_id: int,
    clock: Sequence[Stretch],
    from_us: int,
    until_us: int,
    padding: int,
    most: int | None,
) -> Callable[[], StoredSeries]:
    windows = [(stretch, stamped, *own_window(stretch, from_us, until_us)) for stretch, stamped in _by_stamp(clock)]
    asked = [
        ask_series(connection, series_id, opens_us, closes_us, padding, most, stamped_on_arrival=stamped)
        for _, stamped, opens_us, closes_us in windows
    ]

    def take() -> StoredSeries:
        found = [take_own() for take_own in asked]
        complete_until_us = END_US
        for (stretch, _, opens_us, closes_us), own in zip(windows, found, strict=True):
            # Conflicting readings come in addition.
            if most is not None and np.count_nonzero(_within(own.times_us, opens_us, closes_us)) >= most:
                last_us = own.times_us[_within(own.times_us, stretch.from_us, stretch.until_us - 1)][-1]
                complete_until_us = min(complete_until_us, int(last_us) + stretch.offset_us)
        whole = _at_true_times([stretch for stretch, *_ in windows], found)
        complete = whole.times_us <= complete_until_us
        return StoredSeries(whole.times_us[complete], whole.temperatures_c[complete], whole.qualities[complete])

    return take


def _at_true_times(stretches_here: Sequence[Stretch], found: Sequence[StoredSeries]) -> StoredSeries:
    """What was found by the stretches of a clock, each by its own time, in order of true time."""
    parts = []
    for stretch, own in zip(stretches_here, found, strict=True):
        inside = _within(own.times_us, stretch.from_us, stretch.until_us - 1)
        parts.append((own.times_us[inside] + stretch.offset_us, own.temperatures_c[inside], own.qualities[inside]))
    times_us, temperatures_c, qualities = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(times_us, kind="stable")
    return StoredSeries(times_us[order], temperatures_c[order], qualities[order])


def _by_stamp(clock: Sequence[Stretch]) -> Iterator[tuple[Stretch, bool | None]]:
    """The stretches of a clock; of wrong ones, what is by that clock apart from what was stamped on arrival."""
    for stretch in stretches(clock):
        if stretch.offset_us == 0:
            yield stretch, None
        else:
            yield stretch, False
            yield replace(stretch, offset_us=0), True


def _within(times_us: NDArray[np.int64], from_us: int, until_us: int) -> NDArray[np.bool_]:
    return (times_us >= from_us) & (times_us <= until_us)


@dataclass(frozen=True, slots=True)
class _NewestRow:
    series_id: int
    logger_id: str
    probe: str
    model: str
    measured_at: datetime
    quality: int
    range_min_c: float | None
    range_max_c: float | None
    temperature_c: float | None
    calibrated_c: float | None
    contradicted: bool

    def newest(self) -> Newest:
        quality = Quality(self.quality)
        if self.contradicted or (quality is Quality.OK and not self._can_be_shown()):
            quality = Quality.IMPOSSIBLE
        number_c = self.calibrated_c if quality is Quality.OK else None
        return Newest(from_datetime(self.measured_at), number_c, quality, self.range_min_c, self.range_max_c)

    def _can_be_shown(self) -> bool:
        shown = sensor_range(
            self.range_min_c, self.range_max_c, logger_id=self.logger_id, probe=self.probe, model=self.model
        )
        return self.temperature_c is not None and shown.shows(self.temperature_c)


def newest_of(
    connection: Connection, series_ids: Sequence[int], now_us: int, ahead_us: int = _DAY_US
) -> dict[int, Newest]:
    """By series, its newest reading that says something, calibrated, of those that have one within a day of an
    instant; the newest first. `ahead_us`: those count, too, that are measured so much later than that."""
    if not series_ids:
        return {}
    rows = all_rows(
        connection,
        _NewestRow,
        "SELECT series.id AS series_id, logger_id, probe, model, measured_at, quality, range_min_c, range_max_c, "
        "newest.temperature_c, "
        "coalesce(slope, 1) * newest.temperature_c + coalesce(offset_c, 0) AS calibrated_c, EXISTS ("
        "SELECT FROM reading_conflicts AS other WHERE other.series_id = series.id "
        f"AND other.measured_at = newest.measured_at AND {COUNTING}) AS contradicted "
        "FROM series JOIN loggers ON loggers.id = logger_id CROSS JOIN LATERAL ("
        f"SELECT measured_at, quality, temperature_c FROM readings WHERE series_id = series.id AND {COUNTING} "
        "AND measured_at BETWEEN %(from)s AND %(until)s ORDER BY measured_at DESC LIMIT 1) AS newest "
        "LEFT JOIN calibrations ON calibrations.series_id = series.id AND measured_at >= calibrations.from_at "
        "AND (until_at IS NULL OR measured_at < until_at) "
        "WHERE series.id = ANY(%(series)s) ORDER BY measured_at DESC, series.id",
        {"series": list(series_ids), "from": parameter(now_us - _DAY_US), "until": parameter(now_us + ahead_us)},
    )
    return {row.series_id: row.newest() for row in rows}
