"""Alerts, as the evaluator found them, and how people answer them."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path

from service.acts.acknowledgements import acknowledge, pass_on
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.paging import Page, Paging, page, page_of
from service.api.permitted import TheSites
from service.api.schemas.alerting import alerts as schemas
from service.api.schemas.fields import LARGEST_ID
from service.domain.alerting.alert import Alert
from service.domain.alerting.departed_lots import DepartedLot
from service.domain.alerting.lifecycle import AlertState
from service.errors import ConflictError
from service.store.alerting.at_stake import departed_lots
from service.store.alerting.history import alert, alerts_listed, steps_of
from service.store.alerting.response_times import TimeTo, receiver_counts, response_times
from service.store.paging import NEWEST_FIRST

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], route_class=ActRoute)

AlertId = Annotated[int, Path(ge=1, le=LARGEST_ID)]

_FIGURES_OVER = timedelta(days=30)


@router.get("")
def list_alerts(
    connection: Database, asked: Paging, seen_at: TheSites, state: AlertState | None = None
) -> Page[schemas.Alert]:
    """Alerts, newest first. Pending ones, whose delay has not passed, are listed only when asked for."""
    return page(asked, NEWEST_FIRST, alerts_listed(connection, state, asked.part(NEWEST_FIRST), seen_at), _alert)


def _alert(one: Alert) -> schemas.Alert:
    return schemas.Alert.model_validate(one, from_attributes=True)


@router.get("/figures")
def get_alert_figures(connection: Database, now: Now, seen_at: TheSites) -> schemas.AlertStatistics:
    """How long it took to notify, acknowledge and resolve, and how much each receiver was told, over 30 days."""
    since = now - _FIGURES_OVER
    times = response_times(connection, since, seen_at)
    weeks = _FIGURES_OVER / timedelta(weeks=1)
    return schemas.AlertStatistics(
        since=since,
        alerts=times.alerts,
        notify=_time_to(times.notify),
        acknowledge=_time_to(times.acknowledge),
        resolve=_time_to(times.resolve),
        receivers=[
            schemas.ReceiverFigures(
                receiver=one.receiver,
                alerts_a_week=one.alerts / weeks,
                messages_a_week=one.messages / weeks,
                failed=one.failed,
            )
            for one in receiver_counts(connection, since, seen_at)
        ],
    )


def _time_to(time: TimeTo) -> schemas.TimeTo:
    return schemas.TimeTo.model_validate(time, from_attributes=True)


@router.get("/{alert_id}")
def get_alert(alert_id: AlertId, connection: Database) -> schemas.AlertWithSteps:
    """One alert, with all that happened to it."""
    shown = _alert(alert(connection, alert_id))
    steps = [schemas.AlertStep.model_validate(step, from_attributes=True) for step in steps_of(connection, [alert_id])]
    return schemas.AlertWithSteps(**dict(shown), steps=steps)


@router.get("/{alert_id}/lots")
def list_lots_at_stake(alert_id: AlertId, connection: Database, now: Now, asked: Paging) -> Page[schemas.LotAtStake]:
    """The lots that were in its container at any moment of it, by id, and what became of them before it was over."""
    gone = {one.lot_id: one for one in departed_lots(connection, [alert_id], now).get(alert_id, ())}
    lot_ids = alert(connection, alert_id).lot_ids
    return page_of(asked, lot_ids, [str], lambda lot_id: (lot_id,), lambda lot_id: _at_stake(lot_id, gone.get(lot_id)))


def _at_stake(lot_id: str, gone: DepartedLot | None) -> schemas.LotAtStake:
    corrected = gone is not None and gone.left_at is None
    became = asdict(gone or DepartedLot(lot_id, None))
    return schemas.LotAtStake(**became, there=gone is None, corrected=corrected)


@router.post("/{alert_id}/acknowledge")
def acknowledge_alert(
    alert_id: AlertId, taken: schemas.AcknowledgeIn, connection: Database, actor: TheActor, now: Now
) -> schemas.AlertWithSteps:
    """Take a firing alert over: nobody else is called, unless it gets worse or does not end.

    One that somebody has taken over already stays theirs.
    """
    took = acknowledge(connection, actor, [alert_id], comment=taken.comment, at=now)
    known = alert(connection, alert_id)
    if not took and known.state != AlertState.ACKNOWLEDGED:
        why = "does not fire yet" if known.is_open else f"is over since {known.resolved_at}"
        raise ConflictError(f"alert {alert_id} {why}; there is nothing to take over")
    return get_alert(alert_id, connection)


@router.post("/{alert_id}/pass-on")
def pass_alert_on(
    alert_id: AlertId, passed: schemas.PassOnIn, connection: Database, actor: TheActor, now: Now
) -> schemas.AlertWithSteps:
    """Say that you cannot come: the next one on call is called at once, and nobody has it in hand.

    Where there is nobody further to call, all who were called are reminded.
    """
    if not pass_on(connection, actor, [alert_id], comment=passed.comment, at=now):
        known = alert(connection, alert_id)
        why = "does not fire yet" if known.is_open else f"is over since {known.resolved_at}"
        raise ConflictError(f"alert {alert_id} {why}; there is nothing to pass on")
    return get_alert(alert_id, connection)
