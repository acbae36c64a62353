"""Documents: bytes that people brought, kept by their SHA-256."""

from tempfile import SpooledTemporaryFile
from typing import Annotated, BinaryIO, cast

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from service.acts.documents import bring_document
from service.api.attached import ATTACHED, attached
from service.api.callers import TheActor
from service.api.database import Connections, Database, TheSettings
from service.api.paging import Page, Paging, page
from service.api.schemas.fields import Sha256, Text
from service.api.schemas.intake.documents import DOCUMENT_BODY, Document
from service.errors import RefusedError
from service.formats.media import MEDIA_TYPES
from service.store.documents import NEWEST_DOCUMENT_FIRST, KeptDocument, documents
from service.store.retry import retried

router = APIRouter(prefix="/v1/documents", tags=["documents"])

#: Its answer is no JSON.
content_router = APIRouter(prefix="/v1/documents", tags=["documents"])

#: What is larger waits on the disk.
_IN_MEMORY_BYTES = 1 << 20


@router.post(
    "",
    status_code=201,
    openapi_extra=DOCUMENT_BODY,
    responses={200: {"model": Document, "description": "These bytes were kept already."}},
)
async def add_document(
    request: Request,
    response: Response,
    connections: Connections,
    actor: TheActor,
    settings: TheSettings,
    name: Annotated[Text | None, Query(description="What its file is called.")] = None,
) -> Document:
    """Bring a document: the bytes of a file as the body, with its `Content-Type`.

    It is kept by its SHA-256, which a certificate or an assessment then names. The same bytes again are the same
    document (200).
    """
    media_type = _media_type(request)

    def keep(content: BinaryIO) -> tuple[KeptDocument, bool]:
        with connections.connection() as connection:
            room = settings.documents_cap_bytes
            return retried(bring_document)(connection, actor, content, media_type, name or None, room)

    with SpooledTemporaryFile(_IN_MEMORY_BYTES) as spooled:
        size = 0
        # One that is too large is read to its end, so that the answer is heard.
        async for piece in request.stream():
            size += len(piece)
            if size <= settings.largest_document_bytes:
                await run_in_threadpool(spooled.write, piece)
        if size > settings.largest_document_bytes:
            raise RefusedError(
                "body", f"it has {size} bytes; {settings.largest_document_bytes} are allowed: send a smaller file"
            )
        kept, is_new = await run_in_threadpool(keep, cast(BinaryIO, spooled))
    response.status_code = 201 if is_new else 200
    return _document(kept)


def _media_type(request: Request) -> str:
    given = request.headers.get("content-type", "")
    media_type, _, parameters = given.partition(";")
    media_type = media_type.strip().lower()
    if media_type not in MEDIA_TYPES:
        sent = f"not {media_type[:80]}" if media_type else "with that header"
        raise HTTPException(415, f"send a file with Content-Type: {', '.join(MEDIA_TYPES)}, {sent}")
    charset = parameters.lower().replace(" ", "").replace('"', "")
    if charset.startswith("charset=") and charset.removeprefix("charset=") not in {"utf-8", "utf8", "us-ascii"}:
        raise HTTPException(415, "send a text in UTF-8")
    return media_type


@router.get("")
def list_documents(connection: Database, asked: Paging) -> Page[Document]:
    """What is known of all that people brought, newest first."""
    found = documents(connection, asked.part(NEWEST_DOCUMENT_FIRST))
    return page(asked, NEWEST_DOCUMENT_FIRST, found, _document)


@content_router.get("/{sha256}", response_class=Response, responses=ATTACHED)
def get_document(
    sha256: Annotated[Sha256, Path(description="In hexadecimal, as a lot's status tells it.")], connection: Database
) -> Response:
    """The very bytes of a file or message that somebody brought, to be saved as a file."""
    return attached(connection, sha256)


def _document(kept: KeptDocument) -> Document:
    return Document.model_validate(kept, from_attributes=True)
