"""Documents as people bring them: certificates, loggers' files, evidence."""

from typing import BinaryIO

from service.domain.identity.actor import Actor
from service.errors import ConflictError
from service.formats.media import refuse_other_content
from service.store.acting import acting
from service.store.documents import KeptDocument, document, keep_document
from service.store.pool import Connection


def bring_document(
    connection: Connection, actor: Actor, content: BinaryIO, media_type: str, name: str | None, room_bytes: int
) -> tuple[KeptDocument, bool]:
    """Keep a document by its SHA-256; whether it is new. Whoever brings the same bytes again is told of the first.

    Args:
        media_type: what it is said to be; name: what its file is called.
        room_bytes: so many bytes are kept of all that is brought.

    Raises:
        RefusedError: the bytes are not what they are said to be.
        ConflictError: there is no room for them.
    """
    refuse_other_content(media_type, content)
    with acting(connection, actor):
        kept = keep_document(connection, content, room_bytes, media_type, name)
        found = document(connection, kept.sha256.hex())
        if kept.is_new and not found.is_kept:
            raise ConflictError(
                "there is no room for further documents; whoever runs the service gives them more, by the setting "
                "UNBROKEN_DOCUMENTS_CAP_BYTES"
            )
        return found, kept.is_new
