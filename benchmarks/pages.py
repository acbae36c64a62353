"""``python -m benchmarks.pages``: what a page costs with ten years and with many lots behind it, and to draw.

A real hypertable, the API as a process of its own with its defaults, everything asked over HTTP, and a real Chromium.
"""

import argparse
import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from playwright.sync_api import Browser, Page, Route, sync_playwright

from benchmarks.api import Size, asking, served, serving
from benchmarks.api_load import Client
from benchmarks.depot import copy_history, evaluate_all_due, fill_depot, lot_name
from benchmarks.parts import measure_parts
from benchmarks.rounds import medians, ratio
from benchmarks.scan import print_scan
from benchmarks.seen import measure_seen
from service.domain.instant import SECOND_US, from_datetime
from service.local.servers import LocalServers
from service.store.migrate import migrate
from service.store.pool import Connection
from service.store.series.rollups import roll_up_some_waiting
from tests.browser import chromium
from tests.keyed import HEADERS, add_tester
from tests.ports import free_port

_MINUTE_US = 60 * SECOND_US
_DAY = 1_440
_TEN_YEARS = 3_653 * _DAY
#: Of the lots of one freezer.
_LOTS = 10
#: In ten years a freezer is too warm so often, for so many minutes each time.
_WARM_TIMES, _WARM_MINUTES = 12, 3
_ROLLED_UP_AT_ONCE = 500_000
_LOT = lot_name(0, 0)
_LOT_PAGE = f"/lots/{_LOT}"
_CHART = f"/v1/lots/{_LOT}/chart?points=1200"
_ANY = "text/html, application/json"
_OBSERVED = (
    "window.tasks = []; new PerformanceObserver(list => window.tasks.push(...list.getEntries().map(e => e.duration)))"
    ".observe({type: 'longtask', buffered: true})"
)


def _history_c(count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A freezer that cycles by a kelvin, and was too warm for some minutes now and then, the last time an hour ago."""
    values_c = np.round(-80 + np.sin(np.arange(count) / 5), 1)
    times = max(1, round(_WARM_TIMES * count / _TEN_YEARS))
    for ends in np.linspace(count - 60, count / times, times).astype(int).tolist():
        values_c[max(0, ends - _WARM_MINUTES) : ends] = -55.0
    return values_c


@contextlib.contextmanager
def _lots_of(servers: LocalServers, database: str, readings: int) -> Iterator[int]:
    """The API of a freezer with lots that were measured once a minute, so often; its port."""
    what = f"{readings:,} readings"
    with serving(servers, database, what, lambda connection: _fill(connection, readings)) as (port, _):
        yield port


def _fill(connection: Connection, readings: int) -> None:
    migrate(connection)
    add_tester(connection)
    now = datetime.now(UTC)
    fill_depot(connection, 1, _LOTS, now - timedelta(minutes=readings))
    times_us = from_datetime(now) - _MINUTE_US * np.arange(readings - 1, -1, -1, dtype=np.int64)
    copy_history(connection, [0], times_us, _history_c(readings))
    connection.execute("INSERT INTO rollups_waiting (series_id) SELECT id FROM series ON CONFLICT DO NOTHING")
    while roll_up_some_waiting(connection, _ROLLED_UP_AT_ONCE):
        pass
    connection.execute("VACUUM ANALYZE")
    evaluate_all_due(connection, from_datetime(now))


def print_lot(servers: LocalServers, given: argparse.Namespace) -> None:
    """The page of a lot with what its chart fetches, over ten years ÷ over a day; and what a browser makes of it."""
    with _lots_of(servers, "a_day", _DAY) as short, _lots_of(servers, "long", given.days * _DAY) as long:
        ports = {"day": short, "years": long}
        took_ms = {"day": 0.0, "years": 0.0}
        for path in (_LOT_PAGE, _CHART):
            found = medians({name: asking(port, [path], _ANY) for name, port in ports.items()}, given.rounds)
            told = ", ".join(f"{1_000 / found[name]:.1f} ms of a {name}" for name in ports)
            print(f"  {path}: {told}".replace("a years", "years"), flush=True)
            for name, rate in found.items():
                took_ms[name] += 1_000 / rate
        ratio("page_10y_vs_1d", took_ms["years"] / took_ms["day"])
        with _browser() as browser:
            for name, path in (("lot", _LOT_PAGE), ("board", "/")):
                ratio(f"{name}_page_kb", _transferred_kb(browser, f"http://127.0.0.1:{long}{path}"))
            ratio(
                "longest_task_ms_of_100k_points",
                _longest_task_ms(browser, f"http://127.0.0.1:{long}{_LOT_PAGE}", given.points),
            )


@contextlib.contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = chromium.find_or_install(print)
        launched = playwright.chromium.launch(executable_path=program, args=list(chromium.ARGUMENTS))
        yield launched
        launched.close()


def _opened(browser: Browser) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, extra_http_headers=HEADERS)
    page.add_init_script(_OBSERVED)
    return page


def _transferred_kb(browser: Browser, address: str) -> float:
    """What a browser that knows nothing of us yet transfers for a page, all in all."""
    page = _opened(browser)
    transferred: list[float] = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda told: transferred.append(told["encodedDataLength"]))
    page.goto(address)
    page.wait_for_timeout(3_000)
    page.close()
    return sum(transferred) / 1_000


def _longest_task_ms(browser: Browser, address: str, points: int) -> float:
    """The longest task of a browser that draws so many points anew; 50 at least, for shorter ones are not told."""
    page = _opened(browser)

    def many(route: Route) -> None:
        told = route.fetch().json()
        first_ms, last_ms = told["whole_ms"]
        at_ms = np.linspace(first_ms, last_ms, points).astype(np.int64)
        values_c = np.round(-80 + np.sin(np.arange(points) / 50), 2)
        told["lines"][0] |= {
            "at_ms": at_ms.tolist(),
            "coldest_c": (values_c - 0.5).tolist(),
            "warmest_c": (values_c + 0.5).tolist(),
            "mean_c": values_c.tolist(),
        }
        route.fulfill(body=json.dumps(told), content_type="application/json")

    page.route("**/chart?*", many)
    page.goto(address)
    page.wait_for_selector("figure[data-drawn]", timeout=60_000)
    page.wait_for_timeout(1_000)
    page.evaluate("tasks.length = 0")
    page.get_by_role("button", name="Nearer").click()
    page.wait_for_timeout(2_500)
    tasks_ms: list[float] = page.evaluate("tasks")
    page.close()
    return max(tasks_ms, default=50.0)


def print_board(servers: LocalServers, given: argparse.Namespace) -> None:
    """The board of lots among many ÷ among a thousand."""
    few, many = Size(100, 10, 100), Size(1_000, given.many_lots // 1_000, 100)
    with served(servers, "few_lots", few) as (few_port, _), served(servers, "many_lots", many) as (many_port, _):
        asked = {"few": asking(few_port, ["/"], "text/html"), "many": asking(many_port, ["/"], "text/html")}
        found = medians(asked, given.rounds)
        sizes = [len(Client(port).get("/", "text/html")) for port in (few_port, many_port)]
        print(f"  board: {1_000 / found['few']:.1f} ms of few, {1_000 / found['many']:.1f} ms of many; {sizes} bytes")
    ratio("board_100k_vs_1k", found["few"] / found["many"])


def print_seen(servers: LocalServers, given: argparse.Namespace) -> None:
    """From a reading to an open page that shows what it changed ÷ to what is stored and judged."""
    with _browser() as browser:
        measure_seen(servers, _opened(browser), free_port(), given)


_PARTS = {"lot": print_lot, "board": print_board, "scan": print_scan, "seen": print_seen}


def main() -> None:
    """Print a ratio a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=_PARTS, help="this part alone")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--days", type=int, default=_TEN_YEARS // _DAY, help="of the long history")
    parser.add_argument("--many-lots", type=int, default=100_000, help="in a thousand freezers")
    parser.add_argument("--freezers", type=int, default=100, help="with ten lots each, that are scanned")
    parser.add_argument("--points", type=int, default=100_000, help="drawn at once")
    parser.add_argument("--readings", type=int, default=20, help="that an open page is to show")
    parser.add_argument("--small", action="store_true", help="a quick look: a year, twenty thousand lots, two rounds")
    given = parser.parse_args()
    if given.small:
        given.days, given.many_lots, given.rounds = 365, 20_000, 2
    measure_parts(_PARTS, given)


if __name__ == "__main__":
    main()
