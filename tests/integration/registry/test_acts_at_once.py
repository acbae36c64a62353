"""Many people record at one moment: everybody is answered for what they did, and nobody hears of a database away."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable

import httpx
import psycopg
import pytest

from service.local.servers import LocalServers
from service.store.pool import Connection
from service.store.retry import retried
from tests.cold_store import ago, all_of, attachment, furnish, put, register_logger, register_lot

#: What an act may be answered: done, not there any more, or contradicted by what another recorded meanwhile.
_ANSWERS = {200, 201, 404, 409, 422}


def test_acts_on_the_same_lots_and_probes_never_end_in_a_deadlock(api: httpx.Client, connection: Connection) -> None:
    """A shift that records moves, corrections, probes and calibrations of the same freezer all at once is recorded.

    PostgreSQL finds deadlocks only after a second: that there were none shows in its own count, and in the answers.
    """
    api.timeout = httpx.Timeout(60)
    furnish(api, "f1", "f2")
    for logger in ("tag-1", "tag-2"):
        register_logger(api, logger)
        put(api, "/containers/f1/attachments", attachment(logger, f"{logger}-at"))
    for lot in ("lot-1", "lot-2"):
        register_lot(api, lot, "f1", 60)
    answers: Counter[int] = Counter()
    told: list[str] = []
    barrier = threading.Barrier(8)

    def newest(path: str, **where: str) -> str:
        rows = [row for row in all_of(api, path) if all(row[name] == x for name, x in where.items())]
        return str(rows[-1]["id"]) if rows else "none"

    def place(chance: random.Random, name: str) -> httpx.Response:
        lot = chance.choice(("lot-1", "lot-2"))
        body = {"id": name, "container_id": chance.choice(("f1", "f2")), "from": ago(chance.uniform(0, 10))}
        return api.post(f"/v1/lots/{lot}/placements", json=body)

    def correct(chance: random.Random, _name: str) -> httpx.Response:
        kind = chance.choice(("placement", "attachment", "calibration"))
        change: dict[str, str] | None = {"from": ago(chance.uniform(11, 60))}
        if kind == "placement":
            row = newest(f"/lots/{chance.choice(('lot-1', 'lot-2'))}/placements")
        elif kind == "attachment":
            row = newest("/containers/f1/attachments", logger_id=chance.choice(("tag-1", "tag-2")))
        else:
            row, change = newest(f"/loggers/{chance.choice(('tag-1', 'tag-2'))}/calibrations"), None
        body = {"kind": kind, "id": row, "replacement": change, "reason": "slip"}
        return api.post("/v1/corrections", json=body)

    def attach(chance: random.Random, name: str) -> httpx.Response:
        body = attachment(chance.choice(("tag-1", "tag-2")), name, **{"from": ago(5), "commissioned_at": ago(5)})
        return api.post("/v1/containers/f1/attachments", json=body)

    def calibrate(chance: random.Random, name: str) -> httpx.Response:
        body = {"id": name, "from": ago(chance.uniform(1, 60)), "certificate": "SCS 1"}
        return api.post(f"/v1/loggers/{chance.choice(('tag-1', 'tag-2'))}/calibrations", json=body)

    def mend(chance: random.Random, name: str) -> httpx.Response:
        body = {
            "id": name,
            "from": ago(30),
            "until": ago(20),
            "offset_s": 5,
            "reason": "slow",
        }
        return api.post(f"/v1/loggers/{chance.choice(('tag-1', 'tag-2'))}/clock-mends", json=body)

    def work(number: int) -> None:
        acts: list[Callable[[random.Random, str], httpx.Response]] = [place, correct, correct, attach, calibrate, mend]
        chance, count = random.Random(number), 0
        barrier.wait()
        while answers.total() < 400:
            count += 1
            answer = chance.choice(acts)(chance, f"x-{number}-{count}")
            answers[answer.status_code] += 1
            if answer.status_code not in _ANSWERS:
                told.append(answer.text)

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == []
    assert answers[201] > 50
    assert _deadlocks(connection) == 0


def _deadlocks(connection: Connection) -> int:
    time.sleep(1.5)  # each backend reports its counts once a second
    [row] = connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchall()
    return int(row["deadlocks"])


def test_what_the_database_undid_is_done_again(connection: Connection, database_url: str) -> None:
    """Two who changed the same two records crosswise are both recorded: the one the database sent back tried again."""
    connection.execute("CREATE TABLE shelf (id integer PRIMARY KEY, touched integer NOT NULL DEFAULT 0)")
    connection.execute("INSERT INTO shelf VALUES (1), (2)")
    barrier, tries = threading.Barrier(2), Counter[int]()

    def touch(first: int) -> None:
        with psycopg.connect(database_url, autocommit=True) as other:

            @retried
            def both() -> None:
                tries[first] += 1
                with other.transaction():
                    other.execute("UPDATE shelf SET touched = touched + 1 WHERE id = %s", [first])
                    if tries[first] == 1:
                        barrier.wait()
                    other.execute("UPDATE shelf SET touched = touched + 1 WHERE id = %s", [3 - first])

            both()

    threads = [threading.Thread(target=touch, args=[first]) for first in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row["touched"] for row in connection.execute("SELECT touched FROM shelf")] == [2, 2]
    assert sorted(tries.values()) == [1, 2]


def test_an_act_undone_time_and_again_is_not_told_as_a_database_away(api: httpx.Client, connection: Connection) -> None:
    """Somebody whose act met others at every try hears just that: they look for no broken database."""
    furnish(api, "f1")
    connection.execute(
        "CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RAISE EXCEPTION USING ERRCODE = ''40P01''; END'"
    )
    connection.execute("CREATE TRIGGER undo BEFORE INSERT ON dirty FOR EACH ROW EXECUTE FUNCTION undo()")
    answer = api.post("/v1/lots", json={"id": "lot", "product_id": "exo-a", "lot_number": "LOT"})
    assert answer.status_code == 503
    assert answer.json()["title"] == "Too many at once"
    assert all_of(api, "/lots") == []


@pytest.mark.long
def test_the_service_answers_soon_after_its_database_is_back(api: httpx.Client, servers: LocalServers) -> None:
    """After an outage a nurse with a vial in her hand is answered within five seconds, however long it lasted.

    A pool that doubles its pauses had tried after 15 seconds last, and tries after 31 next.
    """
    furnish(api, "f1")
    register_lot(api, "lot", "f1")
    servers.database.stop("fast")
    try:
        assert api.get("/v1/lots/lot/status", timeout=30).status_code == 503
        time.sleep(12)
    finally:
        servers.database.start()
    back_s = time.monotonic()
    while api.get("/v1/lots/lot/status", timeout=30).status_code != 200:
        assert time.monotonic() - back_s < 60
        time.sleep(0.1)
    assert time.monotonic() - back_s < 5
