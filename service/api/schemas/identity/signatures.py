"""Signatures, over HTTP."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from service.api.schemas.fields import In, Sha256, text
from service.domain.identity.signing import Meaning, Signable

#: Most records that are signed at once.
MOST_AT_ONCE = 500


class RecordToSign(In):
    """A record as its signer was shown it."""

    kind: Literal[Signable.CHANGE]
    id: Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(text)] = Field(
        description="Its number."
    )
    sha256: Sha256 = Field(
        description="Of what was shown: `content_sha256` of a change. What is another by now is not signed.",
    )


class SignaturesIn(In):
    """Records to sign, and what proves who signs. In a session that has signed before, the password is enough."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "records": [{"kind": "change", "id": "12", "sha256": "9f" * 32}],
                    "login": "quality",
                    "password": "three words nobody guesses",
                    "code": "123456",
                }
            ]
        }
    )

    records: Annotated[list[RecordToSign], Field(min_length=1, max_length=MOST_AT_ONCE)]
    password: Annotated[SecretStr, Field(max_length=2_000)]
    login: Annotated[str, StringConstraints(max_length=200), AfterValidator(text)] = Field(
        "", description="The signer's login name; for the first signature of a session, and always with an API key."
    )
    code: Annotated[str, StringConstraints(max_length=40), AfterValidator(text)] = Field(
        "", description="Of the signer's app, or a recovery code; likewise, but for accounts of the demo without one."
    )


class Signature(BaseModel):
    """Who signed what, when and in which meaning, bound to what the record was then."""

    id: int
    record_kind: Signable
    record_id: str
    content: str = Field(description="What was signed, word for word.")
    content_sha256: str = Field(description="Of its UTF-8 bytes, in hexadecimal.")
    meaning: Meaning
    recorded_by: str = Field(description="The signer's name, as printed.")
    known_by: str = Field(description="How the signer was known.")
    signed_at: datetime
    text: str = Field(description="Name, time (UTC, and by the clock of the site) and meaning, as printed.")
    holds: bool = Field(description="Whether the record still is what was signed.")
    why_not: str | None = Field(description="Why it no longer holds; null: it does.")


class Signatures(BaseModel):
    """The signatures that were given."""

    items: list[Signature]
