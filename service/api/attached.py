"""Documents in an answer: saved as a file by whoever asks, and never shown or run in a page of ours."""

import re
from typing import Any
from urllib.parse import quote

from fastapi import Response

from service.errors import ConflictError
from service.store.documents import UNKNOWN_TYPE, content_of, document
from service.store.pool import Connection

_NO_PLAIN_NAME = re.compile("[^A-Za-z0-9._-]+")

#: How a route that answers so is described.
ATTACHED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The bytes, as they were brought.",
        "content": {UNKNOWN_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}


def attached(connection: Connection, sha256: str) -> Response:
    """A document as a file of its own. `sha256`: in hexadecimal.

    Raises:
        NotFoundError: there is none.
        ConflictError: its bytes are not kept.
    """
    known, content = document(connection, sha256), content_of(connection, sha256)
    if content is None:
        raise ConflictError(
            f"the bytes of document {sha256} are not kept, for there was no room for them; whoever brought them "
            f"({known.recorded_by}) may still have them"
        )
    name = known.name or sha256
    plain = _NO_PLAIN_NAME.sub("_", name)
    return Response(
        content,
        media_type=UNKNOWN_TYPE if known.media_type is None else known.media_type,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )
