"""The coldest and the warmest of a night are those of its readings, however they are found."""

import math
import random

import pytest

from service.acts.calibrations import add_calibration
from service.domain.series.quality import Quality
from service.store.pool import Connection
from service.store.registry.calibrations import NewCalibration
from service.store.series.extremes import Extremes, Stretch, extremes_of
from service.store.series.mended import load_mended, load_mendings
from tests.acting import TESTER
from tests.scenario import Scenario, Sent, at, at_us, course, reading
from tests.seeds import drawn

SERIES = "SELECT id FROM series WHERE logger_id = %s"


def by_hand(connection: Connection, one: Stretch) -> Extremes:
    """Every reading looked at."""
    mending = load_mendings(connection, [one.series_id])[one.series_id]
    found = load_mended(connection, one.series_id, mending, one.from_us, one.until_us - 1)
    values, bad, impossible = [], 0, 0
    for c, quality in zip(found.temperatures_c.tolist(), found.qualities.tolist(), strict=True):
        bad += quality in (Quality.FAULT, Quality.MISSING)
        impossible += quality == Quality.IMPOSSIBLE
        ends = {Quality.OK: c, Quality.HI: math.inf, Quality.LO: -math.inf}
        if quality in ends:
            values.append(ends[Quality(quality)])
    nothing = math.nan
    return Extremes(min(values, default=nothing), max(values, default=nothing), bad, impossible)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Other nights in every run."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", drawn(metafunc, 1))


def test_whole_hours_and_their_ends_are_what_the_readings_say(connection: Connection, seed: str) -> None:
    """Calibrated in the middle of an hour, with "HI", faults, numbers no probe shows, and two words for one instant."""
    draw = random.Random(seed)
    store = Scenario(connection)
    store.container("freezer", loggers=["L1", "L2", "L3"])
    for logger_id in ("L1", "L2", "L3"):
        sent: list[Sent] = [round(draw.uniform(-85, -55), 2) for _ in range(12 * 20)]
        for wrong, chance in (("HI", 0.01), ("LO", 0.01), (85.0, 0.02), (None, 0.02)):
            sent = [wrong if draw.random() < chance else t for t in sent]
        store.store(course(logger_id, sent))
    store.store([reading("L3", 333, 575.36)])
    store.evaluate(1_300)
    # It comes late, and waits to be evaluated.
    store.store([reading("L1", 411, -120.0), reading("L2", 10, -54.0)])
    store.store([reading("L2", 15, -50.5)])
    given = NewCalibration("c1", "L1", "", at(445), None, 1.02, -1.5, "a certificate", None, None)
    add_calibration(connection, TESTER, given)
    ids = {name: connection.execute(SERIES, [name]).fetchone()["id"] for name in ("L1", "L2", "L3")}  # type: ignore[index]
    wanted = [
        Stretch(ids[draw.choice(sorted(ids))], at_us(a), at_us(a + draw.uniform(0.1, 900)))
        for a in (draw.uniform(-60, 1_200) for _ in range(60))
    ]
    wanted.append(Stretch(ids["L3"], at_us(0), at_us(1_200)))
    mendings = load_mendings(connection, ids.values())
    for one, found in zip(wanted, extremes_of(connection, wanted, mendings), strict=True):
        expected = by_hand(connection, one)
        ends = [*zip((found.coldest_c, found.warmest_c), (expected.coldest_c, expected.warmest_c), strict=True)]
        assert all(a == b or math.isclose(a, b, abs_tol=1e-9) or (math.isnan(a) and math.isnan(b)) for a, b in ends), (
            one
        )
        assert (found.no_numbers, found.impossible) == (expected.no_numbers, expected.impossible), one
    assert extremes_of(connection, [], {}) == []
