"""Readings go in once, as what they are."""

from service.domain.series.quality import Quality
from service.formats.reading import Reading
from service.store.instants import POSTGRES_EPOCH_US
from service.store.pool import Connection
from service.store.series.series import ask_series
from tests.scenario import Scenario, at_us, course, reading


def conflicts(connection: Connection) -> list[tuple[float | None, int]]:
    rows = connection.execute("SELECT temperature_c, quality FROM reading_conflicts ORDER BY temperature_c").fetchall()
    return [(row["temperature_c"], row["quality"]) for row in rows]


def test_a_reading_comes_back_as_it_was_sent(connection: Connection) -> None:
    """Temperatures are kept in double precision, times to the microsecond."""
    scenario = Scenario(connection)
    sent = [
        Reading("l", "top", at_us(0) + 1, -80.123456789012345, Quality.OK, 41.5, 3.25, 7),
        Reading("l", "top", at_us(5), None, Quality.HI),
        Reading("l", "top", at_us(10), 85.0, Quality.FAULT, seq=0),
        Reading("l", "top", at_us(15), None, Quality.MISSING, battery_v=2.5),
    ]
    scenario.store(sent)
    stored = ask_series(connection, scenario.ids["l", "top"], at_us(-1), at_us(20))()
    assert stored.times_us.tolist() == [r.measured_at_us for r in sent]
    assert stored.qualities.tolist() == [r.quality for r in sent]
    assert stored.temperatures_c[0] == -80.123456789012345
    rows = connection.execute("SELECT humidity_pct, battery_v, seq FROM readings ORDER BY measured_at").fetchall()
    assert [tuple(row.values()) for row in rows] == [
        (41.5, 3.25, 7),
        (None, None, None),
        (None, None, 0),
        (None, 2.5, None),
    ]


def test_a_time_that_is_only_our_arrival_time_is_stored_as_such(connection: Connection) -> None:
    """Whoever reads it years later must see that the logger said no time; again staged, it stays so."""
    scenario = Scenario(connection)
    stamped = Reading("l", "", at_us(5), -80.0, Quality.OK, stamped_on_arrival=True)
    scenario.store([reading("l", 0, -80.0), stamped])
    scenario.store([stamped, Reading("l", "", at_us(10), -79.0, Quality.OK, stamped_on_arrival=True)])
    rows = connection.execute("SELECT stamped_on_arrival FROM readings ORDER BY measured_at").fetchall()
    assert [row["stamped_on_arrival"] for row in rows] == [None, True, True]


def test_readings_before_2000_have_their_time(connection: Connection) -> None:
    """PostgreSQL counts from 2000; an import of an old file does not mind."""
    scenario = Scenario(connection)
    scenario.store([Reading("l", "", POSTGRES_EPOCH_US - 1, 1.0, Quality.OK)])
    stored = ask_series(connection, scenario.ids["l", ""], POSTGRES_EPOCH_US - 10, POSTGRES_EPOCH_US)()
    assert stored.times_us.tolist() == [POSTGRES_EPOCH_US - 1]


def test_a_redelivered_batch_changes_nothing(connection: Connection) -> None:
    """A broker may deliver twice what it was not told was stored."""
    scenario = Scenario(connection)
    batch = course("l", [-80, -79, -81])
    assert scenario.store(batch).new == 3
    again = scenario.store([*batch, reading("l", 15, -80)])
    assert (again.new, again.known, again.conflicting) == (1, 3, 0)
    assert len(ask_series(connection, scenario.ids["l", ""], at_us(-60), at_us(60))().times_us) == 4
    assert conflicts(connection) == []


def test_the_same_moment_with_another_temperature_is_a_conflict(connection: Connection) -> None:
    """The first reading stays, the second is kept beside it, once."""
    scenario = Scenario(connection)
    scenario.store([reading("l", 0, -80.0)])
    for _ in range(2):
        scenario.store([reading("l", 0, -20.0), reading("l", 0, "HI")])
    rows = connection.execute("SELECT temperature_c FROM readings").fetchall()
    assert [row["temperature_c"] for row in rows] == [-80.0]
    assert conflicts(connection) == [(-20.0, Quality.OK), (None, Quality.HI)]


def test_doubles_within_one_batch_are_stored_once(connection: Connection) -> None:
    """A logger may repeat itself within one upload; the first word counts."""
    scenario = Scenario(connection)
    stored = scenario.store([reading("l", 0, -80.0), reading("l", 0, -80.0), reading("l", 0, -70.0)])
    assert (stored.new, stored.known, stored.conflicting) == (1, 1, 1)


def test_a_batch_marks_each_series_once(connection: Connection) -> None:
    """The evaluator is told what to look at again: first to last new reading of each series."""
    scenario = Scenario(connection)
    scenario.store([reading("b", 3, 1), reading("a", 9, 1), reading("a", 2, 1), reading("b", 4, 1, "second")])
    rows = connection.execute("SELECT series_id, from_us, until_us FROM dirty").fetchall()
    assert {(row["series_id"], row["from_us"], row["until_us"]) for row in rows} == {
        (scenario.ids["a", ""], at_us(2), at_us(9)),
        (scenario.ids["b", ""], at_us(3), at_us(3)),
        (scenario.ids["b", "second"], at_us(4), at_us(4)),
    }


def test_a_known_reading_marks_nothing(connection: Connection) -> None:
    """What was evaluated is not evaluated again for a redelivery."""
    scenario = Scenario(connection)
    scenario.store([reading("l", 0, -80)])
    connection.execute("DELETE FROM dirty")
    scenario.store([reading("l", 0, -80)])
    assert connection.execute("SELECT * FROM dirty").fetchall() == []


def test_padding_reaches_over_faulty_readings(connection: Connection) -> None:
    """A neighbour is the nearest *usable* reading."""
    scenario = Scenario(connection)
    scenario.store(course("l", [1, 2, 85.0, None, 3, "HI", 4]))
    stored = ask_series(connection, scenario.ids["l", ""], at_us(20), at_us(20), padding=2)()
    assert [(t - at_us(0)) // 60_000_000 for t in stored.times_us.tolist()] == [0, 5, 20, 25, 30]
