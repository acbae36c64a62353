"""Readings asked of many times that lie far apart."""

import random

import numpy as np
import pytest

from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.store.pool import Connection
from service.store.series.windows import Window, load_windows
from tests.scenario import Scenario, Sent, at_us, reading
from tests.seeds import drawn
from tests.statements import counted

DAY = 1_440


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Other years in every run."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", drawn(metafunc, 1))


def test_what_is_asked_at_once_of_years_is_what_is_asked_part_by_part(connection: Connection, seed: str) -> None:
    """Loggers that were silent for months, sent what is no temperature, said two things of an instant, or lived by a
    wrong clock: whatever is near enough to be taken at once, the readings are the same."""
    draw = random.Random(seed)
    store = Scenario(connection)
    store.container("freezer", loggers=["L1", "L2"])
    for logger_id in ("L1", "L2"):
        for start in draw.sample(range(0, 900 * DAY, 10 * DAY), 12):
            sent: list[Sent] = [draw.choice([-80.0, -79.5, -60.0, "HI", 85.0, None]) for _ in range(40)]
            times = sorted(draw.sample(range(300), 40))
            store.store([reading(logger_id, start + m, x) for m, x in zip(times, sent, strict=True)])
            store.store([reading(logger_id, start + times[20], -40.0)])
    connection.execute(
        "UPDATE readings SET stamped_on_arrival = true WHERE measured_at > %s::timestamptz", ["2027-01-01"]
    )
    rows = connection.execute("SELECT series_id, measured_at FROM readings ORDER BY random() LIMIT 40").fetchall()
    [first, *_] = rows
    windows = [
        Window(
            row["series_id"],
            at + draw.randrange(-400, 0) * 60 * SECOND_US,
            at + draw.randrange(0, 90) * 60 * SECOND_US,
            draw.choice([None, None, True, False]),
        )
        for row in rows
        for at in (round(row["measured_at"].timestamp()) * SECOND_US,)
    ]
    windows += [Window(first["series_id"], at_us(0), END_US), Window(first["series_id"], BEGINNING_US, at_us(0))]
    for padding in (0, 3):
        usual = load_windows(connection, windows, padding)
        assert any(len(one.times_us) > 2 * padding for one in usual)
        for near_minutes in (0, 30, 300):
            at_once = load_windows(connection, windows, padding, near_us=near_minutes * 60 * SECOND_US)
            for window, expected, found in zip(windows, usual, at_once, strict=True):
                for column in ("times_us", "temperatures_c", "qualities"):
                    assert np.array_equal(getattr(expected, column), getattr(found, column), equal_nan=True), window


def test_twenty_nights_of_twenty_months_are_asked_for_at_once(connection: Connection) -> None:
    """A statement for each month is what makes the page of an old lot slow."""
    store = Scenario(connection)
    store.container("freezer")
    nights = [month * 30 * DAY for month in range(20)]
    store.store([reading("logger", night + 5 * i, -80) for night in nights for i in range(24)])
    [series] = connection.execute("SELECT id FROM series").fetchall()
    windows = [Window(series["id"], at_us(night + 50), at_us(night + 60)) for night in nights]
    with counted(connection) as asked:
        found = load_windows(connection, windows, 3, near_us=30 * 60 * SECOND_US)
    assert [len(one.times_us) for one in found] == [9] * 20
    assert asked.total() == 1
