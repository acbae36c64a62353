"""What others take for less: the total time above one threshold by series, with the same gap rule.

Each is given the readings in its own form beforehand, and one thread.
"""

import importlib.util
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.domain.series.crossings import Tracks

#: Total time above by series, microseconds.
Totals = NDArray[np.float64]
Peer = Callable[[], Totals]


def peers(tracks: Tracks, threshold_c: float, max_gap_us: int) -> dict[str, Peer]:
    """Those installed, by name."""
    makers = {"numpy": whole_arrays, "polars": polars, "duckdb": duckdb, "pandas": pandas}
    found = {}
    for name, maker in makers.items():
        if importlib.util.find_spec(name) is None:
            print(f"  {name} is not installed: skipped (pip install '.[benchmarks]')", flush=True)
        else:
            found[name] = maker(tracks, threshold_c, max_gap_us)
    return found


def series_of(tracks: Tracks) -> NDArray[np.int32]:
    """The number of the series of each reading."""
    lengths = np.diff(tracks.starts)
    return np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)


def whole_arrays(tracks: Tracks, threshold_c: float, max_gap_us: int) -> Peer:
    """numpy as one would write it first: the formula, over all readings at once."""
    times_us, values_c, series = tracks.times_us, tracks.low_c, series_of(tracks)
    count = len(tracks.starts) - 1

    def totals() -> Totals:
        a, b = values_c[:-1] - threshold_c, values_c[1:] - threshold_c
        length_us = np.diff(times_us)
        drawn = (series[1:] == series[:-1]) & (length_us <= max_gap_us)
        share = (np.maximum(a, 0) + np.maximum(b, 0)) / (np.abs(a) + np.abs(b))
        return np.bincount(series[:-1], np.where(drawn, share * length_us, 0), count)

    return totals


def polars(tracks: Tracks, threshold_c: float, max_gap_us: int) -> Peer:
    """Shifted columns and a group-by, lazily."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    pl: Any = importlib.import_module("polars")
    frame = pl.DataFrame({"series": series_of(tracks), "t": tracks.times_us, "x": tracks.low_c})
    a, b = pl.col("x") - threshold_c, pl.col("x").shift(-1) - threshold_c
    length_us = pl.col("t").shift(-1) - pl.col("t")
    drawn = (pl.col("series").shift(-1) == pl.col("series")) & (length_us <= max_gap_us)
    share = (a.clip(lower_bound=0) + b.clip(lower_bound=0)) / (a.abs() + b.abs())
    above_us = pl.when(drawn).then(share * length_us).otherwise(0.0)
    query = frame.lazy().select("series", above_us=above_us).group_by("series").agg(pl.col("above_us").sum())
    return lambda: query.collect().sort("series")["above_us"].to_numpy()  # noqa: PLW0108 -- the query is the work


def duckdb(tracks: Tracks, threshold_c: float, max_gap_us: int) -> Peer:
    """Window functions over a table in memory."""
    connection: Any = importlib.import_module("duckdb").connect()
    connection.execute("SET threads = 1")
    columns = {"series": series_of(tracks), "t": tracks.times_us, "x": tracks.low_c}
    connection.register("columns", columns)
    connection.execute("CREATE TABLE readings AS SELECT * FROM columns")
    connection.unregister("columns")
    statement = """
        SELECT series, sum(
            CASE WHEN t2 - t <= $max_gap_us
            THEN (greatest(a, 0) + greatest(b, 0)) / (abs(a) + abs(b)) * (t2 - t) ELSE 0 END
        ) AS above_us
        FROM (
            SELECT series, t, x - $threshold_c AS a, lead(t) OVER w AS t2, lead(x) OVER w - $threshold_c AS b
            FROM readings WINDOW w AS (PARTITION BY series ORDER BY t)
        ) GROUP BY series ORDER BY series
    """
    given = {"max_gap_us": max_gap_us, "threshold_c": threshold_c}
    return lambda: connection.execute(statement, given).fetchnumpy()["above_us"]


def pandas(tracks: Tracks, threshold_c: float, max_gap_us: int) -> Peer:
    """Shifts within a group-by."""
    pd: Any = importlib.import_module("pandas")
    frame = pd.DataFrame({"series": series_of(tracks), "t": tracks.times_us, "x": tracks.low_c})

    def totals() -> Totals:
        following = frame.groupby("series")[["t", "x"]].shift(-1)
        a, b = frame["x"] - threshold_c, following["x"] - threshold_c
        length_us = following["t"] - frame["t"]
        share = (a.clip(lower=0) + b.clip(lower=0)) / (a.abs() + b.abs())
        above_us = (share * length_us).where(length_us <= max_gap_us, 0.0)
        return above_us.groupby(frame["series"]).sum().to_numpy()

    return totals
