"""``python -m benchmarks.api``: an answer beside merely reading it, and beside how much is stored.

A real hypertable, the API as a process of its own with its defaults, and everything asked over HTTP.
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import numpy as np

from benchmarks import api_select
from benchmarks.acting import BENCHMARK
from benchmarks.api_load import Client
from benchmarks.depot import copy_history, evaluate_all_due, fill_depot, lot_name
from benchmarks.freezer import Temperatures
from benchmarks.papers import refuse_other_than_usable
from benchmarks.parts import API, Parts, measure_parts, until
from benchmarks.rounds import medians, ratio
from service.domain.instant import SECOND_US, from_datetime
from service.local.servers import LocalServers
from service.store.migrate import migrate
from service.store.pool import Connection, connect
from tests.keyed import add_tester
from tests.ports import free_port

_MINUTE_US = 60 * SECOND_US
#: Requests of a round, or fewer if they take longer than this.
_ASKED, _ASKED_S = 100, 10.0
#: By as many bytes two answers about one lot may differ.
_DIGITS = 32
#: Of every hundred freezers one has lost its lots.
_LOST_EVERY = 100
_PAGES = {"API": ("/v1/lots", "application/json"), "HTML": ("/", "text/html")}


@dataclass(frozen=True, slots=True)
class Size:
    """Freezers, lots in each, and readings of each, one a minute up to now."""

    freezers: int
    lots: int
    readings: int

    def lot_names(self) -> list[str]:
        """The ids of all lots."""
        return [lot_name(number, place) for number in range(self.freezers) for place in range(self.lots)]


def filled(connection: Connection, size: Size) -> None:
    """A depot whose lots all have their answers, most of them good."""
    migrate(connection)
    add_tester(connection)
    now = datetime.now(UTC)
    since = now - timedelta(minutes=size.readings)
    fill_depot(connection, size.freezers, size.lots, since)
    times_us = from_datetime(now) - _MINUTE_US * np.arange(size.readings - 1, -1, -1, dtype=np.int64)
    numbers = range(size.freezers)
    copy_history(connection, [n for n in numbers if n % _LOST_EVERY], times_us, _course_c(size.readings, -55.0))
    copy_history(connection, numbers[::_LOST_EVERY], times_us, _course_c(size.readings, -10.0))
    connection.execute("VACUUM ANALYZE")
    evaluate_all_due(connection, from_datetime(now))
    refuse_other_than_usable(connection, size.lots * len(numbers[::_LOST_EVERY]))


def _course_c(count: int, warm_c: float) -> Temperatures:
    """A freezer that cycles by a kelvin and was too warm for ten minutes, an hour ago."""
    values_c = np.round(-80 + np.sin(np.arange(count) / 5), 1)
    values_c[-70:-60] = warm_c
    return values_c


@contextlib.contextmanager
def served(servers: LocalServers, database: str, size: Size) -> Iterator[tuple[int, Connection]]:
    """The API of such a depot: its port, and a connection to its database."""
    with serving(servers, database, str(size), lambda connection: filled(connection, size)) as opened:
        yield opened


@contextlib.contextmanager
def serving(
    servers: LocalServers, database: str, what: str, fill: Callable[[Connection], None]
) -> Iterator[tuple[int, Connection]]:
    """The API of a database that is filled first: its port, and a connection to it."""
    port = free_port()
    parts = Parts(servers, database, http_port=port)
    with connect(parts.database_url, application="benchmark", actor=BENCHMARK) as connection:
        started_s = time.perf_counter()
        fill(connection)
        print(f"  {database}: {what}, filled in {time.perf_counter() - started_s:.0f} s", flush=True)
        with parts.running(*API):
            until(lambda: answers(port, "/healthz"), "the API does not answer")
            yield port, connection


def answers(port: int, path: str) -> bool:
    try:
        return bool(Client(port).get(path))
    except (OSError, AssertionError):
        return False


def print_status(servers: LocalServers, given: argparse.Namespace) -> None:
    """A status ÷ one SELECT of its bytes, requests a second over eight connections."""
    size = Size(given.freezers, 10, 1_000)
    with served(servers, "status", size) as (port, connection), _selecting(connection, port, size) as beside:
        paths = "\n".join(_status(lot) for lot in size.lot_names())
        found = medians(
            {
                "status": lambda: _requests_a_second(port, paths, given.seconds),
                "select": lambda: _requests_a_second(beside, paths, given.seconds),
            },
            given.rounds,
        )
    ratio("status_vs_select", found["status"] / found["select"])


@contextlib.contextmanager
def _selecting(connection: Connection, port: int, size: Size) -> Iterator[int]:
    """A server that selects what the API has told of each lot; its port."""
    client, lots = Client(port), size.lot_names()
    with selecting(connection, [(lot, client.get(_status(lot))) for lot in lots]) as beside:
        # Seconds that grow are told to the microsecond, without the zeros at their end.
        other_bytes = abs(len(Client(beside).get(_status(lots[0]))) - len(client.get(_status(lots[0]))))
        assert other_bytes < _DIGITS, "they tell other bytes"
        yield beside


@contextlib.contextmanager
def selecting(connection: Connection, told: Sequence[tuple[str, bytes]]) -> Iterator[int]:
    """A server that selects what was told under each key, as the status of it; its port."""
    beside = free_port()
    connection.execute(api_select.TABLE)
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO told VALUES (%s, %s)", told)
    command = ["-m", api_select.__name__, "--database-url", connection.info.dsn, "--port", str(beside)]
    with subprocess.Popen([sys.executable, *command]) as process:
        try:
            until(lambda: answers(beside, _status(quote(told[0][0]))), "the bare route does not answer")
            yield beside
        finally:
            process.terminate()


def _status(lot: str) -> str:
    return f"/v1/lots/{lot}/status"


def _requests_a_second(port: int, paths: str, seconds: float) -> float:
    command = [sys.executable, "-m", "benchmarks.api_load", "--port", str(port), "--seconds", str(seconds)]
    said = json.loads(subprocess.run(command, input=paths, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return float(said["answers"] / said["took_s"])


def print_lots(servers: LocalServers, given: argparse.Namespace) -> None:
    """The first page of lots among many ÷ among a thousand."""
    few, many = Size(100, 10, 100), Size(1_000, given.many_lots // 1_000, 100)
    with served(servers, "few_lots", few) as (few_port, _), served(servers, "many_lots", many) as (many_port, _):
        worst = 0.0
        for name, (path, accept) in _PAGES.items():
            asked = {"few": asking(few_port, [path], accept), "many": asking(many_port, [path], accept)}
            found = medians(asked, given.rounds)
            print(f"  {name}: {1_000 / found['few']:.1f} ms of few, {1_000 / found['many']:.1f} ms of many", flush=True)
            ratio(f"lots_100k_vs_1k_{name.lower()}", found["few"] / found["many"])
            worst = max(worst, found["few"] / found["many"])
    ratio("lots_100k_vs_1k", worst)


def print_history(servers: LocalServers, given: argparse.Namespace) -> None:
    """A status that has to be computed, with ten million readings stored ÷ with a hundred thousand."""
    few, many = Size(100, 10, 1_000), Size(100, 10, given.many_readings // 100)
    paths = [_status(lot) for lot in few.lot_names()[::10]]
    with served(servers, "few", few) as (few_port, of_few), served(servers, "many", many) as (many_port, of_many):
        _let_pass(of_few)
        _let_pass(of_many)
        found = medians({"few": asking(few_port, paths), "many": asking(many_port, paths)}, given.rounds)
    ratio("status_10m_vs_100k", found["few"] / found["many"])


def _let_pass(connection: Connection) -> None:
    """Time alone may have changed every answer by now."""
    connection.execute("UPDATE lot_states SET good_until_us = 0")


def asking(port: int, paths: Sequence[str], accept: str = "application/json") -> Callable[[], float]:
    """A contender: answers a second, one after the other, by the median of them; each round asks a hundred times."""

    def rate() -> float:
        # A new one each round: the server closes one that is idle meanwhile.
        client, took_s = Client(port), list[float]()
        for number in range(_ASKED):
            started_s = time.perf_counter()
            client.get(paths[number % len(paths)], accept)
            took_s.append(time.perf_counter() - started_s)
            if sum(took_s) > _ASKED_S:
                break
        return 1 / statistics.median(took_s)

    return rate


_PARTS = {"status": print_status, "lots": print_lots, "history": print_history}


def main() -> None:
    """Print a ratio a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=_PARTS, help="this part alone")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each load")
    parser.add_argument("--freezers", type=int, default=100, help="with ten lots each, whose status is asked for")
    parser.add_argument("--many-lots", type=int, default=100_000, help="in a thousand freezers")
    parser.add_argument("--many-readings", type=int, default=10_000_000, help="of a hundred freezers")
    measure_parts(_PARTS, parser.parse_args())


if __name__ == "__main__":
    main()
