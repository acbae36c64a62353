"""How soon an open page shows what a reading changed, beside how soon that is stored and judged.

A lot's page in a real Chromium; ingest, evaluator and API as whole processes with their defaults; a real broker. Its
freezer is now warm, now cold again, and each time the page is to say so.
"""

import argparse
import json
import time
from datetime import UTC, datetime, timedelta
from statistics import median

from playwright.sync_api import Page

from benchmarks.acting import BENCHMARK
from benchmarks.api import answers
from benchmarks.depot import evaluate_all_due, fill_depot, lot_name, topic
from benchmarks.latency_service import connected
from benchmarks.parts import API, EVALUATOR, INGEST, Parts, until, value
from benchmarks.rounds import ratio
from service.domain.instant import from_datetime
from service.local.servers import LocalServers
from service.store.migrate import migrate
from service.store.pool import Connection, connect
from tests.keyed import add_tester

_LOT = lot_name(0, 0)
_COLD_C, _WARM_C = -80.0, -50.0
#: Between two readings: a page asks at most once a second.
_PAUSE_S = 3.0
_WATCHED = """
    window.seen = [];
    let was = null;
    const look = () => {
        const is = document.querySelector("#answer .at_risk") !== null;
        if (is !== was) window.seen.push(Date.now());
        was = is;
    };
    look();
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
"""


def measure_seen(servers: LocalServers, opened: Page, port: int, given: argparse.Namespace) -> None:
    """From a reading to the page that shows what it changed ÷ from it to what is stored and judged."""
    parts = Parts(servers, "seen", http_port=port)
    with connect(parts.database_url, application="benchmark", actor=BENCHMARK) as connection:
        migrate(connection)
        add_tester(connection)
        now = datetime.now(UTC)
        fill_depot(connection, 1, 1, now - timedelta(minutes=1))
        evaluate_all_due(connection, from_datetime(now))
        with parts.running(*INGEST), parts.running(*EVALUATOR), parts.running(*API):
            judged_s, seen_s = _both(servers, connection, opened, port, given.readings)
    print(f"  stored and judged after {1_000 * judged_s:.0f} ms, seen after {1_000 * seen_s:.0f} ms (medians)")
    ratio("seen_vs_judged", seen_s / judged_s)


def _both(servers: LocalServers, connection: Connection, page: Page, port: int, readings: int) -> tuple[float, float]:
    client = connected(servers.mqtt_url)

    def publish(temperature_c: float) -> float:
        now_s = time.time()
        reading = {"measured_at": int(1_000 * now_s), "temperature_c": temperature_c}
        client.publish(topic(0), json.dumps(reading), qos=1)
        return now_s

    def arrived() -> bool:
        # What is published before ingest has its session is lost.
        publish(_COLD_C)
        return bool(value(connection, "SELECT EXISTS (SELECT FROM readings)"))

    until(lambda: answers(port, "/healthz"), "the API does not answer")
    until(arrived, "ingest stores nothing")
    until(lambda: _verdict(connection) == "viable", "the lot is not judged")
    page.goto(f"http://127.0.0.1:{port}/lots/{_LOT}")
    page.get_by_text("· live").wait_for()
    page.evaluate(_WATCHED)
    judged_s, seen_s = [], []
    for number in range(readings):
        page.wait_for_timeout(1_000 * _PAUSE_S)
        is_warm = number % 2 == 0
        published_s = publish(_WARM_C if is_warm else _COLD_C)
        while (_verdict(connection) == "at_risk") != is_warm:
            assert time.time() - published_s < 60, "it was not judged"
        judged_s.append(time.time() - published_s)
        page.locator("#answer .at_risk").wait_for(state="attached" if is_warm else "detached")
        seen_s.append(page.evaluate("window.seen.at(-1)") / 1_000 - published_s)
    return median(judged_s), median(seen_s)


def _verdict(connection: Connection) -> str | None:
    found: str | None = value(connection, f"SELECT verdict FROM lot_states WHERE lot_id = '{_LOT}'")  # noqa: S608  ours
    return found
