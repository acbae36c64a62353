"""The audit trail, over HTTP."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class TrailLine(BaseModel):
    """One act on one row: who, how they were known, when, what and why."""

    id: int
    recorded_at: datetime
    actor: str = Field(description="`account:…`, `key:…`, `link:…`, `machine:…`, `part:…`, or `before accounts`.")
    actor_name: str = Field(description="As it was printed then.")
    known_by: str = Field(description="How it was known who acts, such as `password and code`.")
    database_user: str
    operation: Literal["before", "insert", "update", "delete"] = Field(
        description="`before`: it was there already when the trail began."
    )
    table_name: str
    row_key: str = Field(description="The values of the row's key, with `/` between them.")
    old: dict[str, Any] | None = Field(description="The row before; null: it was not there.")
    new: dict[str, Any] | None = Field(description="The row after; null: it is gone.")
    reason: str | None
    seal: int | None = Field(description="Its number in the sealed chain; null: not sealed yet.")
    sealed_at: datetime | None


class TrailHead(BaseModel):
    """Where the sealed chain ends."""

    head: str = Field(description="Keep it elsewhere: `unbroken audit verify --head` finds what was changed before it.")
    number: int = Field(description="How many lines are sealed.")
