"""The page of moves that signed links recorded, where somebody with an account says whether they happened."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from service.acts.move_reviews import confirm, strike
from service.auth.access import access_of
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Sites
from service.domain.identity.permissions import PERMISSIONS
from service.errors import RefusedError, UnbrokenError
from service.settings import Settings
from service.store.lots.moves import Move, moves
from service.store.paging import Part
from service.store.pool import Connection
from service.store.registry.containers import containers_by_id
from service.store.retry import retried
from service.web.answering import answered
from service.web.frame import frame
from service.web.rendering import page
from service.web.words import moment

router = APIRouter(include_in_schema=False)

#: As many are shown; the newest. More have not happened in one night anywhere.
_MOST = 100

_LARGEST_ID = 2**63 - 1


@router.get("/moves")
def show_moves(request: Request) -> Response:
    """Moves that wait for somebody to say that they happened."""
    access = access_of(request)
    may_review = access.caller.sites(PERMISSIONS["review_move"].roles or ()) != frozenset()
    return answered(request, lambda *found: _moves(*found, sees=access.acts, may_review=may_review))


@router.post("/moves/{move_id}")
def review_move(
    request: Request,
    move_id: Annotated[int, Path(ge=1, le=_LARGEST_ID)],
    act: Annotated[str, Form()] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Confirm a move, or strike it."""
    access = access_of(request)

    def do(connection: Connection, settings: Settings, now: datetime) -> Response:
        try:
            retried(_review)(connection, access.caller.actor, move_id, act, reason.strip())
        except UnbrokenError as error:
            return _moves(connection, settings, now, sees=access.acts, may_review=True, refused=str(error))
        return RedirectResponse("/moves", 303)

    return answered(request, do)


def _review(connection: Connection, actor: Actor, move_id: int, act: str, reason: str) -> None:
    acts: dict[str, Callable[[], Move]] = {
        "confirm": lambda: confirm(connection, actor, move_id),
        "strike": lambda: strike(connection, actor, move_id, reason),
    }
    if act not in acts:
        raise RefusedError("act", "the form was not sent whole; press the button again")
    if act == "strike" and not reason:
        raise RefusedError("reason", "say how it is known that the lots were not moved")
    acts[act]()


def _moves(
    connection: Connection, _: Settings, now: datetime, *, sees: Sites, may_review: bool, refused: str = ""
) -> HTMLResponse:
    found = moves(connection, Part(_MOST, None), sees, unconfirmed=True)
    zone = frame().zone
    names = containers_by_id(connection, {move.container_id for move in found})
    return page(
        "moves.html",
        409 if refused else 200,
        as_of=moment(now, zone),
        moves=[
            (move, names[move.container_id].name, moment(move.moved_at, zone), moment(move.recorded_at, zone))
            for move in found
        ],
        may_review=may_review,
        refused=refused,
    )
