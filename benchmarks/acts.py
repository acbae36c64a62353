"""``python -m benchmarks.acts``: what one writer records with the audit trail, beside the same without its triggers.

A placement, the acknowledgement of an alert and a correction, each in a transaction of its own, as the API does them.
The two take turns, each in a database of its own.
"""

import argparse
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from benchmarks.acting import BENCHMARK
from benchmarks.freezer import add_freezer
from benchmarks.papers import add_papers, add_product_with_papers
from benchmarks.rounds import medians, ratio
from service.acts.acknowledgements import acknowledge
from service.acts.corrections import correct
from service.acts.placements import place
from service.domain.alerting.details import Plain
from service.domain.alerting.lifecycle import Figures
from service.domain.corrections import Word
from service.domain.lots.placements import Placement
from service.local.servers import local_servers, remove
from service.store.acting import acting
from service.store.alerting.alert_changes import NewAlert, add_alerts
from service.store.alerting.alerts import LatestFinding
from service.store.migrate import migrate
from service.store.pool import Connection, connect
from service.store.registry import sites

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LOTS = 50
#: The history of a cold store may begin long ago, or later than now.
_ANY_CLOCK_S = 100 * 365 * 86_400


class Ward:
    """Two freezers, lots in the first, and as many alerts as acts will be answered.

    Attributes:
        acts: how many rounds of acts were recorded.
    """

    def __init__(self, connection: Connection, alerts: int) -> None:
        self.connection = connection
        self.acts = 0
        migrate(connection)
        with acting(connection, BENCHMARK):
            sites.add_site(connection, "site", "The site", "UTC")
        add_product_with_papers(connection, "cryo-80")
        lot_ids = [f"lot-{number}" for number in range(LOTS)]
        add_freezer(connection, "one", site="site", profile_id="cryo-80", lot_ids=lot_ids, since=FIRST)
        add_freezer(connection, "two", site="site", profile_id="cryo-80", lot_ids=[], since=FIRST)
        add_papers(connection)
        add_alerts(connection, [_alert(number) for number in range(alerts)])

    def record(self, count: int) -> None:
        """So often: a lot is put into the other freezer, that is corrected by a second, and an alert is answered."""
        for _ in range(count):
            number, turn = self.acts % LOTS, self.acts // LOTS
            now = FIRST + timedelta(minutes=1 + turn)
            row_id = f"p-{self.acts}"
            to = "two" if turn % 2 == 0 else "one"
            word = Word(BENCHMARK, now, scan_delay_s=900, clock_tolerance_s=_ANY_CLOCK_S)
            place(self.connection, Placement(row_id, f"lot-{number}", to, now, None), word)
            correct(
                self.connection,
                BENCHMARK,
                kind="placement",
                row_id=row_id,
                change={"from_at": now + timedelta(seconds=1)},
                reason="a second later",
            )
            self.acts += 1
            acknowledge(self.connection, BENCHMARK, [self.acts], comment="", at=now)

    def switch_off(self) -> None:
        """Record without a trail from now on."""
        for table in ("recorded_placements", "corrections", "alert_steps"):
            self.connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def _alert(number: int) -> NewAlert:
    found = LatestFinding(
        severity="critical",
        due_at=None,
        details=Plain(""),
        lot_count=0,
        lots_first=(),
        lot_ids=(),
        figures=Figures(),
    )
    return NewAlert(
        subject=f"service:{number}",
        name="A part",
        container_id=None,
        site_id=None,
        cause="ingest_behind",
        state="firing",
        began_at=FIRST,
        fired_at=FIRST,
        found=found,
    )


def rate(ward: Ward, count: int) -> Callable[[], float]:
    """Rounds of acts a second."""

    def measured() -> float:
        started_s = time.perf_counter()
        ward.record(count)
        return count / (time.perf_counter() - started_s)

    return measured


def main() -> None:
    """Measure, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50, help="rounds of three acts a turn")
    parser.add_argument("--rounds", type=int, default=21)
    given = parser.parse_args()
    name = f"test-{os.getpid()}-acts"
    with local_servers(name, print) as servers:
        wards = {}
        for which in ("trail", "none"):
            url = servers.database.create_database(which)
            connection = connect(url, application="benchmark", actor=BENCHMARK)
            wards[which] = Ward(connection, given.count * (given.rounds + 1))
        wards["none"].switch_off()
        found = medians({which: rate(ward, given.count) for which, ward in wards.items()}, given.rounds)
        for which, ward in wards.items():
            [row] = ward.connection.execute(
                "SELECT count(*) AS lines FROM audit_trail WHERE table_name = 'corrections'"
            ).fetchall()
            assert row["lines"] == (ward.acts if which == "trail" else 0), "not what was to be measured"
            ward.connection.close()
        ratio("acts_trail_vs_none", found["none"] / found["trail"])
    remove(name)


if __name__ == "__main__":
    main()
