"""Alerts, as the evaluator found them, and how people answer them."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path

from service.acts.acknowledgements import acknowledge
from service.api.acts import ActRoute
from service.api.database import Database, Now
from service.api.schemas import alerts as schemas
from service.domain.alerting.at_stake import Gone
from service.domain.alerting.lifecycle import AlertState
from service.errors import ConflictError
from service.store.alerting.at_stake import gone_from
from service.store.alerting.figures import times_to, told_receivers
from service.store.alerting.history import alert, alerts_listed, steps_of

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], route_class=ActRoute)

AlertId = Annotated[int, Path(ge=1, le=schemas.LARGEST_ID)]

_FIGURES_OVER = timedelta(days=30)


@router.get("")
def list_alerts(connection: Database, state: AlertState | None = None) -> list[schemas.Alert]:
    """Alerts, newest first. Pending ones, whose delay has not passed, are listed only when asked for."""
    return [schemas.Alert(**row) for row in alerts_listed(connection, state)]


@router.get("/figures")
def get_alert_figures(connection: Database, now: Now) -> schemas.Figures:
    """How long it took to notify, acknowledge and resolve, and how much each receiver was told, over 30 days."""
    since = now - _FIGURES_OVER
    found = times_to(connection, since)
    weeks = _FIGURES_OVER / timedelta(weeks=1)
    return schemas.Figures(
        since=since,
        alerts=found["alerts"],
        notify=_time_to(found, "notify"),
        acknowledge=_time_to(found, "acknowledge"),
        resolve=_time_to(found, "resolve"),
        receivers=[
            schemas.ReceiverFigures(
                receiver=row["receiver"],
                alerts_a_week=row["alerts"] / weeks,
                messages_a_week=row["messages"] / weeks,
                failed=row["failed"],
            )
            for row in told_receivers(connection, since)
        ],
    )


def _time_to(found: dict[str, Any], what: str) -> schemas.TimeTo:
    return schemas.TimeTo(count=found[what], median_s=found[f"{what}_median_s"], longest_s=found[f"{what}_longest_s"])


@router.get("/{alert_id}")
def get_alert(alert_id: AlertId, connection: Database) -> schemas.AlertWhole:
    """One alert, with all that happened to it."""
    steps = [
        schemas.AlertStep(**row, at=row["taken_at"], by=row["taken_by"]) for row in steps_of(connection, [alert_id])
    ]
    return schemas.AlertWhole(**alert(connection, alert_id), steps=steps)


@router.get("/{alert_id}/lots")
def list_lots_at_stake(alert_id: AlertId, connection: Database, now: Now) -> list[schemas.LotAtStake]:
    """All lots that were in its container at any moment of it, and what became of them before it was over."""
    gone = {one.lot_id: one for one in gone_from(connection, [alert_id], now).get(alert_id, ())}
    return [_at_stake(lot_id, gone.get(lot_id)) for lot_id in alert(connection, alert_id)["lot_ids"]]


def _at_stake(lot_id: str, gone: Gone | None) -> schemas.LotAtStake:
    corrected = gone is not None and gone.left_at is None
    became = asdict(gone or Gone(lot_id, None))
    return schemas.LotAtStake(**became, there=gone is None, corrected=corrected)


@router.post("/{alert_id}/acknowledge")
def acknowledge_alert(
    alert_id: AlertId, taken: schemas.AcknowledgeIn, connection: Database, now: Now
) -> schemas.AlertWhole:
    """Take a firing alert over: nobody else is called, unless it gets worse or does not end.

    One that somebody has taken over already stays theirs.
    """
    row = alert(connection, alert_id)
    with connection.transaction():
        took = acknowledge(connection, [alert_id], by=taken.recorded_by, comment=taken.comment, at=now)
    row = alert(connection, alert_id)
    if not took and row["state"] != AlertState.ACKNOWLEDGED:
        why = f"is over since {row['resolved_at']}" if row["state"] == AlertState.RESOLVED else "does not fire yet"
        raise ConflictError(f"alert {alert_id} {why}; there is nothing to take over")
    return get_alert(alert_id, connection)
