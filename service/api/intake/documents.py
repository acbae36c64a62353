"""Documents: bytes that people brought, kept by their SHA-256."""

from base64 import b64encode
from typing import Annotated

from fastapi import APIRouter, Path

from service.api.database import Database
from service.api.schemas.fields import Sha256
from service.api.schemas.intake.documents import Document
from service.store.documents import document

router = APIRouter(prefix="/v1/documents", tags=["readings"])


@router.get("/{sha256}")
def get_document(
    sha256: Annotated[Sha256, Path(description="In hexadecimal, as a lot's status tells it.")], connection: Database
) -> Document:
    """The very bytes of a file or message that somebody brought, and who brought them first."""
    found = document(connection, bytes.fromhex(sha256))
    return Document(
        sha256=found.sha256.hex(),
        size=found.size,
        content_base64=None if found.content is None else b64encode(found.content).decode(),
        recorded_by=found.recorded_by,
        recorded_at=found.recorded_at,
    )
