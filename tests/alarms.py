"""Alerts written as the evaluator writes them, for tests of what people do with them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from psycopg.types.json import Jsonb

from service.domain.alerting.details import Beyond, Certainty, Details
from service.domain.alerting.lifecycle import Figures
from service.domain.alerting.words import Told, summary
from service.domain.profiles import Direction
from service.store.alerting.alert_changes import NewAlert, NewStep, add_alerts, add_steps
from service.store.alerting.alerts import LatestFinding
from service.store.alerting.details import read_details
from service.store.pool import Connection


def ago(minutes: float) -> datetime:
    """The instant this many minutes before now."""
    return datetime.now(UTC) - timedelta(minutes=minutes)


#: Above −60 °C, as measured.
ABOVE_60 = Beyond((Direction.ABOVE, -60.0), Certainty.MEASURED)


def forget_alerts(connection: Connection) -> None:
    """As if nothing had been found so far."""
    connection.execute("ALTER TABLE alerts DISABLE TRIGGER heard_of_stays")
    connection.execute("DELETE FROM alert_steps")
    connection.execute("DELETE FROM alerts")


def in_words(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `alerts` with its summary, as the API gives it."""
    shown = {"details": read_details(row["details"]), "lots_first": tuple(row["lots_first"])}
    return {**row, "summary": summary(cast("Told", SimpleNamespace(**{**row, **shown})))}


def alerts_in_words(connection: Connection, which: str = "") -> list[dict[str, Any]]:
    """Alerts as they are stored, oldest first, each with its summary; `which`: the condition of a query."""
    query = f"SELECT * FROM alerts {which} ORDER BY id"  # noqa: S608  ours
    return [in_words(row) for row in connection.execute(query).fetchall()]


def add_warm(
    connection: Connection,
    container_id: str | None = "freezer",
    lot_ids: Sequence[str] = (),
    *,
    details: Details = ABOVE_60,
    severity: str = "critical",
    due_at: datetime | None = None,
    figures: Figures = Figures(now_c=-48.26, remaining_s=2_420.0),  # noqa: B008  frozen
    **more: Any,
) -> int:
    """A freezer that has been above −60 °C for twenty minutes, told of for ten; gives the alert's id."""
    found = LatestFinding(
        severity, due_at or ago(10), details, len(lot_ids), tuple(lot_ids[:3]), tuple(lot_ids), figures
    )
    alert = {
        "subject": f"container:{container_id}",
        "name": (container_id or "service").capitalize(),
        "container_id": container_id,
        "site_id": "site",
        "cause": "limit_crossed",
        "state": "firing",
        "began_at": ago(20),
        "fired_at": ago(10),
        "found": found,
        **more,
    }
    [alert_id] = add_alerts(connection, [NewAlert(**alert)])
    add_steps(connection, [NewStep(alert_id, None, str(alert["state"]), "so for longer than 10 min")], ago(10))
    return alert_id


def add_message(
    connection: Connection,
    alert_ids: Sequence[int],
    receiver: str = "ana",
    outcome: str | None = "delivered",
    **more: Any,
) -> None:
    """A message in the outbox, sent a minute after its alert fired."""
    row = {
        "key": f"{receiver}-{alert_ids}-{more.get('reason', 'first')}",
        "receiver": receiver,
        "reason": "first",
        "alert_ids": list(alert_ids),
        "level": 0,
        "severity": "critical",
        "document": Jsonb({"subject": "CRITICAL: Freezer", "text": "CRITICAL: Freezer\nmore"}),
        "created_at": ago(10),
        "not_before": ago(10),
        "attempts": 1,
        "outcome": outcome,
        "finished_at": ago(9) if outcome else None,
        **more,
    }
    connection.execute(
        f"INSERT INTO notifications ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",  # noqa: S608  ours
        list(row.values()),
    )
