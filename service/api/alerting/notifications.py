"""What was told, to whom, and what became of it."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from service.api.database import Database
from service.api.paging import Page, Paging, page
from service.api.permitted import TheSites
from service.api.schemas.alerting import notifications as schemas
from service.api.schemas.fields import LARGEST_ID
from service.auth.links import without_links
from service.store.alerting.deliveries import RecordedMessage, messages
from service.store.paging import NEWEST_FIRST

router = APIRouter(prefix="/v1/notifications", tags=["alerts"])


@router.get("")
def list_notifications(
    connection: Database,
    asked: Paging,
    seen_at: TheSites,
    alert_id: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="Only those that tell of this alert.")
    ] = None,
) -> Page[schemas.Notification]:
    """Messages, newest first: to whom and why, and whether they were taken."""
    return page(asked, NEWEST_FIRST, messages(connection, alert_id, asked.part(NEWEST_FIRST), seen_at), _notification)


def _notification(one: RecordedMessage) -> schemas.Notification:
    return schemas.Notification(**{**asdict(one), "title": without_links(one.subject), "text": without_links(one.text)})
