"""Messages for receivers to deliver."""

from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.messages.message_writer import alert_document
from alerts.notification import Notification
from service.domain.alerting.alert import Alert
from service.domain.alerting.details import Plain
from service.domain.alerting.notification import Reason

BEGAN = datetime(2026, 3, 1, 2, 50, tzinfo=UTC)

INCIDENT = "site:berlin:2026-03-01T03:00:00Z"


def alert(number: int = 1, summary: str = "", **fields: Any) -> dict[str, Any]:
    """A firing alert of freezer `number` at Berlin, as the outbox keeps it."""
    summary = summary or f"Freezer {number} at Berlin is above −60 °C: −41.2 °C"
    known: dict[str, Any] = {
        "id": number,
        "subject": f"container:freezer-{number}",
        "name": f"Freezer {number}",
        "container_id": f"freezer-{number}",
        "site_id": "berlin",
        "site_name": "Berlin",
        "time_zone": "Europe/Berlin",
        "cause": "limit_crossed",
        "state": "firing",
        "severity": "critical",
        "began_at": BEGAN,
        "due_at": BEGAN,
        "fired_at": BEGAN + timedelta(minutes=10),
        "acknowledged_at": None,
        "acknowledged_by": None,
        "resolved_at": None,
        "past": False,
        "details": Plain(),
        "lot_ids": ("LOT-1", "LOT-2"),
        "instruction": "Move all to freezer 9.",
    }
    return {**alert_document(Alert(**(known | fields))), "summary": summary}


def resolved(number: int = 1, **fields: Any) -> dict[str, Any]:
    """The same alert, over after an hour."""
    return alert(number, state="resolved", resolved_at=BEGAN + timedelta(hours=1), **fields)


def notification(
    reason: Reason = Reason.FIRST, *alerts: dict[str, Any], key: str = "", incident: str = INCIDENT
) -> Notification:
    """A message about these alerts; about one of freezer 1 if none is given."""
    if not alerts:
        alerts = (resolved() if reason is Reason.RESOLVED else alert(),)
    subject = f"{reason.upper()}: {alerts[0]['summary']}"
    return Notification(
        key=key or f"duty/{incident}/{reason}",
        incident=incident,
        receiver="duty",
        reason=reason,
        severity=alerts[0]["severity"],
        alerts=alerts,
        subject=subject,
        text=f"{subject}\nWhere: Freezer 1 (freezer-1) at Berlin (berlin)\nLots (2): LOT-1, LOT-2",
        link="https://unbroken.example/a/token",
    )
