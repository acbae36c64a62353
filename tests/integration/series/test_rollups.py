"""Hourly and daily figures are those of the readings, however these came."""

import math
from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answers.drawing import draw
from service.domain.instant import SECOND_US
from service.domain.series.drawing import Buckets, Resolution, joined
from service.domain.series.quality import Quality
from service.evaluator.rollups import roll_up_ended, roll_up_history
from service.formats.reading import Reading
from service.local.servers import LocalServers
from service.store import migrate
from service.store.pool import Connection, connect
from service.store.series.rollups import DAY_S, HOUR_S, load_buckets, roll_up_some_waiting
from tests.acting import TESTER
from tests.deliveries import LONG_AFTER, SOME, clear, deliveries, evaluate, minutes, raw, value_c, years
from tests.scenario import Scenario, at_us, course, reading

LENGTHS = {Resolution.HOUR: HOUR_S, Resolution.DAY: DAY_S}


Figures = dict[str, Any]


def figures(chosen: Sequence[tuple[int, float, int]]) -> Figures:
    """Of (instant, temperature, quality), in order of time: what a bucket of them must say, one by one."""
    numbers = [value for _, value, quality in chosen if quality == Quality.OK]
    values = [(value_c(value, quality), at) for at, value, quality in chosen if quality <= Quality.LO]
    coldest = min(values, default=(math.nan, chosen[0][0]))
    warmest = max(((value, -at) for value, at in values), default=(math.nan, -chosen[0][0]))
    return {
        "readings": len(chosen),
        "numbers": len(numbers),
        "hi": sum(quality == Quality.HI for _, _, quality in chosen),
        "lo": sum(quality == Quality.LO for _, _, quality in chosen),
        "sum_c": reduce(add, numbers) if numbers else math.nan,
        "coldest_c": coldest[0],
        "coldest_us": coldest[1],
        "warmest_c": warmest[0],
        "warmest_us": -warmest[1],
        "first_us": chosen[0][0],
        "last_us": chosen[-1][0],
    }


def expected(
    readings: Sequence[tuple[int, float, int]], from_us: int, until_us: int, length_s: int
) -> list[tuple[int, int, Figures]]:
    """Every bucket of [from_us, until_us) that has readings."""
    length_us = length_s * SECOND_US
    inside = [one for one in readings if from_us <= one[0] < until_us]
    starts = sorted({at // length_us * length_us for at, _, _ in inside})
    return [
        (
            max(start, from_us),
            min(start + length_us, until_us),
            figures([one for one in inside if one[0] // length_us * length_us == start]),
        )
        for start in starts
    ]


def assert_equal(found: Buckets, wanted: Sequence[tuple[int, int, Figures]], length_s: int) -> None:
    assert list(zip(found.from_us.tolist(), found.until_us.tolist(), strict=True)) == [x[:2] for x in wanted]
    for number, (_, _, one) in enumerate(wanted):
        for name, value in one.items():
            # A day's sum is that of its hours: the same numbers, added in another order.
            loose = name == "sum_c" and length_s == DAY_S
            assert getattr(found, name)[number] == pytest.approx(value, nan_ok=True, rel=1e-12 if loose else 0, abs=0)


@pytest.fixture
def scenario(connection: Connection) -> Scenario:
    return Scenario(connection)


@SOME
@given(
    batches=deliveries(),
    evaluated=st.lists(st.booleans(), min_size=5, max_size=5),
    edges=st.tuples(minutes, minutes),
    present=minutes,
)
def test_late_doubled_and_shuffled_readings_end_in_the_same_figures(
    scenario: Scenario, batches: list[list[Reading]], evaluated: list[bool], edges: tuple[float, float], present: float
) -> None:
    """A logger that was out of reach for days delivers in any order: its hours and days are those of its readings.

    What is of the present hour is rolled up when that is over.
    """
    connection = scenario.connection
    clear(connection)
    from_us, until_us = sorted(map(at_us, edges))
    for batch, now in zip(batches, evaluated, strict=False):
        scenario.store(batch)
        if now:
            evaluate(connection, present)
    names = sorted({one.logger_id for batch in batches for one in batch})
    for _ in range(2):
        for name in names:
            series_id = scenario.ids[name, ""]
            readings = raw(connection, series_id)
            for asked in ((from_us, until_us + 1), (at_us(-10_000), at_us(10_000))):
                for length_s in LENGTHS.values():
                    found = load_buckets(connection, series_id, *asked, length_s)
                    assert_equal(found, expected(readings, *asked, length_s), length_s)
        # Marks may still wait the first time; the second time all comes from what is rolled up.
        evaluate(connection)
        while roll_up_ended(connection, at_us(LONG_AFTER)):
            pass
    stored = connection.execute("SELECT sum(readings) AS n FROM rollups GROUP BY length_s").fetchall()
    assert [row["n"] for row in stored] == [sum(len(raw(connection, scenario.ids[name, ""])) for name in names)] * 2


def test_what_was_there_before_is_rolled_up_bit_by_bit(scenario: Scenario) -> None:
    """An upgrade starts at once: years of readings are worked off from the newest, and always drawn right."""
    connection = scenario.connection
    scenario.store([reading("l", 0, -80)])
    evaluate(connection)
    series_id = scenario.ids["l", ""]
    years(connection, series_id, 2025, 2026, "1 hour")
    readings, asked = raw(connection, series_id), (at_us(-800_000), at_us(10))
    wanted = expected(readings, *asked, DAY_S)
    assert len(wanted) == 366
    assert roll_up_some_waiting(connection, 1000)
    [row] = connection.execute("SELECT min(from_at) AS oldest, count(*) AS n FROM rollups WHERE length_s = 3600")
    assert row["oldest"].isoformat() > "2025-11"
    assert 1000 <= row["n"] <= 1024 + 1
    assert_equal(load_buckets(connection, series_id, *asked, DAY_S), wanted, DAY_S)
    steps = 1
    while roll_up_some_waiting(connection, 1000):
        steps += 1
    assert 9 <= steps <= 11
    assert_equal(load_buckets(connection, series_id, *asked, DAY_S), wanted, DAY_S)
    [row] = connection.execute("SELECT sum(readings) AS n FROM rollups WHERE length_s = 3600")
    assert row["n"] == len(readings)


def test_an_upgrade_takes_in_what_was_there(servers: LocalServers) -> None:
    """Readings of the years before the upgrade are drawn at once, and rolled up in time."""
    known = migrate.migrations()
    before = [one.name for one in known].index("0009_rollups.sql")
    url = servers.database.create_database("upgraded")
    with connect(url, application="tests", actor=TESTER) as connection:
        migrate.migrate(connection, known[:before])
        connection.execute("INSERT INTO loggers (id) VALUES ('l'), ('silent')")
        connection.execute("INSERT INTO series (logger_id) VALUES ('l'), ('silent')")
        connection.execute(
            "INSERT INTO readings (series_id, measured_at, received_at, temperature_c, quality) SELECT id, "
            "generate_series('2025-12-01Z', '2026-02-28Z', interval '1 hour'), now(), -80, 0 FROM series "
            "WHERE logger_id = 'l'"
        )
        migrate.migrate(connection)
        [row] = connection.execute("SELECT id FROM series WHERE logger_id = 'l'")
        for _ in range(3):
            drawn = draw(connection, row["id"], at_us(-400_000), at_us(0), 50)
            assert drawn.buckets is not None
            assert drawn.buckets.readings.sum() == 89 * 24 + 1
            roll_up_history(connection)
        while roll_up_history(connection):
            pass
        assert connection.execute("SELECT * FROM rollups_waiting").fetchall() == []
        assert draw(connection, row["id"], at_us(-400_000), at_us(0), 50).resolution is Resolution.DAY
    servers.database.drop_database("upgraded")


def test_joined_buckets_are_those_of_all_their_readings(scenario: Scenario) -> None:
    """Days joined to weeks for a small chart say what the readings of the week say."""
    connection = scenario.connection
    rng = np.random.default_rng(7)
    scenario.store(course("l", [round(float(t), 1) for t in rng.normal(-80, 3, 2000)], every=17))
    evaluate(connection)
    readings = raw(connection, scenario.ids["l", ""])
    found = joined(load_buckets(connection, scenario.ids["l", ""], at_us(0), at_us(40_000), HOUR_S), 7)
    assert len(found) == 7
    for number in range(7):
        inside = [one for one in readings if found.from_us[number] <= one[0] < found.until_us[number]]
        for name, value in figures(inside).items():
            assert getattr(found, name)[number] == pytest.approx(value, rel=1e-12)
    assert found.readings.sum() == 2000
    assert found.mean_c[0] == pytest.approx(-80, abs=1)
