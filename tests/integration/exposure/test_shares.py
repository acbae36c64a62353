"""Several evaluators on one database: who takes what, and who takes over."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from service.domain.shares import ALL, SHARES, WHOLE
from service.domain.verdicts.causes import Cause
from service.evaluator.sharing import Shares
from service.store.claims import Claim
from service.store.dirty import Mark, mark_containers, mark_lots, oldest_marks, plain_marks
from service.store.locks import shares_of_nobody
from service.store.lots.answers import lots_due
from service.store.pool import Connection, DatabaseAwayError, connect
from tests.acting import TESTER
from tests.deliveries import load_all
from tests.scenario import Scenario, at_us, course

CONTAINERS = [f"freezer-{number}" for number in range(40)]


class Evaluators:
    """Evaluators as far as they hold shares, each with a connection of its own."""

    def __init__(self, database_url: str, ending: ExitStack) -> None:
        self._url = database_url
        self._ending = ending

    def one_more(self) -> tuple[Connection, Shares]:
        """Its connection, to end it by, and what it looks with."""
        connection = self._ending.enter_context(connect(self._url, application="evaluator", actor=TESTER))
        return connection, Shares(connection, look_every_s=0)


@pytest.fixture
def evaluators(database_url: str) -> Iterator[Evaluators]:
    """As many as a test starts; they end with it."""
    with ExitStack() as ending:
        yield Evaluators(database_url, ending)


def test_evaluators_share_out_the_containers_and_take_over_from_a_dead_one(
    connection: Connection, evaluators: Evaluators
) -> None:
    """Whoever is started helps at once, and whoever dies leaves no freezer without an evaluator."""
    assert shares_of_nobody(connection) == ALL
    _, first = evaluators.one_more()
    assert first.look() == ALL
    its_connection, second = evaluators.one_more()
    assert second.look() == frozenset(), "all are taken still"
    assert first.look() == frozenset(range(SHARES // 2)), "what is seen whole stays where it is"
    assert second.look() == ALL - first.held
    _, third = evaluators.one_more()
    for one in (third, first, second, third, first, second, third):
        one.look()
    parts = [first.held, second.held, third.held]
    assert sorted(len(part) for part in parts) == [5, 5, 6]
    assert frozenset().union(*parts) == ALL
    kept = first.held | third.held
    its_connection.close()
    for one in (first, third, first):
        one.look()
    assert [len(one.held) for one in (first, third)] == [8, 8]
    assert kept <= first.held | third.held, "who lives goes on with what he has"
    assert shares_of_nobody(connection) == frozenset()


def test_an_evaluator_whose_connection_was_lost_holds_nothing(connection: Connection, evaluators: Evaluators) -> None:
    """Of two that both think they watch a freezer, one finds out at its next look."""
    _, first = evaluators.one_more()
    first.look()
    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", [0])
    _, second = evaluators.one_more()
    assert second.look() == ALL
    assert WHOLE in second.held
    with pytest.raises(DatabaseAwayError):
        first.look()


def test_none_of_before_there_were_shares_is_at_work_beside_one_of_these(
    connection: Connection, evaluators: Evaluators
) -> None:
    """During an upgrade an older evaluator takes every freezer for its own, and so it is to be the only one."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_lock(7243002)")
    _, newer = evaluators.one_more()
    assert newer.look() == frozenset()
    connection.execute("SELECT pg_advisory_unlock(7243002)")
    assert newer.look() == ALL
    older = connection.execute("SELECT pg_try_advisory_lock(7243002) AS taken").fetchone()
    assert older == {"taken": False}


def by_share(connection: Connection) -> dict[int, list[Mark]]:
    """What waits, by the share that it belongs to."""
    plain = {share: plain_marks(connection, 1_000, Claim(frozenset({share}))) for share in ALL}
    load_all(connection)
    found = {share: oldest_marks(connection, 1_000, Claim(frozenset({share}))) for share in ALL}
    assert all(set(plain[share].id.tolist()) <= {mark.id for mark in found[share]} for share in ALL)
    return found


def test_all_that_is_to_be_judged_of_a_container_belongs_to_one_share(connection: Connection) -> None:
    """A freezer's readings, its lots and what people do to it are judged by one, wherever each of them was before."""
    scenario = Scenario(connection)
    for name in CONTAINERS:
        scenario.container(name, loggers=[f"logger-{name}"])
        scenario.lot(f"lot-{name}", name)
    scenario.container("before", loggers=())
    scenario.lot("lot-nowhere")
    scenario.place("lot-freezer-7", "freezer-3", 10)
    connection.execute("TRUNCATE dirty")
    for name in CONTAINERS:
        scenario.store(course(f"logger-{name}", [-80.0]))
    scenario.store(course("never attached", [-80.0]))
    mark_containers(connection, CONTAINERS, Cause.DOOR_GRACE)
    mark_lots(connection, [*(f"lot-{name}" for name in CONTAINERS), "lot-nowhere"], Cause.PLACEMENT)
    found = by_share(connection)
    marks = [mark for some in found.values() for mark in some]
    waiting = connection.execute("SELECT count(*) AS n FROM dirty").fetchone()
    assert waiting == {"n": len(marks)} == {"n": len({mark.id for mark in marks})}, "each belongs to one"
    share_of: defaultdict[str, set[int]] = defaultdict(set)
    series = {
        row["id"]: row["logger_id"].removeprefix("logger-")
        for row in connection.execute("SELECT id, logger_id FROM series").fetchall()
    }
    for share, some in found.items():
        for mark in some:
            lot = (mark.lot_id or "").removeprefix("lot-")
            share_of[mark.container_id or lot or series[mark.series_id or 0]].add(share)
    assert all(len(share_of[name]) == 1 for name in CONTAINERS if name != "freezer-7")
    assert share_of["freezer-7"] >= share_of["freezer-3"], "a lot belongs to where it is now"
    assert len({share for shares in share_of.values() for share in shares}) > SHARES // 2, "they are spread"


def test_nobody_waits_for_what_another_evaluator_is_behind_with(connection: Connection) -> None:
    """Of ten thousand freezers whose evaluator hangs, the readings stand before those of all others."""
    scenario = Scenario(connection)
    for name in CONTAINERS:
        scenario.container(name, loggers=[f"logger-{name}"])
    connection.execute("TRUNCATE dirty")
    mark_containers(connection, CONTAINERS, Cause.DOOR_GRACE)
    [other, ours] = [share for share, marks in by_share(connection).items() if marks][:2]
    [slow, quick] = [by_share(connection)[share][0].container_id for share in (other, ours)]
    connection.execute("TRUNCATE dirty")
    connection.execute(
        "INSERT INTO dirty (container_id, from_us, until_us) SELECT %s, 0, 1 FROM generate_series(1, 20001)", [slow]
    )
    mark_containers(connection, [quick or ""], Cause.DOOR_GRACE)
    assert [mark.container_id for mark in oldest_marks(connection, 25, Claim(frozenset({ours})))] == [quick]


def test_what_time_makes_due_is_judged_by_the_share_of_its_container(connection: Connection) -> None:
    """Silence changes the verdicts of lots in a hundred freezers, each judged by the evaluator of its freezer."""
    scenario = Scenario(connection)
    for name in CONTAINERS:
        scenario.container(name, loggers=[f"logger-{name}"])
        scenario.lot(f"lot-{name}", name)
        scenario.store(course(f"logger-{name}", [-80.0] * 3))
    scenario.lot("lot-nowhere")
    while scenario.evaluate(11).marks:
        pass
    connection.execute("UPDATE lot_states SET good_until_us = %s", [at_us(20)])
    found = {share: lots_due(connection, at_us(30), 1_000, Claim(frozenset({share}))) for share in ALL}
    due = [lot_id for lot_ids in found.values() for lot_id in lot_ids]
    assert sorted(due) == sorted(["lot-nowhere", *(f"lot-{name}" for name in CONTAINERS)])
    mark_containers(connection, CONTAINERS, Cause.DOOR_GRACE)
    for share, marks in by_share(connection).items():
        assert {mark.container_id for mark in marks} == {x.removeprefix("lot-") for x in found[share]} - {"nowhere"}
