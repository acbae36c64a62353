"""What is drawn of a series: from its readings where they are few, else from its hours or days."""

from dataclasses import replace

from service.domain.series.drawing import Drawing, Resolution, draw_buckets, draw_readings, not_shown
from service.domain.series.mending import Mending
from service.store.pool import Connection
from service.store.series.mended import load_mended, load_mendings
from service.store.series.rollups import DAY_S, HOUR_S, has_more_hours, has_more_readings, load_buckets
from service.store.series.series import has_conflicts

#: The finest of readings, hours and days is taken of which there are at most this many for each point wanted.
_ROWS_A_POINT = 4


def rolled_up_is_enough(mending: Mending, from_us: int, until_us: int) -> bool:
    """Whether the roll-ups tell what was measured in [from_us, until_us): they know raw values at raw times only."""
    calibrated = (
        one.from_us < until_us and from_us < one.until_us and (one.slope, one.offset_c) != (1, 0)
        for one in mending.calibrations
    )
    return not any(calibrated) and not is_moved(mending, from_us, until_us)


def is_moved(mending: Mending, from_us: int, until_us: int) -> bool:
    """Whether a mended clock moves readings of a series into [from_us, until_us), out of it, or within."""
    return any(
        min(one.from_us, one.from_us + one.offset_us) < until_us
        and from_us < max(one.until_us, one.until_us + one.offset_us)
        for one in mending.clock
    )


def draw(connection: Connection, series_id: int, from_us: int, until_us: int, points: int) -> Drawing:
    """At most `points` readings of a series in [from_us, until_us), every peak among them."""
    mending = load_mendings(connection, [series_id])[series_id]
    drawing = _drawn(connection, series_id, mending, from_us, until_us, points)
    return replace(drawing, range_min_c=mending.range_min_c, range_max_c=mending.range_max_c)


def _drawn(
    connection: Connection, series_id: int, mending: Mending, from_us: int, until_us: int, points: int
) -> Drawing:
    most = _ROWS_A_POINT * points
    if (
        rolled_up_is_enough(mending, from_us, until_us)
        and has_more_readings(connection, series_id, from_us, until_us, most)
        and not has_conflicts(connection, series_id, from_us, until_us - 1)
    ):
        coarse = has_more_hours(connection, series_id, from_us, until_us, most)
        resolution, length_s = (Resolution.DAY, DAY_S) if coarse else (Resolution.HOUR, HOUR_S)
        buckets = load_buckets(connection, series_id, from_us, until_us, length_s)
        if not not_shown(buckets, mending.shown).any():
            return draw_buckets(buckets, resolution, points)
    found = load_mended(connection, series_id, mending, from_us, until_us - 1)
    return draw_readings(found.times_us, found.temperatures_c, found.qualities, points)
