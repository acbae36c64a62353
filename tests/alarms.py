"""Alerts written as the evaluator writes them, for tests of what people do with them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from service.store.alerting.alerts import add_alert, add_step
from service.store.pool import Connection


def ago(minutes: float) -> datetime:
    """The instant this many minutes before now."""
    return datetime.now(UTC) - timedelta(minutes=minutes)


def add_warm(
    connection: Connection, container_id: str | None = "freezer", lot_ids: Sequence[str] = (), **more: Any
) -> int:
    """A freezer that has been above −60 °C for twenty minutes, told of for ten; gives the alert's id."""
    lots = f"{len(lot_ids)} lots: {', '.join(lot_ids)}" if lot_ids else "no lots in it"
    name = (container_id or "service").capitalize()
    alert = {
        "subject": f"container:{container_id}",
        "name": name,
        "container_id": container_id,
        "site_id": "site",
        "cause": "limit_crossed",
        "state": "firing",
        "severity": "critical",
        "began_at": ago(20),
        "due_at": ago(10),
        "fired_at": ago(10),
        "summary": f"{name} (site) is above −60 °C; {lots}",
        "lot_ids": list(lot_ids),
        "figures": {"now_c": -48.26, "remaining_s": 2_420.0},
        **more,
    }
    alert_id = add_alert(connection, **alert)
    add_step(
        connection, alert_id, at=ago(10), was=None, becomes=str(alert["state"]), reason="so for longer than 10 min"
    )
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
