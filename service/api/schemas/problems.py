"""Errors over HTTP (RFC 9457)."""

from pydantic import BaseModel, ConfigDict, Field


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description="Its name; of a field inside another, both with a dot between.")
    problem: str
    given: str | None = Field(None, description="What was sent, as JSON, cut where it is long.")
    row: int | None = Field(None, description="Of a table: the row, counted as a spreadsheet counts.")


class Problem(BaseModel):
    """What was wrong with what, and what to do. `detail` is for people; `status`, `code` and `errors` for programs."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "A field is wrong",
                    "status": 422,
                    "detail": "units: it is 0; give at least 1",
                    "errors": [{"field": "units", "problem": "it is 0; give at least 1", "given": "0"}],
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str
    code: str | None = Field(
        None, description="Of a message or file that was rejected: why, as docs/payloads.md lists."
    )
    errors: list[FieldProblem] | None = None
