"""Tables of master data, over HTTP."""

from typing import Any

from pydantic import BaseModel, Field

#: What POST /v1/master-data is sent, in OpenAPI.
TABLE_BODY: dict[str, Any] = {
    "requestBody": {
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "example": "id,name,time_zone\nbern,Bern clinic,Europe/Zurich\nbasel,Basel clinic,Europe/Zurich\n",
            }
        }
    }
}


class RowProblem(BaseModel):
    """What is wrong with a cell of a table, and what to do."""

    row: int = Field(description="As a spreadsheet counts: the row with the names of columns is 1.")
    field: str = Field(description="The column; `row`: it is about all of the row.")
    problem: str
    given: str | None = Field(None, description="What stands there.")


class MasterData(BaseModel):
    """What a table holds, and what became of it."""

    kind: str
    dry_run: bool = Field(description="Nothing was kept; this is what would be.")
    added: list[str] = Field(description="Ids of what was registered, or would be, in the order of the table.")
    there_already: list[str] = Field(description="Ids of what was there already, and the same.")
    errors: list[RowProblem] = Field(description="All that is wrong, by row. While there is any, nothing is kept.")
