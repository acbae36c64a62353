"""Messages of every kind, for trying out templates before a real one is due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.notification import Planned
from service.domain.alerting.alert import Alert
from service.domain.alerting.details import Beyond, Certainty, Plain
from service.domain.alerting.notification import OVER, Reason
from service.domain.profiles import Direction

_BEGAN = datetime(2026, 3, 1, 0, 6, 30, tzinfo=UTC)

WARM = Alert(
    id=7,
    subject="container:freezer-2",
    name="Freezer 2",
    container_id="freezer-2",
    site_id="basel",
    site_name="Basel, cellar",
    time_zone="Europe/Zurich",
    cause="limit_crossed",
    state="firing",
    severity="critical",
    began_at=_BEGAN,
    due_at=_BEGAN + timedelta(minutes=10),
    fired_at=_BEGAN + timedelta(minutes=10),
    acknowledged_at=None,
    acknowledged_by=None,
    resolved_at=None,
    past=False,
    details=Beyond((Direction.ABOVE, -60.0), Certainty.MEASURED),
    lot_ids=("EX-1", "EX-2"),
    lot_count=2,
    lots_first=("EX-1", "EX-2"),
    now_c=-48.26,
    remaining_s=2_537.0,
)
_EMPTY = replace(
    WARM,
    id=8,
    subject="container:freezer-3",
    name="Freezer 3",
    container_id="freezer-3",
    lot_ids=(),
    lot_count=0,
    lots_first=(),
    now_c=None,
    remaining_s=None,
    instruction="Ring the caretaker: 4711",
)
_SERVICE = replace(
    _EMPTY,
    id=9,
    subject="service:ingest",
    name="Ingest",
    container_id=None,
    site_id=None,
    site_name=None,
    cause="ingest_behind",
    severity="warning",
    details=Plain("it has counted nothing since 2026-03-01 00:06 UTC"),
    instruction="",
)

_TAKEN: dict[str, Any] = {
    "state": "acknowledged",
    "acknowledged_at": _BEGAN + timedelta(minutes=14),
    "acknowledged_by": "A. Keller",
}


def _ended(alert: Alert, *, past: bool) -> Alert:
    return replace(alert, state="resolved", resolved_at=_BEGAN + timedelta(hours=3, minutes=14), past=past)


def _planned(reason: Reason, *alerts: Alert) -> Planned:
    if reason in OVER:
        alerts = tuple(_ended(alert, past=reason is Reason.PAST) for alert in alerts)
    if reason is Reason.CALM:
        alerts = tuple(replace(alert, calm_since=_BEGAN + timedelta(hours=2)) for alert in alerts)
    if reason is Reason.TAKEN:
        alerts = tuple(replace(alert, **_TAKEN) for alert in alerts)
    return Planned(reason, 0, alerts, ("log",), "site:basel:7", "an example")


#: One alert, several, one of the service itself, for every reason; and none at all.
EXAMPLES = (
    *(
        _planned(reason, *alerts)
        for reason in Reason
        for alerts in ((WARM,), (WARM, _EMPTY), (_SERVICE,), (WARM, _SERVICE))
    ),
    _planned(Reason.TEST),
)
