"""Certificates of Analysis of lots: entered as JSON or as a table, judged item by item, every version kept."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from service.acts import certificates as acts
from service.api.attached import ATTACHED, attached
from service.api.callers import TheActor
from service.api.database import Connections, Database, Now
from service.api.paging import Page, Paging, page
from service.api.schemas.fields import Id
from service.api.schemas.lots import certificates as schemas
from service.domain.answers.certificate import Stated
from service.errors import NotFoundError
from service.formats.certificate_csv import parse_certificate
from service.formats.duplicate_keys import refuse_duplicate_keys
from service.store.lots import certificates as store
from service.store.lots.lots import lot
from service.store.retry import retried

router = APIRouter(prefix="/v1/lots", tags=["lots"])

#: Its answer is no JSON.
content_router = APIRouter(prefix="/v1/lots", tags=["lots"])

_MOST_BYTES = 1 << 20

_NOT_JUDGED = "It was not judged: its specification does not name it, or does not require it and this is no result."

Version = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Left out: the newest.")]


@router.put("/{lot_id}/certificate", status_code=201, openapi_extra=schemas.CERTIFICATE_BODY)
async def enter_certificate(
    lot_id: Id, request: Request, response: Response, connections: Connections, actor: TheActor, now: Now
) -> schemas.Certificate:
    """Enter a lot's Certificate of Analysis, as JSON or CSV: a new version, which the one before stays beside.

    It is judged item by item against the specification that quality adopted for its product. What fails counts at
    once; the rest once quality has signed it, by another account. The same one again is no new version (200).
    """
    body = _read(request, await _body(request))
    stated = Stated(**body.model_dump(exclude={"reason"}))

    def enter() -> tuple[store.KeptCertificate, bool]:
        with connections.connection() as connection:
            return retried(acts.enter_certificate)(connection, actor, lot_id, stated, now, body.reason)

    kept, is_new = await run_in_threadpool(enter)
    response.status_code = 201 if is_new else 200
    return _certificate(kept)


async def _body(request: Request) -> bytes:
    content = await request.body()
    if len(content) > _MOST_BYTES:
        raise HTTPException(413)
    return content


def _read(request: Request, content: bytes) -> schemas.CertificateIn:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if given == "application/json":
            refuse_duplicate_keys(content)
            return schemas.CertificateIn.model_validate_json(content)
        if given == "text/csv":
            table = parse_certificate(content)
            return schemas.CertificateIn.model_validate({**table.own, "items": table.items})
    except ValidationError as error:
        errors = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
        raise RequestValidationError(errors) from None
    sent = f"not {given[:80]}" if given else "with that header"
    raise HTTPException(415, f"send the body with Content-Type: application/json or text/csv, {sent}")


@router.get("/{lot_id}/certificate")
def get_certificate(lot_id: Id, connection: Database) -> schemas.Certificate:
    """The newest version of a lot's certificate, with what became of each item, and why."""
    lot(connection, lot_id)
    return _certificate(store.certificate(connection, lot_id))


@router.get("/{lot_id}/certificates")
def list_certificates(lot_id: Id, connection: Database, asked: Paging) -> Page[schemas.Certificate]:
    """Every version of a lot's certificate, newest first, each judged by the specification of its time."""
    lot(connection, lot_id)
    order = store.NEWEST_VERSION_FIRST
    return page(asked, order, store.certificates(connection, lot_id, asked.part(order)), _certificate)


@content_router.get("/{lot_id}/certificate/document", response_class=Response, responses=ATTACHED)
def get_certificate_document(lot_id: Id, connection: Database, version: Version = None) -> Response:
    """The document that came with a lot's certificate, such as its PDF, to be saved as a file."""
    lot(connection, lot_id)
    kept = store.certificate(connection, lot_id, version)
    if kept.document_sha256 is None:
        raise NotFoundError(f"version {kept.version} of the certificate of lot {lot_id!r} came without a document")
    return attached(connection, kept.document_sha256)


def _certificate(kept: store.KeptCertificate) -> schemas.Certificate:
    judged = [schemas.CertificateItem.model_validate(item, from_attributes=True) for item in kept.judged]
    known = {item.name for item in kept.judged}
    others = [
        schemas.CertificateItem(name=name, label=None, value=value, outcome=None, why=_NOT_JUDGED)
        for name, value in kept.items.items()
        if name not in known
    ]
    return schemas.Certificate(
        lot_id=kept.lot_id,
        version=kept.version,
        specification_id=kept.specification_id,
        specification_version=kept.specification_version,
        issued_on=kept.issued_on,
        signatory=kept.signatory,
        items=[*judged, *others],
        document_sha256=kept.document_sha256,
        recorded_by=kept.recorded_by,
        recorded_at=kept.recorded_at,
        change_id=kept.change_id,
        signed_at=kept.signed_at,
        signed_by=kept.signed_by,
    )
