"""Two evaluators that meet over a container or a lot end where one alone would."""

import re
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from psycopg import Cursor

from service.acts.attachments import end
from service.domain.clocks import AsOf
from service.evaluator.generation import changes, write_next
from service.evaluator.whole_records import MOST_READINGS
from service.evaluator.working_off import work_off
from service.store.dirty import Mark, oldest_marks
from service.store.exposure import generations
from service.store.pool import Connection, connect
from service.store.retry import retried
from tests.acting import TESTER
from tests.deliveries import load_all
from tests.eventually import eventually
from tests.generations import differences, nothing
from tests.scenario import BEFOREHAND, Scenario, at, at_us, course

NOW = 200.0

#: Just before it writes this.
MOMENTS = ("container_records", "threshold_spans", "lot_states", "rollups")


def lot_in_both(store: Scenario) -> None:
    """A lot that lay for forty warm minutes in one freezer, and for thirty in another: more than the hour allowed."""
    store.lot("lot", "left")
    store.place("lot", "right", 100)
    store.store(course("l", [-80.0] * 40))
    store.store(course("r", [-80.0] * 40))


def then_warm(store: Scenario) -> None:
    """What both evaluators find."""
    store.store(course("l", [-50.0] * 19, start=50.5, every=2.2))
    store.store(course("r", [-50.0] * 15, start=110.5, every=2.2))


def probe_moved(store: Scenario) -> None:
    """A probe that hung in one freezer and then in another, with a lot in each."""
    store.lot("one", "left")
    store.lot("other", "right")
    store.attach_new("left", "roving", 0)
    with store.connection.transaction():
        end(store.connection, "left-roving-0", "left", at(100), BEFOREHAND)
    store.attach("right", "roving", 100)
    store.store(course("l", [-80.0] * 40))
    store.store(course("r", [-80.0] * 40))
    store.store(course("roving", [-80.0] * 40))


def then_both_say_so(store: Scenario) -> None:
    """A part of what the probe measured in each freezer comes to each of the evaluators."""
    for start in (20.5, 130.5, 60.5, 170.5):
        store.store(course("roving", [-50.0] * 10, start=start, every=2.2))
    store.store(course("l", [-55.0] * 5, start=30.5))
    store.store(course("r", [-55.0] * 5, start=140.5))


def new_containers(store: Scenario) -> None:
    """Two freezers that nobody has judged yet, and a lot that was in both."""
    store.lot("lot", "left")
    store.place("lot", "right", 100)


def then_all_at_once(store: Scenario) -> None:
    """All their readings, a part of each freezer's to each of the evaluators."""
    for probe in ("l", "r"):
        store.store(course(probe, [-80.0, *[-50.0] * 9]))
        store.store(course(probe, [-80.0] * 30, start=52))


COURSES: dict[str, tuple[Callable[[Scenario], None], Callable[[Scenario], None]]] = {
    "a lot that lay in both": (lot_in_both, then_warm),
    "a probe that was moved": (probe_moved, then_both_say_so),
    "never judged before": (new_containers, then_all_at_once),
}


def waits(connection: Connection) -> bool:
    """Whether the second evaluator waits for the first one."""
    query = "SELECT FROM pg_stat_activity WHERE application_name = 'unbroken second' AND wait_event_type = 'Lock'"
    return bool(connection.execute(query).fetchall())


@retried
def one_pass(connection: Connection, marks: Iterable[Mark]) -> None:
    """Work off these marks, as an evaluator does that has claimed them."""
    with connection.transaction():
        generations.hold_generation(connection)
        work_off(connection, list(marks), AsOf(at_us(NOW)), MOST_READINGS)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", COURSES)
def test_two_passes_at_once_end_as_one_after_the_other(
    connection: Connection, database_url: str, name: str, moment: str
) -> None:
    """Whichever of them is in the middle when the other begins: neither writes what the other has made wrong."""
    before, then = COURSES[name]
    store = Scenario(connection)
    for container, logger in (("left", "l"), ("right", "r")):
        store.container(container, loggers=[logger])
    before(store)
    if name != "never judged before":
        while store.evaluate(NOW).marks:
            pass
    then(store)
    load_all(connection)
    marks = oldest_marks(connection, 25)
    shares = [[mark for number, mark in enumerate(marks) if number % 2 == share] for share in (0, 1)]
    failed: list[BaseException] = []

    def second() -> None:
        try:
            with connect(database_url, application="second", actor=TESTER) as other:
                one_pass(other, shares[1])
        except BaseException as error:
            failed.append(error)

    meanwhile = threading.Thread(target=second)

    class Waiting(Cursor[Any]):
        """One that lets the other evaluator begin just before it writes."""

        def execute(self, query: Any, *more: Any, **named: Any) -> Any:
            if re.search(rf"INSERT INTO {moment}\b", str(query)) and meanwhile.ident is None:
                meanwhile.start()
                eventually(lambda: not meanwhile.is_alive() or waits(connection), 20, "the other is through, or waits")
            return super().execute(query, *more, **named)

    with connect(database_url, application="first", actor=TESTER) as first:
        first.cursor_factory = Waiting
        one_pass(first, shares[0])
    if meanwhile.ident is None:
        meanwhile.start()
    meanwhile.join()
    assert not failed, failed
    # What was in the other's share of a probe is in nobody's: it is all worked off.
    assert oldest_marks(connection, 25) == []
    write_next(connection, nothing)
    assert differences(connection) == []
    assert changes(connection, at_us(NOW)) == []
    connection.execute("SELECT pg_advisory_unlock_all()")
