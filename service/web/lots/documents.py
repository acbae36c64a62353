"""A document that comes along with a form: kept before the form is read, so that it need not be sent twice."""

import re

from starlette.datastructures import FormData, UploadFile

from service.acts.documents import bring_document
from service.domain.identity.actor import Actor
from service.errors import RefusedError
from service.formats.files import refuse_too_large
from service.formats.media import MEDIA_TYPES
from service.settings import Settings
from service.store.pool import Connection
from service.web.forms import in_one_line, typed

_SHA256 = re.compile("[0-9a-f]{64}")


def brought_along(connection: Connection, actor: Actor, form: FormData, settings: Settings) -> str:
    """The SHA-256 of the file in the field `document`, or of the one that came with it before; empty: none did.

    Raises:
        RefusedError: the file is not what it says, of no type that is kept, or too large.
        ConflictError: there is no room for it.
    """
    file = form.get("document")
    if not isinstance(file, UploadFile) or not file.size:
        before = typed(form, "document_sha256")
        return before if _SHA256.fullmatch(before) else ""
    media_type = (file.content_type or "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        kinds = ", ".join(MEDIA_TYPES.values())
        raise RefusedError("body", f"its file is of a kind that is not kept; choose {kinds}")
    refuse_too_large(file.file, settings.largest_document_bytes)
    name = in_one_line(file.filename or "") or "document"
    kept, _ = bring_document(connection, actor, file.file, media_type, name, settings.documents_cap_bytes)
    return kept.sha256
