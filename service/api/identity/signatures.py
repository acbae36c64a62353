"""Signatures: what people say of records with their password given again, and that nobody can say for them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator

from service.acts import signatures as acts
from service.answers.signatures import ShownSignature, shown_signatures
from service.api.callers import TheCaller
from service.api.database import Database, Now, TheSettings
from service.api.paging import Page, Paging, page
from service.api.permitted import TheAccess
from service.api.schemas.fields import text
from service.api.schemas.identity import signatures as schemas
from service.domain.identity.signing import Given, Signable
from service.store.identity.signatures import signatures
from service.store.paging import NEWEST_FIRST

#: A number of so many digits names no row.
_MOST_DIGITS = 19

router = APIRouter(prefix="/v1/signatures", tags=["signatures"])


@router.post("", status_code=201)
def sign_records(
    request: Request,
    asked: schemas.SignaturesIn,
    connection: Database,
    caller: TheCaller,
    access: TheAccess,
    now: Now,
    settings: TheSettings,
) -> schemas.Signatures:
    """Sign records, all of them or none. A change counts once it has all its signatures, and its lots are judged by it.

    Nobody signs for another: the password is asked for each time, and not the key or the session alone.
    """
    for record in asked.records:
        if record.id.isdecimal() and len(record.id) < _MOST_DIGITS:
            access.refuse_elsewhere(connection, "change", int(record.id))
    given = Given(asked.login, asked.password.get_secret_value(), asked.code)
    records = [acts.ToSign(one.kind, one.id, one.sha256) for one in asked.records]
    signed = acts.sign(connection, caller, records, given, request.app.state.passwords, now, settings)
    return schemas.Signatures(items=[_signature(one) for one in shown_signatures(connection, signed)])


@router.get("")
def list_signatures(
    connection: Database,
    access: TheAccess,
    asked: Paging,
    record_kind: Annotated[Signable | None, Query(description="Only of records of this kind.")] = None,
    record_id: Annotated[
        Annotated[str, AfterValidator(text)] | None,
        Query(max_length=200, description="Only of the record of this id."),
    ] = None,
) -> Page[schemas.Signature]:
    """Who signed what, newest first, and whether each signature still holds."""
    part = asked.part(NEWEST_FIRST)
    rows = shown_signatures(connection, signatures(connection, record_kind, record_id, part, sites=access.acts))
    return page(asked, NEWEST_FIRST, rows, _signature)


def _signature(one: ShownSignature) -> schemas.Signature:
    signature = one.signature
    return schemas.Signature(
        id=signature.id,
        record_kind=signature.record_kind,
        record_id=signature.record_id,
        content=signature.content,
        content_sha256=signature.content_sha256,
        meaning=signature.meaning,
        recorded_by=signature.printed_name,
        known_by=signature.known_by,
        signed_at=signature.signed_at,
        text=one.text,
        holds=one.why_not is None,
        why_not=one.why_not,
    )
