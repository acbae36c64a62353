"""Boxes moved by two people at once, and how a full freezer is listed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from service.acts.containers import add_container
from service.acts.moves import Thing, move_things
from service.acts.nestings import put_into, take_out
from service.acts.placements import place
from service.domain.lots.placements import Placement
from service.domain.registry.nesting import Nesting
from service.errors import ConflictError
from service.store.paging import Part
from service.store.pool import Connection, connect
from service.store.registry.contents import contents
from service.store.retry import retried
from service.store.rows import one_value
from tests.acting import TESTER
from tests.scenario import BEFOREHAND, Scenario, at
from tests.stays_anew import stays_anew, stays_kept

#: An act over a connection of its own; why it was refused, or empty.
Act = Callable[[Connection], None]


@pytest.fixture
def scenario(connection: Connection) -> Scenario:
    found = Scenario(connection)
    for name in ("freezer-a", "freezer-b"):
        found.container(name, loggers=())
    for name, kind in (("rack", "rack"), ("box-a", "box"), ("box-b", "box")):
        add_container(connection, TESTER, name, "site", name, kind, "cryo-80")
    return found


@pytest.fixture
def clients(database_url: str) -> Iterator[list[Connection]]:
    opened = [connect(database_url, application="tests", actor=TESTER) for _ in range(4)]
    try:
        yield opened
    finally:
        for one in opened:
            one.close()


def at_once(clients: list[Connection], *acts: Act) -> list[str]:
    """What each of these acts was refused for, done at the same moment; empty: it was done."""
    barrier = Barrier(len(acts))

    def do(client: Connection, act: Act) -> str:
        barrier.wait()
        try:
            retried(act)(client)
        except ConflictError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(do, clients, acts))


def test_two_boxes_are_never_put_into_each_other(scenario: Scenario, clients: list[Connection]) -> None:
    """One person puts A into B, another B into A: the second hears why not, and no vial is in a circle."""
    for n in range(15):
        refused = at_once(
            clients,
            lambda c, n=n: put_into(c, Nesting(f"ab-{n}", "box-a", "box-b", at(2 * n), None), BEFOREHAND),
            lambda c, n=n: put_into(c, Nesting(f"ba-{n}", "box-b", "box-a", at(2 * n), None), BEFOREHAND),
        )
        [why] = [one for one in refused if one]
        assert "cannot be in each other" in why
        inner = "box-b" if refused[0] else "box-a"
        take_out(scenario.connection, inner, at(2 * n + 1), BEFOREHAND)


def test_where_lots_were_is_the_same_whoever_came_first(scenario: Scenario, clients: list[Connection]) -> None:
    """A rack is carried off while a vial is put into its box and another taken out of it: both are recorded rightly."""
    for name in ("lot-0", "lot-1", "lot-2"):
        scenario.lot(name, "freezer-a")
    put_into(scenario.connection, Nesting("box-in-rack", "box-a", "rack", at(0), None), BEFOREHAND)
    places = ("freezer-a", "freezer-b")
    boxes = ("box-a", "freezer-b", "rack")
    for n in range(1, 51):
        refused = at_once(
            clients,
            lambda c, n=n: put_into(c, Nesting(f"rack-{n}", "rack", places[n % 2], at(n), None), BEFOREHAND),
            lambda c, n=n: place(c, Placement(f"lot-0-{n}", "lot-0", boxes[n % 3], at(n), None), BEFOREHAND),
            lambda c, n=n: place(c, Placement(f"lot-1-{n}", "lot-1", boxes[(n + 1) % 3], at(n), None), BEFOREHAND),
            lambda c, n=n: move_things(
                c,
                f"move-{n}",
                [Thing("lot", "lot-2"), Thing("container", "box-b")],
                boxes[n % 3],
                at=at(n),
                word=BEFOREHAND,
            ),
        )
        assert refused == [""] * 4
    kept = stays_kept(scenario.connection)
    assert len(kept) > 200
    assert kept == stays_anew(scenario.connection)


def test_a_lot_and_a_box_never_share_a_position(scenario: Scenario, clients: list[Connection]) -> None:
    """Two scanners, one cell: one of them hears who is there."""
    scenario.lot("lot", "freezer-a")
    for n in range(1, 16):
        refused = at_once(
            clients,
            lambda c, n=n: place(c, Placement(f"lot-{n}", "lot", "rack", at(2 * n), None, f"A{n}"), BEFOREHAND),
            lambda c, n=n: put_into(c, Nesting(f"box-{n}", "box-a", "rack", at(2 * n), None, f"A{n}"), BEFOREHAND),
        )
        assert len([one for one in refused if "is taken by" in one]) == 1, refused


def rows_read(connection: Connection) -> int:
    """How many rows this transaction has read so far."""
    query = "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
    return int(one_value(connection, query))


def test_a_page_of_a_full_freezer_costs_what_one_of_an_empty_one_costs(scenario: Scenario) -> None:
    """Ten thousand vials in a freezer: the page at its door is as quick as with ten."""
    connection = scenario.connection
    scenario.lot("lot", "freezer-a")
    with connection.transaction():
        connection.execute(
            "INSERT INTO lots (id, product_id, lot_number, profile_id, profile_version, life_starts_at) "
            "SELECT 'vial-' || n, product_id, 'V' || n, profile_id, profile_version, life_starts_at "
            "FROM lots, generate_series(1, 10000) AS n WHERE lots.id = 'lot'"
        )
        connection.execute(
            "INSERT INTO placements (id, lot_id, container_id, from_at) SELECT 'p' || n, 'vial-' || n, "
            "CASE WHEN n > 5000 THEN 'box-a' ELSE 'freezer-a' END, %s FROM generate_series(1, 10000) AS n",
            [at(0)],
        )
    put_into(connection, Nesting("box-in-freezer", "box-a", "freezer-a", at(0), None), BEFOREHAND)
    for table in ("lots", "recorded_placements", "stays", "recorded_nestings", "enclosures", "containers"):
        connection.execute(f"ANALYZE {table}")
    for nested, vials in ((False, 5_001), (True, 10_001)):
        seen, after = [], None
        while part := contents(connection, "freezer-a", Part(1_000, after), nested=nested):
            seen += part
            after = (part[-1].kind, part[-1].id)
        assert len(seen) == vials + 1
        assert len({one.id for one in seen}) == len(seen)
        with connection.transaction():
            before = rows_read(connection)
            contents(connection, "freezer-a", Part(101, ("lot", "vial-3")), nested=nested)
            assert rows_read(connection) - before < 1_000
