"""Documents, over HTTP."""

from datetime import datetime

from pydantic import BaseModel, Field


class Document(BaseModel):
    """Bytes that were kept."""

    sha256: str
    size: int
    content_base64: str | None = Field(description="The bytes, in base64; null: there was no room to keep them.")
    recorded_by: str
    recorded_at: datetime
