"""Pages for people: whole HTML documents, made on the server from the same queries as the API."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from service.auth.access import access_of
from service.web.answering import answered
from service.web.kiosk import first_page
from service.web.lots.board import board
from service.web.lots.one_lot import lot_page
from service.web.lots.shelf import Asked

router = APIRouter(include_in_schema=False)


@router.get("/")
def show_lots(
    request: Request, q: str = "", answer: str = "", container: str = "", after: str = "", before: str = ""
) -> Response:
    """Lots with their answers, a page at a time, and what is wrong now."""
    if access_of(request).caller.is_kiosk and not request.url.query:
        return answered(request, lambda _connection, _settings, now: first_page(request, now))
    asked = Asked(
        text=q.replace("\0", "").strip(),
        answer=answer,
        container_id=container.replace("\0", ""),
        after=after,
        before=before,
        seen_at=access_of(request).acts,
    )
    return answered(request, lambda *found: board(*found, asked=asked))


@router.get("/lots/{lot_id}")
def show_lot(request: Request, lot_id: str, done: str = "") -> Response:
    """One lot: its answer, and all that the answer rests on."""
    access = access_of(request)
    if access.caller.is_kiosk:
        # Its page names those who signed and recorded; whoever stands before a kiosk needs the answer.
        return RedirectResponse(f"/scan?{urlencode({'lot': lot_id})}", 303, {"Cache-Control": "no-store"})
    return answered(request, lambda *found: lot_page(*found, lot_id=lot_id.replace("\0", ""), access=access, done=done))
