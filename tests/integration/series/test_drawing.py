"""Ten years of a freezer, drawn: cheap, and with every peak."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import Cursor
from psycopg.rows import tuple_row

from service.answers.drawing import draw, rolled_up_is_enough
from service.domain.series.drawing import Resolution
from service.domain.series.mending import Calibration, Mending, Stretch
from service.domain.series.quality import Quality
from service.evaluator.rollups import roll_up, roll_up_history
from service.formats.reading import Reading
from service.store import dirty
from service.store.pool import Connection
from tests.deliveries import (
    LONG_AFTER,
    SOME,
    clear,
    contradicting,
    deliveries,
    evaluate,
    load_all,
    minutes,
    raw,
    value_c,
    years,
)
from tests.scenario import Scenario, at_us, course, reading


@pytest.fixture
def scenario(connection: Connection) -> Scenario:
    return Scenario(connection)


@SOME
@given(batches=deliveries(), points=st.integers(2, 12), edges=st.tuples(minutes, minutes), evaluated=st.booleans())
def test_the_highest_and_the_lowest_reading_are_always_drawn(
    scenario: Scenario, batches: list[list[Reading]], points: int, edges: tuple[float, float], evaluated: bool
) -> None:
    """However long the time and however few the points: the one warm reading shows, and nothing from outside."""
    connection = scenario.connection
    clear(connection)
    for batch in batches:
        scenario.store(batch)
    if evaluated:
        evaluate(connection)
    from_us, until_us = sorted(map(at_us, edges))
    for name in {one.logger_id for batch in batches for one in batch}:
        series_id = scenario.ids[name, ""]
        # Of an instant all that was said of it; what contradicts another and is no number says nothing.
        said = [*raw(connection, series_id), *contradicting(connection, series_id)]
        inside = [
            (at, value_c(value, quality) if quality <= Quality.LO else math.nan)
            for at, value, quality in said
            if from_us <= at < until_us + 1
        ]
        drawn = draw(connection, series_id, from_us, until_us + 1, points)
        assert len(drawn.times_us) <= points
        assert (len(drawn.times_us) > 0) == (len(inside) > 0)
        for at, value in zip(drawn.times_us.tolist(), drawn.temperatures_c.tolist(), strict=True):
            assert (at, value) in inside or (math.isnan(value) and at in dict(inside))
        usable = [value for _, value in inside if not math.isnan(value)]
        if usable:
            assert {min(usable), max(usable)} <= set(drawn.temperatures_c.tolist())


@contextmanager
def counted(connection: Connection) -> Iterator[dict[str, int]]:
    """Meanwhile, PostgreSQL is asked how many rows of `readings` and `rollups` each query reads."""
    rows = {"readings": 0, "rollups": 0}

    class CountingCursor(Cursor[Any]):
        def execute(self, query: Any, parameters: Any = None, **more: Any) -> Self:
            [[plan]] = Cursor(connection, row_factory=tuple_row).execute(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", parameters
            )
            for node in _nodes(plan[0]["Plan"]):
                relation = str(node.get("Relation Name", ""))
                name = "readings" if relation.startswith("_hyper") else relation
                # What only passes on the rows of its chunks, or writes, reads none itself.
                if name in rows and node["Node Type"] not in {"Custom Scan", "ModifyTable"}:
                    read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                    rows[name] += read * node["Actual Loops"]
            return super().execute(query, parameters, **more)

    before, connection.cursor_factory = connection.cursor_factory, CountingCursor
    try:
        yield rows
    finally:
        connection.cursor_factory = before


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)


def test_the_cost_of_drawing_years_does_not_grow_with_the_readings(scenario: Scenario) -> None:
    """A probe that measures thirty times as often is drawn from as many rows."""
    connection = scenario.connection
    scenario.store([reading("hourly", 0, -80), reading("often", 0, -80)])
    evaluate(connection)
    found = {}
    for name, every in (("hourly", "1 hour"), ("often", "2 minutes")):
        years(connection, scenario.ids[name, ""], 2020, 2022, every)
    while roll_up_history(connection):
        pass
    connection.execute("ANALYZE")
    for name in ("hourly", "often"):
        with counted(connection) as rows:
            drawing = draw(connection, scenario.ids[name, ""], at_us(-6_000_000), at_us(0), 200)
        assert drawing.resolution is Resolution.DAY
        assert drawing.buckets is not None
        assert len(drawing.times_us) <= 200
        assert drawing.buckets.readings.sum() == len(raw(connection, scenario.ids[name, ""])) - 1
        found[name] = rows
    # To see that they are many, a few are read; then days.
    assert found["often"] == found["hourly"]
    assert found["often"]["readings"] <= 4 * 200 + 1
    assert found["often"]["rollups"] <= 4 * 200 + 1 + 731


def test_a_new_reading_costs_its_hour(scenario: Scenario) -> None:
    """Years of history cost nothing to the reading that comes now."""
    connection = scenario.connection
    scenario.store([reading("l", 0, -80)])
    evaluate(connection)
    years(connection, scenario.ids["l", ""], 2021, 2022, "1 hour")
    while roll_up_history(connection):
        pass
    scenario.store([reading("l", 5, -79)])
    load_all(connection)
    marks = dirty.oldest_marks(connection, 10)
    with connection.transaction(), counted(connection) as rows:
        roll_up(connection, dirty.changed_spans(marks), at_us(LONG_AFTER))
    # Twice: once explained, once done.
    assert rows["readings"] == 2
    assert rows["rollups"] <= 4


def test_a_stay_shows_nothing_from_outside_it(scenario: Scenario) -> None:
    """A lot put in at half past is not shown the freezer's warm quarter past, nor what came after it was taken out."""
    connection = scenario.connection
    scenario.store(course("l", [-20.0] * 6 + [-80.0] * 600 + [-10.0] * 6))
    evaluate(connection)
    for points, resolution in ((10, Resolution.DAY), (20, Resolution.HOUR), (1000, Resolution.RAW)):
        drawn = draw(connection, scenario.ids["l", ""], at_us(30), at_us(30 + 3000), points)
        assert drawn.resolution is resolution
        assert set(drawn.temperatures_c.tolist()) == {-80.0}
        if drawn.buckets is not None:
            assert (drawn.buckets.from_us[0], drawn.buckets.until_us[-1]) == (at_us(30), at_us(3030))
            assert drawn.buckets.readings.sum() == 600


def test_mended_series_are_drawn_from_their_readings(scenario: Scenario) -> None:
    """The roll-ups hold what the logger said; what was put right of it is in none of them."""
    hour = (at_us(60), at_us(120))
    assert rolled_up_is_enough(Mending(), *hour)
    assert rolled_up_is_enough(Mending(calibrations=(Calibration(at_us(0), at_us(60), 1.1, 0.0),)), *hour)
    assert rolled_up_is_enough(Mending(calibrations=(Calibration(at_us(0), at_us(90), 1.0, 0.0),)), *hour)
    assert not rolled_up_is_enough(Mending(calibrations=(Calibration(at_us(0), at_us(90), 1.0, -0.5),)), *hour)
    moved_in = Stretch(at_us(0), at_us(30), at_us(60) - at_us(0))
    moved_out = Stretch(at_us(60), at_us(90), at_us(60) - at_us(0))
    elsewhere = Stretch(at_us(0), at_us(30), at_us(30) - at_us(0))
    assert not rolled_up_is_enough(Mending(clock=(moved_in,)), *hour)
    assert not rolled_up_is_enough(Mending(clock=(moved_out,)), *hour)
    assert rolled_up_is_enough(Mending(clock=(elsewhere,)), *hour)
    scenario.store(course("l", [-80.0] * 600))
    scenario.connection.execute(
        "INSERT INTO calibrations (id, series_id, from_at, slope, offset_c, certificate, recorded_by) "
        "VALUES ('c', %s, '2026-01-01Z', 1, 2.5, 'c', 'q')",
        [scenario.ids["l", ""]],
    )
    evaluate(scenario.connection)
    drawn = draw(scenario.connection, scenario.ids["l", ""], at_us(0), at_us(3000), 10)
    assert drawn.resolution is Resolution.RAW
    assert set(drawn.temperatures_c.tolist()) == {-77.5}
