"""Clocks, calibrations and absences put right, through the real database."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from service.acts.absences import add_absence
from service.acts.calibrations import add_calibration
from service.acts.clock_mends import add_clock_mend
from service.domain.exposure.container import Watch, judge_container, thresholds_of
from service.domain.instant import END_US, SECOND_US
from service.domain.profiles import CRYO_80
from service.domain.series.mending import at_one_instant
from service.domain.series.quality import Quality
from service.domain.series.track import track
from service.formats.reading import Reading
from service.store.exposure.records import load_records
from service.store.pool import Connection
from service.store.registry.absences import NewAbsence
from service.store.registry.calibrations import NewCalibration
from service.store.registry.clock_mends import NewClockMend
from service.store.series.mended import load_mended, load_mendings
from tests.acting import TESTER
from tests.property.histories import plain
from tests.scenario import Scenario, Sent, at, at_us, course, reading

MINUTE_US = 60 * SECOND_US

_names = count(1)


@dataclass(frozen=True)
class Slip:
    """Something a person puts right, minutes: a clock, a probe's offset, or a probe that was away."""

    kind: str
    from_min: float
    until_min: float
    by: float = 0.0

    def record(self, scenario: Scenario, container: str, logger_id: str) -> None:
        """As the API records it."""
        with scenario.connection.transaction():
            if self.kind == "clock":
                add_clock_mend(
                    scenario.connection,
                    TESTER,
                    NewClockMend(
                        id=f"mend-{next(_names)}",
                        logger_id=logger_id,
                        from_at=at(self.from_min),
                        until_at=at(self.until_min),
                        offset_us=round(self.by * MINUTE_US),
                        reason="set wrongly",
                    ),
                )
            elif self.kind == "calibration":
                add_calibration(
                    scenario.connection,
                    TESTER,
                    NewCalibration(
                        id=f"calibration-{next(_names)}",
                        logger_id=logger_id,
                        probe="",
                        from_at=at(self.from_min),
                        until_at=at(self.until_min),
                        slope=1.0,
                        offset_c=self.by,
                        certificate="C-1",
                        as_found="pass",
                        due_at=None,
                    ),
                )
            else:
                add_absence(
                    scenario.connection,
                    TESTER,
                    container,
                    NewAbsence(
                        id=f"absence-{next(_names)}",
                        attachment_id=f"{container}-{logger_id}-0",
                        from_at=at(self.from_min),
                        until_at=at(self.until_min),
                        reason="battery",
                    ),
                )


def judged_at_once(readings: Sequence[Reading], slips: Sequence[Slip]) -> list[Watch]:
    """One logger's readings, each put right for itself, as the pieces of its attachment."""
    true = []
    for one in {r.measured_at_us: r for r in reversed(readings)}.values():
        at_us_, x = one.measured_at_us, one.temperature_c
        for slip in slips:
            concerns = at_us(slip.from_min) <= one.measured_at_us < at_us(slip.until_min)
            if slip.kind == "clock" and concerns and not one.stamped_on_arrival:
                at_us_ += round(slip.by * MINUTE_US)
        for slip in slips:
            if slip.kind == "calibration" and at_us(slip.from_min) <= at_us_ < at_us(slip.until_min):
                x = x + slip.by if x is not None and one.quality is Quality.OK else x
        true.append((at_us_, np.nan if x is None else x, one.quality))
    true.sort(key=lambda one: one[0])
    whole = at_one_instant(
        track(
            np.array([t for t, _, _ in true], dtype=np.int64),
            np.array([x for _, x, _ in true], dtype=np.float64),
            np.array([quality for _, _, quality in true], dtype=np.int16),
            -100.0,
            50.0,
        )
    )
    opens_us, pieces = at_us(0), []
    for slip in sorted((x for x in slips if x.kind == "absence"), key=lambda x: x.from_min):
        pieces.append((opens_us, at_us(slip.from_min)))
        opens_us = at_us(slip.until_min)
    return [Watch(whole, *piece) for piece in [*pieces, (opens_us, END_US)] if piece[0] < piece[1]]


@st.composite
def slips_of(draw: st.DrawFn) -> list[Slip]:
    """Disjoint spans of each kind."""
    found = []
    for kind, by in (
        ("clock", st.sampled_from([-60.0, -17.0, -5.0, 5.0, 30.5, 90.0])),
        ("calibration", st.sampled_from([-15.0, 0.5, 15.0])),
        ("absence", st.just(0.0)),
    ):
        cuts = sorted(draw(st.sets(st.integers(0, 24).map(lambda n: n * 12.5), max_size=4)))
        found += [Slip(kind, a, b, draw(by)) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    return found


sent = st.sampled_from([-80, -80, -75, -61, -60, -59, -40, -95, 20.0, "HI", "LO", None, 85.0])


@st.composite
def readings_of(draw: st.DrawFn, logger_id: str) -> list[Reading]:
    """Some hours of a logger, with holes; now and then it gives no time."""
    steps = draw(st.lists(st.sampled_from([5, 5, 5, 5, 2.5, 14, 40]), min_size=3, max_size=30))
    minutes = np.cumsum(steps).tolist()
    by_us = draw(st.sets(st.sampled_from(minutes), max_size=5))
    return [replace(reading(logger_id, minute, draw(sent)), stamped_on_arrival=minute in by_us) for minute in minutes]


def test_in_whatever_order_readings_and_mends_come_the_record_ends_the_same(connection: Connection) -> None:
    """A clock mended before, between or after a late upload: what happened in the freezer stays what happened."""
    scenario = Scenario(connection)

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.data())
    def check(data: st.DataObject) -> None:
        freezer, a, b = f"freezer-{next(_names)}", f"a-{next(_names)}", f"b-{next(_names)}"
        scenario.container(freezer, loggers=[a, b])
        readings = {name: data.draw(readings_of(name)) for name in (a, b)}
        slips = {name: data.draw(slips_of()) for name in (a, b)}
        waiting: list[Reading | tuple[str, Slip]] = [r for found in readings.values() for r in found]
        waiting += [(name, slip) for name, found in slips.items() for slip in found]
        waiting = data.draw(st.permutations(waiting))
        while waiting:
            size = data.draw(st.integers(1, 20))
            scenario.store([one for one in waiting[:size] if isinstance(one, Reading)])
            for one in waiting[:size]:
                if not isinstance(one, Reading):
                    one[1].record(scenario, freezer, one[0])
            waiting = waiting[size:]
            scenario.evaluate(700)
        stored = load_records(connection, [freezer])[freezer, CRYO_80.max_gap_s]
        watches = [watch for name in (a, b) for watch in judged_at_once(readings[name], slips[name])]
        fresh = judge_container(watches, thresholds_of([CRYO_80]), CRYO_80.max_gap_s)
        assert plain(stored) == plain(fresh)

    check()


@pytest.mark.parametrize("most", [1, 2, 5, 100])
def test_many_readings_are_loaded_bit_by_bit(connection: Connection, most: int) -> None:
    """Ten years of a logger whose clock was wrong need no more memory at a time than those of another."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.store(course("logger", [-80 + i for i in range(30)]))
    Slip("clock", 40, 80, -20).record(scenario, "freezer", "logger")
    series_id = scenario.ids["logger", ""]
    mending = load_mendings(connection, [series_id])[series_id]
    whole = load_mended(connection, series_id, mending, at_us(0), at_us(200)).times_us.tolist()
    assert whole == sorted(whole)
    found: list[int] = []
    from_us = at_us(0)
    while True:
        part = load_mended(connection, series_id, mending, from_us, at_us(200), most=most).times_us.tolist()
        found += part
        if len(part) < most:
            break
        from_us = part[-1] + 1
    assert sorted(found) == whole


def warm_for(scenario: Scenario, minutes: float, temperature: Sent = -40) -> None:
    """A freezer cold for an hour, warm for so long, and cold for an hour."""
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    warm = int(minutes / 5)
    scenario.store(course("logger", [-80] * 12 + [temperature] * warm + [-80] * 13))


def test_a_mended_clock_moves_what_was_measured(connection: Connection) -> None:
    """Warm hours that a clock had put before the lot's life belong to the lot after all."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer", start=120)
    scenario.store(course("logger", [-80] * 6 + [-40] * 16 + [-80] * 60))
    scenario.evaluate(410)
    assert scenario.verdict("lot", 405) == "viable"
    Slip("clock", 0, 120, 120).record(scenario, "freezer", "logger")
    scenario.evaluate(410)
    assert scenario.verdict("lot", 405) != "viable"


def test_what_we_stamped_is_not_moved_by_the_loggers_clock(connection: Connection) -> None:
    """Its clock lost the time and it sent none: those readings were measured when they came."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    said = course("logger", [-80] * 3)
    stamped = [replace(one, stamped_on_arrival=True) for one in course("logger", [-70] * 3, start=15)]
    scenario.store([*said, *stamped])
    Slip("clock", 0, 100, 1_000).record(scenario, "freezer", "logger")
    series_id = scenario.ids["logger", ""]
    found = load_mended(
        connection, series_id, load_mendings(connection, [series_id])[series_id], at_us(0), at_us(2_000)
    )
    assert found.times_us.tolist() == [at_us(t) for t in (15, 20, 25, 1_000, 1_005, 1_010)]
    assert found.temperatures_c.tolist() == [-70] * 3 + [-80] * 3


def test_a_calibration_changes_what_was_measured(connection: Connection) -> None:
    """A probe that reads five degrees too warm condemned a lot for nothing; its calibration says so."""
    scenario = Scenario(connection)
    warm_for(scenario, 90, -58)
    scenario.evaluate(205)
    assert scenario.verdict("lot", 205) == "nonviable"
    Slip("calibration", 0, 1_000, -5).record(scenario, "freezer", "logger")
    scenario.evaluate(205)
    assert scenario.verdict("lot", 205) == "viable"


def test_a_probe_on_the_desk_warms_no_lot(connection: Connection) -> None:
    """While its battery was changed it measured the room; for nine minutes nobody measured the freezer."""
    scenario = Scenario(connection)
    warm_for(scenario, 10, 21)
    scenario.evaluate(130)
    assert scenario.verdict("lot", 130) == "nonviable"
    Slip("absence", 58, 67).record(scenario, "freezer", "logger")
    scenario.evaluate(130)
    judgement = scenario.judged("lot", 130).judgement
    assert (judgement.verdict.value, judgement.limits[0].certain_us) == ("unproven", 0)
    assert judgement.exposure.parts.gap_us == 9 * MINUTE_US


def test_a_verdict_near_its_limit_says_that_nobody_calibrated_the_probe(connection: Connection) -> None:
    """Forty minutes of sixty: a probe half a degree off may decide. It stays at risk, and says so."""
    scenario = Scenario(connection)
    warm_for(scenario, 40)
    scenario.evaluate(160)

    def told(minutes: float = 160) -> tuple[str, bool]:
        judgement = scenario.judged("lot", minutes).judgement
        return judgement.verdict.value, "uncalibrated" in {reason.code for reason in judgement.reasons}

    assert told() == ("at_risk", True)
    Slip("calibration", 0, 155).record(scenario, "freezer", "logger")
    assert told() == ("at_risk", True)
    Slip("calibration", 155, 165).record(scenario, "freezer", "logger")
    assert told() == ("at_risk", False)
    assert told(165) == ("at_risk", False)
    assert told(165.1) == ("at_risk", True)
    scenario.evaluate(160)
    scenario.evaluate(166)
    [last] = connection.execute("SELECT reason_codes FROM lot_states").fetchall()
    assert "uncalibrated" in last["reason_codes"]


def test_a_lot_far_from_its_limits_needs_no_certificate(connection: Connection) -> None:
    """Five minutes of sixty: no believable error of a probe would change that."""
    scenario = Scenario(connection)
    warm_for(scenario, 5)
    scenario.evaluate(125)
    assert [reason.code for reason in scenario.judged("lot", 125).judgement.reasons] == ["within_limits"]
