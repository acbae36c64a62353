"""What a struck row leaves behind: as if it had never been recorded, also for what is recorded after it."""

from datetime import datetime
from typing import Any

from service.acts.calibrations import add_calibration
from service.acts.corrections import correct
from service.store.pool import Connection
from service.store.registry.calibrations import NewCalibration
from tests.acting import TESTER
from tests.placing import put
from tests.scenario import Scenario, at, course


def strike(connection: Connection, kind: str, row_id: str) -> None:
    """It should never have been recorded."""
    with connection.transaction():
        correct(connection, TESTER, kind=kind, row_id=row_id, change=None, reason="slip")


def place_again(connection: Connection) -> None:
    """It was right after all."""
    with connection.transaction():
        put(connection, "again", "lot", "freezer", at(0))


def calibrate(
    connection: Connection, calibration_id: str, start: float, offset_c: float, end: float | None = None
) -> None:
    """Of the scenario's logger."""
    with connection.transaction():
        add_calibration(
            connection,
            TESTER,
            NewCalibration(
                id=calibration_id,
                logger_id="logger",
                probe="",
                from_at=at(start),
                until_at=None if end is None else at(end),
                slope=1.0,
                offset_c=offset_c,
                certificate="C-1",
                as_found="pass",
                due_at=None,
            ),
        )


def test_a_lot_taken_out_and_placed_again_is_judged_by_what_is_known_now(connection: Connection) -> None:
    """While no lot of its kind was in the freezer, the probe was found to read five degrees too cold."""
    scenario = Scenario(connection)
    scenario.container("freezer", "frozen-20")
    scenario.lot("lot", "freezer", "cryo-80")
    scenario.store(course("logger", [-62.0] * 40))
    scenario.evaluate(196)
    assert scenario.verdict("lot", 196) == "viable"
    strike(connection, "placement", "lot-freezer-0")
    scenario.evaluate(197)
    calibrate(connection, "found-wrong", 0, 5.0)
    scenario.evaluate(198)
    place_again(connection)
    scenario.evaluate(199)
    assert scenario.verdict("lot", 199) == "nonviable"


def test_a_limit_nobody_asked_about_for_a_while_is_judged_anew(connection: Connection) -> None:
    """A vial for liquid nitrogen leaves the records of a freezer and returns: what it went through is the same."""
    scenario = Scenario(connection)
    scenario.container("freezer", "cryo-80", range_c=(-200.0, 50.0))
    scenario.lot("lot", "freezer", "ln2-vapour")
    scenario.store(course("logger", [-160] * 5 + [-130.0] * 20 + [-160] * 25))
    scenario.evaluate(246)
    assert scenario.verdict("lot", 246) == "nonviable"
    strike(connection, "placement", "lot-freezer-0")
    scenario.evaluate(247)
    scenario.store(course("logger", [-160] * 3, start=250))
    scenario.evaluate(261)
    asked_about = connection.execute("SELECT DISTINCT threshold_c FROM threshold_spans ORDER BY 1").fetchall()
    assert [row["threshold_c"] for row in asked_about] == [-90.0]
    place_again(connection)
    scenario.evaluate(262)
    assert scenario.verdict("lot", 262) == "nonviable"


def ends(connection: Connection) -> list[tuple[str, float | None]]:
    """Calibrations and when each ends, minutes."""

    def minutes(row: dict[str, Any]) -> float | None:
        until: datetime | None = row["until_at"]
        return None if until is None else (until - at(0)).total_seconds() / 60

    rows = connection.execute("SELECT id, until_at FROM calibrations ORDER BY from_at").fetchall()
    return [(row["id"], minutes(row)) for row in rows]


def test_a_calibration_ended_by_mistake_is_in_force_again(connection: Connection) -> None:
    """The certificate was another probe's: this one still reads five degrees too cold, and its lot was too warm."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-62.0] * 40))
    calibrate(connection, "own", -10, 5.0)
    scenario.evaluate(196)
    assert scenario.verdict("lot", 196) == "nonviable"
    calibrate(connection, "of-another", 5, 0.0)
    scenario.evaluate(196)
    assert scenario.verdict("lot", 196) == "viable"
    strike(connection, "calibration", "of-another")
    scenario.evaluate(196)
    assert scenario.verdict("lot", 196) == "nonviable"


def test_a_calibration_reopened_ends_where_the_next_begins(connection: Connection) -> None:
    """A probe has one calibration at a time, whichever of them are taken back; an end that was given stays."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    for number, start in enumerate((0, 10, 20, 30)):
        calibrate(connection, f"c{number}", start, 1.0)
    assert ends(connection) == [("c0", 10), ("c1", 20), ("c2", 30), ("c3", None)]
    strike(connection, "calibration", "c1")
    assert ends(connection) == [("c0", 20), ("c2", 30), ("c3", None)]
    strike(connection, "calibration", "c2")
    strike(connection, "calibration", "c3")
    assert ends(connection) == [("c0", None)]
    calibrate(connection, "given", 40, 1.0, end=50)
    calibrate(connection, "last", 60, 1.0)
    strike(connection, "calibration", "last")
    assert ends(connection) == [("c0", 40), ("given", 50)]
    strike(connection, "calibration", "given")
    assert ends(connection) == [("c0", None)]
