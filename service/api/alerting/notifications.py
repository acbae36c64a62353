"""What was told, to whom, and what became of it."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from service.api.database import Database
from service.api.schemas.alerting import notifications as schemas
from service.api.schemas.fields import LARGEST_ID
from service.auth.links import without_links
from service.store.alerting.deliveries import messages

router = APIRouter(prefix="/v1/notifications", tags=["alerts"])


@router.get("")
def list_notifications(
    connection: Database,
    alert_id: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="Only those that tell of this alert.")
    ] = None,
) -> list[schemas.Notification]:
    """The newest 500 messages: to whom and why, and whether they were taken."""
    return [
        schemas.Notification(**{**asdict(one), "title": without_links(one.subject), "text": without_links(one.text)})
        for one in messages(connection, alert_id)
    ]
