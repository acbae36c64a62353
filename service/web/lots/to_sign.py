"""The page of what waits for quality's signature, and where quality signs it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from service.acts.signatures import ToSign, sign
from service.auth.access import Access, access_of
from service.domain.identity.caller import Role
from service.domain.identity.signing import MEANINGS, Given, Meaning, Signable
from service.domain.softening import KINDS
from service.errors import UnbrokenError
from service.settings import Settings
from service.store.changes import ChangeToSign, Chosen, changes
from service.store.identity.signatures import has_signed
from service.store.paging import NEWEST_FIRST, Key, Part, read, written
from service.store.pool import Connection
from service.web.answering import answered
from service.web.frame import frame
from service.web.lots.signed_words import SignedWords, signed_words
from service.web.rendering import page
from service.web.words import Moment, moment

router = APIRouter(include_in_schema=False)

#: A number of so many digits names no row.
_MOST_DIGITS = 19

#: Changes on one page, newest first.
A_PAGE = 100

#: Lots named of one change; of the others it is said how many there are.
_LOTS = 10


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change as it is shown.

    Attributes:
        more_lots: how many it touches beside those named.
        signed: who signed it so far; empty: nobody.
    """

    id: int
    text: str
    row_id: str
    site: str
    recorded_by: str
    recorded_at: Moment
    reason: str
    content: str
    content_sha256: str
    lot_ids: tuple[str, ...]
    more_lots: int
    signed: str
    words: SignedWords

    @property
    def shown(self) -> str:
        """Which change is signed, and as what it was shown."""
        return f"{self.id}:{self.content_sha256}"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What somebody tried to sign, and why it was not signed."""

    chosen: Collection[str] = ()
    login: str = ""
    refused: str = ""


@router.get("/to-sign")
def show_changes(request: Request, after: str = "", signed: int = 0) -> Response:
    """What was recorded that may make lots look better, and waits for quality's signature; newest first."""
    access = access_of(request)
    return answered(request, lambda *found: _changes(*found, access=access, after=after, signed=signed))


@router.post("/to-sign")
def sign_changes(
    request: Request,
    change: Annotated[list[str] | None, Form()] = None,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
) -> Response:
    """Sign those that were chosen, all or none; then show what still waits."""
    access = access_of(request)
    chosen = change or []

    def do(connection: Connection, settings: Settings, now: datetime) -> Response:
        try:
            records = [ToSign(Signable.CHANGE, *one.partition(":")[::2]) for one in chosen]
            if not records:
                raise _NothingChosenError
            for record in records:
                if record.id.isdecimal() and len(record.id) < _MOST_DIGITS:
                    access.refuse_elsewhere(connection, "change", int(record.id))
            given = Given(login, password, code)
            sign(connection, access.caller, records, given, request.app.state.passwords, now, settings)
        except UnbrokenError as error:
            asked = _Asked(frozenset(chosen), login, str(error))
            return _changes(connection, settings, now, access=access, asked=asked)
        return RedirectResponse(f"/to-sign?signed={len(records)}", 303)

    return answered(request, do)


class _NothingChosenError(UnbrokenError):
    """Nothing was chosen."""

    def __init__(self) -> None:
        super().__init__("Nothing was chosen: tick what you have checked, then sign")


def _changes(
    connection: Connection,
    _settings: Settings,
    now: datetime,
    *,
    access: Access,
    after: str = "",
    signed: int = 0,
    asked: _Asked | None = None,
) -> HTMLResponse:
    key = _key(after)
    rows = changes(connection, Chosen("unsigned"), Part(A_PAGE + 1, key), sites=access.sees)
    shown = rows[:A_PAGE]
    caller = access.caller
    may_sign = caller.account_id is not None and caller.sites({Role.QUALITY}) != frozenset()
    return page(
        "to_sign.html",
        200 if asked is None else 422,
        as_of=moment(now, frame().zone),
        changes=[change_view(row) for row in shown],
        first=key is None,
        after=written(NEWEST_FIRST.key(shown[-1])) if len(rows) > A_PAGE else None,
        signed=signed,
        asked=asked or _Asked(),
        may_sign=may_sign,
        both_parts=caller.session_id is None or not has_signed(connection, caller.session_id),
        meaning=MEANINGS[Meaning.APPROVED],
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
        next((site.name for site in frame().sites if site.id == row.site_id), row.site_id or ""),
        row.recorded_by,
        moment(row.recorded_at, frame().zone),
        row.reason or "",
        row.content,
        row.content_sha256,
        tuple(row.lots[:_LOTS]),
        row.lot_count - len(row.lots[:_LOTS]),
        row.signed_text if row.signed_by or row.signatures_needed > 1 else "",
        signed_words(row.kind, row.content),
    )
