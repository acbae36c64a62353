"""Documents, over HTTP."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from service.formats.media import MEDIA_TYPES

_EXAMPLES = {
    "application/pdf": "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    "2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
    "text/csv": "time,temperature_c\n2026-01-31T06:00:00Z,-79.8\n",
    "text/plain": "The freezer's own log of 31 January shows −79 °C throughout.\n",
}

#: The body of POST /v1/documents, in OpenAPI.
DOCUMENT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {
                "schema": {"type": "string", "format": "binary"},
                **({"example": _EXAMPLES[kind]} if kind in _EXAMPLES else {}),
            }
            for kind in MEDIA_TYPES
        },
    }
}


class Document(BaseModel):
    """What is known of bytes that somebody brought."""

    sha256: str
    size: int = Field(description="Bytes.")
    media_type: str | None = Field(description="What they are; null: nobody said.")
    name: str | None = Field(description="What their file was called.")
    is_kept: bool = Field(description="Else only their hash is, for there was no room.")
    recorded_by: str
    recorded_at: datetime
