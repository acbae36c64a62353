"""Readings as loggers deliver them: late, twice, in any order; and whole years of them."""

import math

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from service.domain.series.quality import Quality
from service.evaluator.rollups import roll_up
from service.formats.reading import Reading
from service.store import dirty
from service.store.pool import Connection
from service.store.series.ends import find_ends
from tests.scenario import Sent, at_us, reading

DAY_MINUTES = 24 * 60

#: In minutes, later than anything here is measured.
LONG_AFTER = 100_000


sent: st.SearchStrategy[Sent] = st.one_of(
    st.integers(-1000, 100).map(lambda n: n / 10),
    st.floats(-100.0, 30.0, allow_nan=False),
    st.sampled_from(["HI", "LO", 85.0, None]),
)


#: Within four days, thick enough that hours have several readings; edges of hours and days among them.
minutes = st.integers(0, 96).map(lambda hour: 60 * hour) | st.integers(-300, 300) | st.floats(0, 4 * DAY_MINUTES)


measured = st.lists(st.builds(reading, st.sampled_from(["one", "two"]), minutes, sent), min_size=1, max_size=40)


SOME = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[Reading]]:
    """Readings of two loggers, shuffled, some of them twice or with another temperature, in batches."""
    readings = draw(measured)
    order = draw(st.permutations([*readings, *draw(st.lists(st.sampled_from(readings), max_size=5))]))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=4)))
    return [batch for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True) if (batch := order[a:b])]


def load_all(connection: Connection) -> None:
    """Have every reading loaded that waits to be evaluated, though it may change nothing."""
    connection.execute("UPDATE dirty SET step_us = NULL")


def evaluate(connection: Connection, now: float = LONG_AFTER) -> None:
    """What the evaluator does for roll-ups in a pass that loads what it evaluates; `now` in minutes."""
    load_all(connection)
    with connection.transaction():
        marks = dirty.oldest_marks(connection, 1000)
        changed = dirty.changed_spans(marks)
        find_ends(connection, changed)
        roll_up(connection, changed, at_us(now))
        dirty.delete_marks(connection, [mark.id for mark in marks])


def clear(connection: Connection) -> None:
    """No readings at all, as before the first delivery."""
    connection.execute("TRUNCATE readings, rollups, rollups_waiting, dirty, reading_conflicts, series_ends")


def value_c(value: float, quality: int) -> float:
    """A usable reading among the others: beyond the range is farther than any number."""
    return {Quality.HI: math.inf, Quality.LO: -math.inf}.get(Quality(quality), value)


def raw(connection: Connection, series_id: int) -> list[tuple[int, float, int]]:
    """(instant in microseconds, temperature, quality) of every reading stored, in order of time."""
    rows = connection.execute(
        "SELECT (extract(epoch FROM measured_at) * 1000000)::bigint AS at, temperature_c, quality FROM readings "
        "WHERE series_id = %s ORDER BY measured_at",
        [series_id],
    )
    return [(row["at"], row["temperature_c"], row["quality"]) for row in rows]


def contradicting(connection: Connection, series_id: int) -> list[tuple[int, float, int]]:
    """Likewise of every usable reading that contradicts a stored one."""
    rows = connection.execute(
        "SELECT (extract(epoch FROM measured_at) * 1000000)::bigint AS at, temperature_c, quality "
        "FROM reading_conflicts WHERE series_id = %s AND quality IN (0, 1, 2, 5)",
        [series_id],
    )
    return [(row["at"], row["temperature_c"], row["quality"]) for row in rows]


def years(connection: Connection, series_id: int, first: int, last: int, every: str) -> None:
    """Readings of whole years, put in as a restored backup would be: nothing is marked."""
    connection.execute(
        "INSERT INTO readings (series_id, measured_at, received_at, temperature_c, quality) "
        "SELECT %s, at, at, -80 + extract(hour FROM at) / 10, 0 "
        "FROM generate_series(make_timestamptz(%s, 1, 1, 0, 0, 0), make_timestamptz(%s, 1, 1, 0, 0, 0) - %s::interval, "
        "%s::interval) AS at",
        [series_id, first, last, every, every],
    )
    connection.execute(
        "INSERT INTO rollups_waiting (series_id) VALUES (%s) ON CONFLICT (series_id) DO UPDATE SET until_at = NULL",
        [series_id],
    )
