"""What was told, to whom, and what became of it."""

from typing import Annotated

from fastapi import APIRouter, Query

from service.api.database import Database
from service.api.schemas import alerts as schemas
from service.auth.links import without_links
from service.store.alerting.history import notifications

router = APIRouter(prefix="/v1/notifications", tags=["alerts"])


@router.get("")
def list_notifications(
    connection: Database,
    alert_id: Annotated[
        int | None, Query(ge=1, le=schemas.LARGEST_ID, description="Only those that tell of this alert.")
    ] = None,
) -> list[schemas.Notification]:
    """Messages, newest first: to whom and why, and whether they were taken."""
    return [
        schemas.Notification(**{**row, **{part: without_links(row[part]) for part in ("subject", "text")}})
        for row in notifications(connection, alert_id)
    ]
