"""The page of what waits for quality's signature."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from service.auth.access import access_of
from service.domain.identity.caller import Sites
from service.domain.softening import KINDS
from service.settings import Settings
from service.store.changes import ChangeToSign, Chosen, changes
from service.store.paging import NEWEST_FIRST, Key, Part, read, written
from service.store.pool import Connection
from service.web.answering import answered
from service.web.rendering import page
from service.web.words import Moment, moment

router = APIRouter(include_in_schema=False)

#: Changes on one page, newest first.
A_PAGE = 100

#: Lots named of one change; of the others it is said how many there are.
_LOTS = 10


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change as it is shown; `more_lots`: how many it touches beside those named."""

    id: int
    text: str
    row_id: str
    site_id: str
    recorded_by: str
    recorded_at: Moment
    reason: str
    content: str
    content_sha256: str
    lot_ids: tuple[str, ...]
    more_lots: int


@router.get("/to-sign")
def show_changes(request: Request, after: str = "") -> Response:
    """What was recorded that may make lots look better, and waits for quality's signature; newest first."""
    seen = access_of(request).acts
    return answered(request, lambda *found: _changes(*found, seen=seen, after=after))


def _changes(connection: Connection, _settings: Settings, now: datetime, *, seen: Sites, after: str) -> HTMLResponse:
    key = _key(after)
    rows = changes(connection, Chosen("unsigned"), Part(A_PAGE + 1, key), sites=seen)
    shown = rows[:A_PAGE]
    return page(
        "to_sign.html",
        as_of=moment(now),
        changes=[change_view(row) for row in shown],
        first=key is None,
        after=written(NEWEST_FIRST.key(shown[-1])) if len(rows) > A_PAGE else None,
    )


def _key(cursor: str) -> Key | None:
    """None: the first page, to which a broken cursor leads too."""
    try:
        return read(cursor, NEWEST_FIRST.by.values()) if cursor else None
    except ValueError:
        return None


def change_view(row: ChangeToSign) -> ChangeView:
    """What is shown of one change."""
    text = KINDS[row.kind]
    return ChangeView(
        row.id,
        text[0].upper() + text[1:],
        row.row_id,
        row.site_id or "",
        row.recorded_by,
        moment(row.recorded_at),
        row.reason or "",
        row.content,
        row.content_sha256,
        tuple(row.lots[:_LOTS]),
        row.lot_count - len(row.lots[:_LOTS]),
    )
