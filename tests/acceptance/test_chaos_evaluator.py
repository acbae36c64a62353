"""Evaluators killed at any moment, three at once, writers racing: the spans end as one evaluation finds them."""

import random
import threading
import time
from collections.abc import Sequence

import pytest

from service.acts.intake import take
from service.evaluator.generation import write_next
from service.formats.reading import Reading
from service.store.dirty import waiting_since
from service.store.pool import Connection, connect
from tests.acceptance.conftest import Service, eventually
from tests.acting import TESTER
from tests.generations import differences, nothing, wandering
from tests.scenario import Scenario, course

pytestmark = pytest.mark.acceptance

LOGGERS = ("top", "bottom", "door")
READINGS = 400
OTHERS = [f"freezer {n}" for n in range(9)]
EVALUATORS = 3
WRITERS = 3
KILLS = 6
JITTER_US = 1_800_000_000


def shuffled(timing: random.Random) -> list[list[Reading]]:
    """Everything the loggers measured but some holes; in pieces of about one time each, late, some of them doubled.

    A piece marks what lies between its ends: one of all times would repair what went wrong with the others.
    """
    counts = dict.fromkeys(LOGGERS, READINGS) | {f"in {name}": READINGS // 8 for name in OTHERS}
    courses = [course(name, wandering(timing, count)) for name, count in counts.items()]
    sent = [one for readings in courses for one in readings if timing.random() < 0.95]
    sent.sort(key=lambda one: one.measured_at_us + timing.uniform(0, JITTER_US))
    pieces = []
    while sent:
        size = timing.randint(1, 20)
        pieces.append(sent[:size])
        sent = sent[size:]
    pieces += timing.sample(pieces, len(pieces) // 10)
    timing.shuffle(pieces)
    return pieces


def write(database_url: str, pieces: Sequence[list[Reading]], pause_s: float) -> None:
    """One of several writers."""
    with connect(database_url, application="writer", actor=TESTER) as connection:
        for piece in pieces:
            take(connection, TESTER, piece, piece[0].measured_at_us)
            time.sleep(pause_s)


def at_work(service: Service) -> None:
    """Every evaluator that was started and not killed has its part of the containers."""

    def part_of(name: str) -> bool:
        return "evaluating" in service.log(name).read_text()

    eventually(lambda: all(map(part_of, service.running)), 30, "the evaluators share out what there is")


def cut(connection: Connection) -> None:
    """One evaluator loses its connection, and with it its part of the containers, and does not know yet."""
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = 'unbroken evaluator' ORDER BY random() LIMIT 1) AS chosen"
    )


def test_spans_end_as_one_evaluation_of_everything(
    service: Service, connection: Connection, timing: random.Random
) -> None:
    """Whoever dies, whoever comes twice and whatever comes late: what happened in the freezer is one and the same."""
    cold_store = Scenario(connection)
    cold_store.container("freezer", loggers=LOGGERS)
    cold_store.container("vault", loggers=("spare",))
    # Others, so that each evaluator has some.
    for name in OTHERS:
        cold_store.container(name, loggers=(f"in {name}",))
        cold_store.lot(f"lot in {name}", name)
    cold_store.lot("lot", "freezer")
    cold_store.lot("moved", "freezer")
    pieces = shuffled(timing)
    writers = [
        threading.Thread(target=write, args=(service.database_url, pieces[n::WRITERS], timing.uniform(0.02, 0.2)))
        for n in range(WRITERS)
    ]
    for n in range(EVALUATORS):
        service.start("evaluate", name=f"evaluator {n}")
    at_work(service)
    for writer in writers:
        writer.start()
    for n in range(EVALUATORS, EVALUATORS + KILLS):
        time.sleep(timing.uniform(0, 1.2))
        if timing.random() < 0.5:
            cut(connection)
        service.kill(timing.choice(sorted(service.running)))
        service.start("evaluate", name=f"evaluator {n}")
    cold_store.place("moved", "vault", timing.uniform(1, 1_000))
    for writer in writers:
        writer.join()
    eventually(lambda: waiting_since(connection) is None, 60, "everything is evaluated")
    at_work(service)
    write_next(connection, nothing)
    assert differences(connection) == []
    spans = connection.execute("SELECT count(*) AS n FROM threshold_spans WHERE container_id = 'freezer'").fetchone()
    assert spans is not None
    assert spans["n"] > 20
