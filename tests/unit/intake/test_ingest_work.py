"""When ingest works, and when it only looks alive."""

import pytest

from ingest.health import HealthWatch
from service.domain.instant import SECOND_US
from service.domain.intake.ingest_work import IngestProcess, not_working

NOW_US = 1_772_323_200 * SECOND_US


def process(
    name: str = "ingest", *, wrote_s: float = 2, worked_s: float | None = 2, trouble: str = "", stopped: bool = False
) -> IngestProcess:
    """One that wrote and worked so many seconds ago."""
    worked_us = None if worked_s is None else NOW_US - int(worked_s * SECOND_US)
    return IngestProcess(
        name, NOW_US - 3_600 * SECOND_US, NOW_US - int(wrote_s * SECOND_US), worked_us, trouble, stopped
    )


def why(*processes: IngestProcess) -> str | None:
    found = not_working(processes, NOW_US)
    return None if found is None else found.why


def test_one_that_works_is_well_and_one_that_was_never_there_is_not_missed() -> None:
    """Where files are imported and nothing is published, nobody need ingest."""
    assert why() is None
    assert why(process()) is None
    assert why(process(worked_s=59, trouble="the broker cannot be reached")) is None


def test_counters_that_are_written_do_not_make_it_well() -> None:
    """A thread beside a dead loop writes for ever; what the loop did last counts."""
    found = not_working([process(worked_s=61, trouble="the broker cannot be reached")], NOW_US)
    assert found is not None
    assert found.since_us == NOW_US - 61 * SECOND_US
    assert found.why.startswith("it has not worked since 2026-02-28 23:58 UTC: the broker cannot be reached")


def test_one_that_never_worked_is_behind_since_it_started() -> None:
    """An access rule that was wrong from the first day lets nothing in."""
    assert why(process(worked_s=None, trouble="nothing comes from the broker")) is not None
    assert why(process(worked_s=None)) is None, "an earlier version, which did not say"


def test_of_two_the_one_that_is_dead_is_told() -> None:
    """They hear different loggers: that one works is no comfort to the freezers of the other."""
    assert (why(process("a"), process("b", wrote_s=90, worked_s=90)) or "").startswith("b: it has counted nothing")
    assert why(process("a"), process("b", wrote_s=90, worked_s=90, stopped=True)) is None
    assert why(process("a"), process("b", wrote_s=90_000, worked_s=90_000)) is None


def test_the_last_one_that_was_stopped_is_missed() -> None:
    """Somebody stops ingest for the night: nothing is heard until it is started."""
    assert (why(process(stopped=True)) or "").startswith("it was stopped at 2026-02-28 23:59 UTC")


def test_working_is_hearing_and_storing() -> None:
    """Either alone keeps no freezer's record."""
    work = HealthWatch()
    assert work.now(0.0).trouble == "the loop that receives stands still"
    work.round(1.0, heard=False, waiting=0)
    assert work.now(1.0).trouble == "the broker was not reached yet"
    assert work.now(1.0).until_s is None
    work.round(2.0, heard=True, waiting=0)
    assert (work.now(2.0).since_s, work.now(2.0).until_s, work.now(2.0).trouble) == (2.0, 2.0, "")
    for second in range(3, 30):
        work.round(float(second), heard=True, waiting=4)
    work.cannot_store("the disk is full")
    assert work.now(29.0).until_s == 2.0
    assert "cannot be stored: the disk is full" in work.now(29.0).trouble
    work.stored(30.0)
    work.round(30.0, heard=True, waiting=4)
    assert (work.now(30.0).until_s, work.now(30.0).trouble) == (30.0, "")
    for second in range(31, 60):
        work.round(float(second), heard=False, waiting=0)
    assert work.now(59.0).until_s == 30.0
    assert "nothing comes from the broker" in work.now(59.0).trouble


def test_a_loop_that_stands_still_does_not_work() -> None:
    """Whatever it noted last, it notes nothing any more."""
    work = HealthWatch()
    work.round(1.0, heard=True, waiting=0)
    assert work.now(10.0).trouble == ""
    assert work.now(20.0).trouble == "the loop that receives stands still"
    assert work.now(20.0).until_s == 1.0


@pytest.mark.parametrize(("pause_s", "begins_anew"), [(30.0, False), (61.0, True)])
def test_a_short_pause_is_no_end(pause_s: float, begins_anew: bool) -> None:
    """After a longer one, loggers are given time to be heard before they are called silent."""
    work = HealthWatch()
    work.round(1.0, heard=True, waiting=0)
    work.round(1.0 + pause_s, heard=True, waiting=0)
    assert work.now(pause_s).since_s == (1.0 + pause_s if begins_anew else 1.0)
