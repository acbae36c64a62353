"""The form for a lot's Certificate of Analysis: one field for each item that its specification asks for."""

from collections.abc import Mapping
from datetime import date, datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from service.acts.certificates import asked_of, enter_certificate
from service.auth.access import access_of
from service.domain.answers.certificate import Stated
from service.errors import ConflictError, RefusedError, UnbrokenError
from service.settings import Settings
from service.store.lots.certificates import KeptCertificate, newest_certificate
from service.store.lots.lots import Lot, lot
from service.store.pool import Connection
from service.store.retry import retried
from service.web.answering import answered
from service.web.forms import NO_PROBLEMS, LotId, Problems, TheForm, in_one_line, problems, sentence, typed
from service.web.lots.certificate_fields import ITEMS, item_fields, other_fields, own_fields
from service.web.lots.clock import clock_of
from service.web.lots.documents import brought_along
from service.web.rendering import page
from service.web.words import moment

router = APIRouter(include_in_schema=False)

_OWN = ("issued_on", "signatory", "lot_number", "document_sha256")


@router.get("/lots/{lot_id}/certificate")
def show_certificate_form(request: Request, lot_id: LotId) -> Response:
    """The form, with what the newest version states: what is missing there is filled in, and all sent again."""

    def show(connection: Connection, _: Settings, now: datetime) -> Response:
        newest = newest_certificate(connection, lot_id)
        return _shown(connection, now, lot(connection, lot_id), _stated_by(newest), newest, NO_PROBLEMS)

    return answered(request, show)


@router.post("/lots/{lot_id}/certificate")
def send_certificate_form(request: Request, lot_id: LotId, form: TheForm) -> Response:
    """Enter a certificate; what is wrong is told beside its field, and nothing is entered."""
    actor = access_of(request).caller.actor

    def do(connection: Connection, settings: Settings, now: datetime) -> Response:
        its = lot(connection, lot_id)
        given = _given(form)
        try:
            given |= {"document_sha256": brought_along(connection, actor, form, settings)}
            retried(enter_certificate)(connection, actor, lot_id, _stated(given, its), now)
        except UnbrokenError as error:
            found = problems(error, {**{name: name for name in given}, "body": "document"})
            return _shown(connection, now, its, given, newest_certificate(connection, lot_id), found)
        return RedirectResponse(f"/lots/{lot_id}?done=certificate", 303)

    return answered(request, do)


def _given(form: FormData) -> dict[str, str]:
    """What was typed, by field."""
    # What our own form would not call a field is none of it.
    items = [name for name in form if name.startswith(ITEMS) and name != ITEMS and name == in_one_line(name)]
    names = [*(name for name in form if name in _OWN), *items]
    return {name: typed(form, name) for name in names}


def _stated(given: Mapping[str, str], its: Lot) -> Stated:
    """What was typed, as a certificate states it.

    Raises:
        RefusedError: the day or the name of who signed is not there.
    """
    try:
        issued_on = date.fromisoformat(given.get("issued_on", ""))
    except ValueError:
        raise RefusedError("issued_on", "type the day on which it was issued, such as 2026-11-30") from None
    if not given.get("signatory"):
        raise RefusedError("signatory", "type the name of who signed it at its issuer")
    items = {name.removeprefix(ITEMS): value for name, value in given.items() if name.startswith(ITEMS) and value}
    return Stated(
        lot_number=given.get("lot_number", ""),
        issued_on=issued_on,
        signatory=given["signatory"],
        items=items,
        product_id=its.product_id,
        document_sha256=given.get("document_sha256") or None,
    )


def _stated_by(newest: KeptCertificate | None) -> dict[str, str]:
    if newest is None:
        return {}
    return {
        "issued_on": newest.issued_on.isoformat(),
        "signatory": newest.signatory,
        "lot_number": "",
        "document_sha256": newest.document_sha256 or "",
        **{f"{ITEMS}{name}": value for name, value in newest.items.items()},
    }


def _shown(
    connection: Connection,
    now: datetime,
    its: Lot,
    given: Mapping[str, str],
    newest: KeptCertificate | None,
    wrong: Problems,
) -> Response:
    zone = clock_of(connection, its, now).zone
    try:
        asked = asked_of(connection, its.id)
    except ConflictError as error:
        return page("certificate.html", 409, as_of=moment(now, zone), lot=its, asked=None, why=sentence(str(error)))
    return page(
        "certificate.html",
        422 if wrong != NO_PROBLEMS else 200,
        as_of=moment(now, zone),
        lot=its,
        asked=asked,
        own=own_fields(given, wrong),
        document=given.get("document_sha256", ""),
        document_problem=wrong["document"] or wrong["document_sha256"],
        items=item_fields(asked, given, wrong),
        others=other_fields(asked, given, wrong),
        newest=newest,
        newest_at=None if newest is None else moment(newest.recorded_at, zone),
        why=wrong.of_all,
        wrong=sum(1 for one in wrong.of_fields.values() if one),
    )
