"""Changes that wait for quality's signature, and rules of sites about signatures, over HTTP."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.fields import In, Name
from service.domain.softening import Kind, Rule
from service.store.changes import MOST_LOTS, State


class ChangeToSign(BaseModel):
    """Something recorded that may make lots look better: until quality signs it, none that it touches is usable.

    Papers (an adoption, a certificate, a release, the end of a recall, an assessment) count only once they are signed.
    """

    id: int
    kind: Kind
    text: str = Field(description="What it is, in words.")
    row_id: str = Field(description="Under which id it was recorded.")
    site_id: str | None = Field(description="Whose it is; null: of no site.")
    state: State = Field(description="`void`: it counts no more, for something else was decided or recorded since.")
    recorded_by: str
    recorded_at: datetime
    reason: str | None
    content: str = Field(description="What is signed, word for word: JSON.")
    content_sha256: str = Field(description="Of its UTF-8 bytes, in hexadecimal.")
    signed_at: datetime | None = Field(description="When it had all its signatures; null: it waits.")
    signature_id: int | None = Field(description="The last of them.")
    signatures_needed: int = Field(description="As many accounts sign it before it counts.")
    signed_by: list[str] = Field(description="Who signed it so far.")
    signed_by_author: bool = Field(description="Who recorded it signed it, as its site, of one person, may.")
    lots: list[str] = Field(description=f"The lots it touches, by id: the first {MOST_LOTS} of them.")
    lot_count: int = Field(description="How many there are.")


class SiteRuleIn(In):
    """A rule about signatures, switched on or off."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"rule": "accepts_files", "is_on": True, "reason": "shippers are read out every day"}]
        }
    )

    rule: Rule = Field(
        description="`accepts_files`: files of the site's own registered loggers count without a signature each. "
        "`author_signs`: who records a change may sign it; for a site of one person."
    )
    is_on: bool = Field(description="On, it is in force once quality has signed it; off at once.")
    reason: Name


class SiteRule(BaseModel):
    """A rule about signatures as a site switched it."""

    id: int
    site_id: str
    rule: Rule
    is_on: bool
    reason: str
    recorded_by: str
    recorded_at: datetime
    change_id: int | None = Field(description="The change that waits, or waited, for its signature; null: off.")
