"""The page on which things are moved by two scans: what is moved, then where it is put."""

from dataclasses import replace
from datetime import datetime
from typing import Literal, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.acts.moves import Thing, move_things
from service.answers.judging import lost_since
from service.answers.scanning import Asking, Scan, scan
from service.auth.access import Access, access_of
from service.domain.registry.nesting import path_text
from service.errors import NotFoundError, RefusedError
from service.store.lots.lots import lot, lots_now_in
from service.store.pool import Connection
from service.store.registry.containers import container
from service.store.registry.contents import paths
from service.store.retry import retried
from service.web.forms import A_LINE, Field, TheForm, in_one_line, typed
from service.web.plain_form import REASON, Make, PlainForm, Sent, row_id, sent_form, shown_form

router = APIRouter(include_in_schema=False)

_Kind = Literal["lot", "container"]


@router.get("/move")
def show_move(request: Request, item: str = "", done: str = "") -> Response:
    """The field for the next scan. `item`: what was scanned, as ``lot:EXO-2411``; `done`: what was moved."""
    access = access_of(request)
    return shown_form(request, _making(access, in_one_line(item), in_one_line(done)), {"item": in_one_line(item)})


@router.post("/move")
def send_move(request: Request, form: TheForm) -> Response:
    """Take what was scanned, or move it to where was scanned; what is wrong is told beside the field."""
    access = access_of(request)

    def do(sent: Sent) -> str:
        asking = Asking(sent.settings, sent.now, access.acts)
        found = scan(sent.connection, asking, sent.check.text("code"))
        item = sent.check.text("item")
        if not item:
            kind, its_id = _thing(found)
            access.refuse_elsewhere(sent.connection, kind, its_id, "code")
            return f"/move?{urlencode({'item': f'{kind}:{its_id}'})}"
        _put(sent, access, _read(item), _place(found))
        return f"/move?{urlencode({'done': item})}"

    return sent_form(request, form, _making(access, typed(form, "item", A_LINE), ""), do)


def _put(sent: Sent, access: Access, thing: Thing, to_id: str) -> None:
    connection, now = sent.connection, sent.now
    kind = cast(_Kind, thing.kind)
    access.refuse_elsewhere(connection, kind, thing.id, "item")
    access.refuse_elsewhere(connection, "container", to_id, "code")
    lots = [thing.id] if kind == "lot" else lots_now_in(connection, thing.id)
    lost = lost_since(connection, lots, sent.settings, now)
    put = replace(thing, position=sent.check.text("position").upper() or None)
    move_id = row_id(thing.id, to_id, now=now)
    try:
        retried(move_things)(connection, move_id, [put], to_id, at=now, word=sent.word(access.caller.actor, lost))
    except RefusedError as error:
        if error.field in {"to_id", "in_id"}:
            raise RefusedError("code", str(error)) from error
        raise


def _thing(found: Scan) -> tuple[_Kind, str]:
    """What was scanned to be moved.

    Raises:
        RefusedError: it is neither a lot nor a container.
    """
    if found.kind in {"lot", "container"} and found.id is not None:
        return found.kind, found.id
    raise RefusedError("code", _why(found, "scan the vial, or the code of its box"))


def _place(found: Scan) -> str:
    if found.kind == "container" and found.id is not None:
        return found.id
    raise RefusedError("code", _why(found, "scan the code of the container it is put into"))


def _why(found: Scan, then: str) -> str:
    if found.kind == "none":
        return f"nothing is known by this code; {then}"
    what = (
        "several things have this code" if found.kind == "several" else f"this is the code of {found.kind} {found.id}"
    )
    return f"{what}; {then}"


def _read(item: str) -> Thing:
    kind, _, its_id = item.partition(":")
    if kind not in {"lot", "container"} or not its_id:
        raise RefusedError("item", "the form was not sent whole; scan what is moved again")
    return Thing(kind, its_id)


def _making(access: Access, item: str, done: str) -> Make:
    def make(connection: Connection, _: datetime) -> tuple[PlainForm, list[Field]]:
        said = _named(connection, access, done) if done else None
        form = PlainForm(
            "Move something",
            "/move",
            "Go on",
            "move",
            ("Scan what is moved, then where it is put. A box takes along all that is in it.",),
            back="/",
            back_text="Lots",
            done="" if said is None else f"{said[0]} is in {said[1]} now. Scan the next thing.",
        )
        thing = Field("item", "", kind="hidden", value=item)
        named = _named(connection, access, item) if item else None
        if named is None:
            return form, [
                replace(thing, value=""),
                Field("code", "What is moved", hint="A vial, or the code of a box, rack or shipper.", kind="scan"),
            ]
        what, where = named
        intro = (f"{what} is in {where or 'no container'} now. Scan where it is put.",)
        return replace(
            form, title=f"Move {what}", button="Put it there", intro=intro, back="/move", back_text="Another"
        ), [
            thing,
            Field("position", "Position there", hint="Such as A1, if its place has one.", required=False),
            Field("code", "Where it is put", hint="The code of the container.", kind="scan"),
            REASON,
        ]

    return make


def _named(connection: Connection, access: Access, item: str) -> tuple[str, str] | None:
    """What something is called, and the way to what it is in, empty: it is in nothing; None: there is no such thing."""
    try:
        thing = _read(item)
        access.refuse_elsewhere(connection, cast(_Kind, thing.kind), thing.id, "code")
        if thing.kind == "lot":
            its = lot(connection, thing.id)
            return f"Lot {its.lot_number}", path_text(
                paths(connection, [its.container_id or ""]).get(its.container_id or "", ())
            )
        return container(connection, thing.id).name, path_text(paths(connection, [thing.id])[thing.id][:-1])
    except (RefusedError, NotFoundError):
        return None
