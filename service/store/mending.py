"""Readings as they count: at true times, calibrated. Stored ones stay as they came."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from service.domain.instant import END_US
from service.domain.mending import Calibration, Mending, Stretch, calibrated, own_window, stretches
from service.store.instants import or_beginning, or_end
from service.store.pool import Connection
from service.store.series import StoredSeries, ask_series


def load_mendings(connection: Connection, series_ids: Collection[int]) -> dict[int, Mending]:
    """What was put right of each of these series; an empty one where there was no need."""
    rows = connection.execute(
        "SELECT series.id AS series_id, from_at, until_at, offset_us, NULL::float8 AS slope, NULL::float8 AS offset_c "
        "FROM clock_mends JOIN series USING (logger_id) WHERE series.id = ANY(%(ids)s) UNION ALL "
        "SELECT series_id, from_at, until_at, NULL, slope, offset_c FROM calibrations WHERE series_id = ANY(%(ids)s)",
        {"ids": list(series_ids)},
    )
    clocks: defaultdict[int, list[Stretch]] = defaultdict(list)
    calibrations: defaultdict[int, list[Calibration]] = defaultdict(list)
    for row in rows:
        from_us, until_us = or_beginning(row["from_at"]), or_end(row["until_at"])
        if row["slope"] is None:
            clocks[row["series_id"]].append(Stretch(from_us, until_us, row["offset_us"]))
        else:
            calibration = Calibration(from_us, until_us, row["slope"], row["offset_c"])
            calibrations[row["series_id"]].append(calibration)
    return {x: Mending(tuple(clocks.get(x, ())), tuple(calibrations.get(x, ()))) for x in series_ids}


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

    On each side come at least its `padding` usable instants next to the window, if there are so many: each stretch of
    the clock gives as many of its own, and the nearest of all are among the nearest of each.

    Args:
        most: load only so many of those in the window, the earliest (with a mended clock, so many of each of its
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

    def take() -> StoredSeries:
        found = asked()
        return replace(
            found,
            temperatures_c=calibrated(found.times_us, found.temperatures_c, found.qualities, mending.calibrations),
        )

    return take


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
        parts, complete_until_us = [], END_US
        for (stretch, _, opens_us, closes_us), take_own in zip(windows, asked, strict=True):
            found = take_own()
            inside = _within(found.times_us, stretch.from_us, stretch.until_us - 1)
            times_us = found.times_us[inside] + stretch.offset_us
            parts.append((times_us, found.temperatures_c[inside], found.qualities[inside]))
            if most is not None and np.count_nonzero(_within(found.times_us, opens_us, closes_us)) == most:
                complete_until_us = min(complete_until_us, int(times_us[-1]))
        times_us, temperatures_c, qualities = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(times_us, kind="stable")
        order = order[times_us[order] <= complete_until_us]
        return StoredSeries(times_us[order], temperatures_c[order], qualities[order])

    return take


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
