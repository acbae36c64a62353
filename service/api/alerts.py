"""Alerts, as the evaluator found them."""

from fastapi import APIRouter

from service.api.database import Database
from service.api.schemas import readings as schemas
from service.domain.alarms import AlertState
from service.store import alerts

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])


@router.get("")
def list_alerts(connection: Database, state: AlertState | None = None) -> list[schemas.Alert]:
    """Alerts, newest first. Pending ones, whose delay has not passed, are listed only when asked for."""
    return [schemas.Alert(**row) for row in alerts.alerts(connection, state)]
