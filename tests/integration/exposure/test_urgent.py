"""Which marks come before their turn, and that all others have theirs."""

from collections.abc import Sequence

import pytest

from service.domain.clocks import AsOf
from service.domain.instant import SECOND_US
from service.evaluator.quiet import work_off_quiet
from service.evaluator.run import evaluate_once
from service.store import dirty
from service.store.dirty import Mark, changed_spans, urgent_marks
from service.store.pool import Connection
from service.store.registry import loggers
from tests.deliveries import load_all
from tests.scenario import Scenario, Sent, at_us, course, reading


def urgent(connection: Connection, since: float = 0) -> set[int | None]:
    """The series whose marks would come first, once those that change nothing are worked off."""
    with connection.transaction():
        work_off_quiet(connection, at_us(since))
    return {mark.series_id for mark in urgent_marks(connection, 25, at_us(since))}


def waiting(connection: Connection) -> set[str]:
    """The loggers of which readings wait to be evaluated."""
    rows = connection.execute("SELECT logger_id FROM dirty JOIN series ON series.id = series_id")
    return {row["logger_id"] for row in rows}


def freezers(connection: Connection, count: int) -> Scenario:
    """So many freezers, evaluated after an hour at −80 °C; each has the name of its logger."""
    scenario = Scenario(connection)
    for number in range(count):
        name = f"freezer-{number:03}"
        scenario.container(name, loggers=[name])
        scenario.store(course(name, [-80] * 13))
    while scenario.evaluate(60).marks:
        pass
    return scenario


@pytest.mark.parametrize(
    ("profile_id", "sent", "wanted"),
    [
        ("cryo-80", [-59.9], True),
        ("cryo-80", [-80, -40, -80], True),
        ("cryo-80", ["HI"], True),
        ("cryo-80", [-60.0], False),
        ("cryo-80", ["LO"], True),
        ("cryo-80", [85.0], False),
        ("cryo-80", [None], False),
        ("cryo-80", [None, -50, 85.0], True),
        ("lyophilised-2-8", [5], False),
        ("lyophilised-2-8", [8.1], True),
        ("lyophilised-2-8", [-0.5], False),
        ("lyophilised-2-8", [-0.6], True),
        ("frozen-20", ["HI"], True),
        ("frozen-20", ["LO"], False),
    ],
)
def test_readings_beyond_a_limit_are_urgent(
    connection: Connection, profile_id: str, sent: Sequence[Sent], wanted: bool
) -> None:
    """Beyond is as for exposure: on the threshold is inside, HI and LO are beyond any, and a faulty reading is none."""
    scenario = Scenario(connection)
    scenario.container("store", profile_id)
    scenario.store(course("logger", [5 if profile_id == "lyophilised-2-8" else -80] * 3))
    scenario.evaluate(10)
    scenario.store(course("logger", sent, start=15))
    assert urgent(connection) == ({scenario.ids["logger", ""]} if wanted else set())


def test_a_redelivered_batch_is_urgent_by_what_is_new_in_it(connection: Connection) -> None:
    """A batch that meets readings already stored takes another way into the table."""
    scenario = freezers(connection, 1)
    scenario.store(course("freezer-000", [-80] * 13 + [-40]))
    assert urgent(connection) == {scenario.ids["freezer-000", ""]}


def test_an_excursion_that_is_known_is_not_urgent_again(connection: Connection) -> None:
    """Its alert is open already; another freezer's first warm reading must not wait behind it."""
    scenario = freezers(connection, 2)
    scenario.store([reading("freezer-000", 65, -50)])
    scenario.evaluate(65)
    scenario.store([reading("freezer-000", 70, -45), reading("freezer-001", 70, -50)])
    assert urgent(connection) == {scenario.ids["freezer-001", ""]}


def test_history_is_not_urgent(connection: Connection) -> None:
    """A logger that uploads its year saves nothing by coming first."""
    scenario = freezers(connection, 1)
    scenario.store([reading("freezer-000", 65, -50)])
    assert urgent(connection, since=65) == set()


def test_a_logger_taken_out_is_not_urgent(connection: Connection) -> None:
    """It lies on a desk, at 21 °C."""
    scenario = Scenario(connection)
    scenario.container("freezer", loggers=[])
    loggers.register_logger(connection, "logger", "site", "Model T", -100.0, 50.0)
    scenario.attach("freezer", "logger", end=60)
    scenario.store(course("logger", [-80] * 13))
    scenario.evaluate(60)
    scenario.store([reading("logger", 65, 21)])
    assert urgent(connection) == set()


def test_what_is_urgent_comes_before_all_that_waits(connection: Connection) -> None:
    """A freezer that fails during a flood of late readings is told of before the flood is through."""
    scenario = freezers(connection, 40)
    for number in range(39):
        scenario.store([reading(f"freezer-{number:03}", minutes, -80) for minutes in (57.5, 65)])
    scenario.store([reading("freezer-039", 65, -50)])
    done = scenario.evaluate(65)
    assert done.marks == 26
    assert len(waiting(connection)) == 14
    [alert] = connection.execute("SELECT container_id, state FROM alerts").fetchall()
    assert (alert["container_id"], alert["state"]) == ("freezer-039", "pending")
    # Transactions are numbered as they begin to write.
    rows = connection.execute(
        "SELECT container_id, xmin::text::bigint AS written FROM container_records WHERE measured_until_us = %s",
        [at_us(65)],
    ).fetchall()
    assert min(rows, key=lambda row: row["written"])["container_id"] == "freezer-039"


def test_nothing_waits_for_ever(connection: Connection) -> None:
    """In a power cut everything is urgent, and what has waited longest is still worked off."""
    scenario = freezers(connection, 40)
    scenario.store([reading("freezer-039", 57.5, -80)])
    for number in range(39):
        scenario.store([reading(f"freezer-{number:03}", 65, -50)])
    scenario.evaluate(65)
    assert "freezer-039" not in waiting(connection)


def test_an_alarm_does_not_wait_behind_quiet_readings(connection: Connection) -> None:
    """A freezer that fails while many quiet readings wait is told of before the last of them is looked at."""
    scenario = freezers(connection, 40)
    for number in range(39):
        scenario.store([reading(f"freezer-{number:03}", 65, -80)])
    scenario.store([reading("freezer-039", 65, -50)])
    evaluate_once(connection, AsOf(at_us(65)), most_plain=5)
    alerts = connection.execute("SELECT container_id FROM alerts").fetchall()
    assert [alert["container_id"] for alert in alerts] == ["freezer-039"]


def test_an_alarm_comes_before_the_quiet_readings_of_its_moment(connection: Connection) -> None:
    """All freezers report in the same second, and of the one that fails people are told first."""
    scenario = freezers(connection, 3)
    for number, temperature_c in enumerate((-80, -80, -50)):
        scenario.store([reading(f"freezer-{number:03}", 65, temperature_c)])
    scenario.evaluate(65)
    # Transactions are numbered as they begin to write.
    rows = connection.execute(
        "SELECT container_id, xmin::text::bigint AS written FROM container_records WHERE measured_until_us = %s "
        "ORDER BY written",
        [at_us(65)],
    ).fetchall()
    assert rows[0]["container_id"] == "freezer-002"
    assert rows[0]["written"] < rows[1]["written"]


def test_a_series_is_worked_off_with_all_that_waits_of_it(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an evaluator's outage the loggers of a fleet, which took turns, cost a pass each once, not once a turn."""
    scenario = freezers(connection, 10)
    for minute in range(70, 170, 5):
        for number in range(10):
            scenario.store([reading(f"freezer-{number:03}", minute, -80)])
    load_all(connection)
    # Among the first twenty that wait there are two of each.
    monkeypatch.setattr(dirty, "MOST_MARKS", 20)
    assert [evaluate_once(connection, AsOf(at_us(170)), most_marks=1).marks for _ in range(11)] == [20] * 10 + [0]
    assert not waiting(connection)


def mark(series_id: int, from_us: int, until_us: int) -> Mark:
    """Readings that changed, of one series."""
    return Mark(0, series_id, None, None, from_us, until_us)


def test_changes_close_together_are_one() -> None:
    """A logger that sends each second while the evaluator is busy makes one change, and not a hundred."""
    ten_minutes = 600 * SECOND_US
    close = [mark(1, 0, 5), mark(1, 6 + ten_minutes, 7 + ten_minutes)]
    apart = [mark(2, 0, 5), mark(2, 7 + ten_minutes, 8 + ten_minutes)]
    found = changed_spans([*close, *apart])
    assert found[1].tolist() == [[0, 8 + ten_minutes]]
    assert found[2].tolist() == [[0, 6], [7 + ten_minutes, 9 + ten_minutes]]
