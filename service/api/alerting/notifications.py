"""What was told, to whom, and what became of it."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query

from service.api.database import Database
from service.api.schemas import alerts as schemas
from service.auth.links import without_links
from service.store.alerting.deliveries import messages

router = APIRouter(prefix="/v1/notifications", tags=["alerts"])


@router.get("")
def list_notifications(
    connection: Database,
    alert_id: Annotated[
        int | None, Query(ge=1, le=schemas.LARGEST_ID, description="Only those that tell of this alert.")
    ] = None,
) -> list[schemas.Notification]:
    """Messages, newest first: to whom and why, and whether they were taken."""
    shown = (
        replace(one, subject=without_links(one.subject), text=without_links(one.text))
        for one in messages(connection, alert_id)
    )
    return [schemas.Notification.model_validate(one, from_attributes=True) for one in shown]
