"""The page of handovers that wait: each is confirmed or refused by who is offered it, or withdrawn."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from service.acts.custody import confirm_handover, refuse_handover, withdraw_handover
from service.auth.access import Access, access_of
from service.domain.corrections import Word
from service.domain.custody.handover import Party
from service.domain.identity.permissions import PERMISSIONS
from service.errors import RefusedError, UnbrokenError
from service.settings import Settings
from service.store.custody.handovers import Handover, handovers, organisations_of
from service.store.paging import Part
from service.store.pool import Connection
from service.store.retry import retried
from service.web.answering import answered
from service.web.frame import frame
from service.web.rendering import page
from service.web.words import moment

router = APIRouter(include_in_schema=False)

#: As many are shown; the newest.
_MOST = 100

_LARGEST_ID = 2**63 - 1

_DONE = {
    "offered": "It is offered. Until the other side confirms it, you answer for it, or the carrier does.",
    "confirm": "It is confirmed: your side answers for it from now on.",
    "refuse": "It is refused. Who offered it is told here, and answers for it as before.",
    "withdraw": "It is withdrawn: your side answers for it.",
}


@router.get("/handovers")
def show_handovers(request: Request, done: str = "") -> Response:
    """Handovers that wait for one of their sides."""
    access = access_of(request)
    return answered(request, lambda *found: _handovers(*found, access=access, done=done))


@router.post("/handovers/{handover_id}")
def end_handover(
    request: Request,
    handover_id: Annotated[int, Path(ge=1, le=_LARGEST_ID)],
    act: Annotated[str, Form()] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Confirm a handover, refuse it, or withdraw it."""
    access = access_of(request)

    def do(connection: Connection, settings: Settings, now: datetime) -> Response:
        word = Word(access.caller.actor, now, settings.scan_delay_s, settings.clock_tolerance_s, reason.strip() or None)
        try:
            retried(_end)(connection, access, handover_id, act, word)
        except UnbrokenError as error:
            return _handovers(connection, settings, now, access=access, refused=str(error))
        return RedirectResponse(f"/handovers?done={act}", 303)

    return answered(request, do)


def _end(connection: Connection, access: Access, handover_id: int, act: str, word: Word) -> None:
    by = Party(organisations_of(connection, access.acts), access.caller.account_id)
    acts: dict[str, Callable[[], Handover]] = {
        "confirm": lambda: confirm_handover(connection, handover_id, by, word),
        "refuse": lambda: refuse_handover(connection, handover_id, by, word),
        "withdraw": lambda: withdraw_handover(connection, handover_id, by, word),
    }
    if act not in acts:
        raise RefusedError("act", "the form was not sent whole; press the button again")
    if act == "refuse" and word.reason is None:
        raise RefusedError("reason", "say why it is not taken; who offered it has to know")
    acts[act]()


def _handovers(
    connection: Connection, _: Settings, now: datetime, *, access: Access, done: str = "", refused: str = ""
) -> HTMLResponse:
    zone = frame().zone
    sides = organisations_of(connection, access.caller.sites(PERMISSIONS["end_handover"].roles or ()))
    return page(
        "handovers.html",
        409 if refused else 200,
        as_of=moment(now, zone),
        done=_DONE.get(done, ""),
        handovers=[
            (
                one,
                moment(one.offered_at, zone),
                sides is None or one.to_id in sides,
                sides is None or one.from_id in sides,
            )
            for one in handovers(connection, Part(_MOST, None), access.acts, waiting=True)
        ],
        refused=refused,
    )
