"""The audit trail: who did what, when and why, and the head of what is sealed."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator

from service.api.audit.trail_csv import trail_csv
from service.api.database import Connections, Database
from service.api.paging import Page, Paging, page
from service.api.schemas.audit import trail as schemas
from service.api.schemas.fields import Instant, text
from service.errors import RefusedError
from service.store.audit.seals import newest_place
from service.store.audit.trail import Chosen, TrailLine, trail_lines
from service.store.paging import NEWEST_FIRST
from service.store.pool import Connection

router = APIRouter(prefix="/v1/audit", tags=["audit"])

#: What is no JSON: looked at by the same rules but for that.
csv_router = APIRouter(prefix="/v1", tags=["audit"])

_HEAD = "Unbroken-Audit-Head"
_HEADERS = {_HEAD: {"description": "The head of the sealed trail, to be kept elsewhere.", "schema": {"type": "string"}}}

Named = Annotated[str, AfterValidator(text)]


def _chosen(
    table: Annotated[Named | None, Query(max_length=63, description="Only rows of this table.")] = None,
    key: Annotated[
        Named | None, Query(max_length=1_000, description="Only the row of this key; give its table too.")
    ] = None,
    actor: Annotated[Named | None, Query(max_length=200, description="Only what this actor did.")] = None,
    from_: Annotated[Instant | None, Query(alias="from")] = None,
    until: Instant | None = None,
) -> Chosen:
    if key is not None and table is None:
        raise RefusedError("key", "say of which table it is the key")
    if from_ is not None and until is not None and until <= from_:
        raise RefusedError("until", "it must be after from")
    return Chosen(table, key, actor, from_, until)


TheChosen = Annotated[Chosen, Depends(_chosen)]


@router.get("", responses={200: {"headers": _HEADERS}})
def list_acts(connection: Database, asked: Paging, chosen: TheChosen, response: Response) -> Page[schemas.TrailLine]:
    """What people did, newest first: each row they wrote, who, how they were known, when and why."""
    response.headers[_HEAD] = _head(connection)
    return page(asked, NEWEST_FIRST, trail_lines(connection, chosen, asked.part(NEWEST_FIRST)), _line)


def _line(one: TrailLine) -> schemas.TrailLine:
    return schemas.TrailLine(**asdict(one))


def _head(connection: Connection) -> str:
    return str(newest_place(connection).head)


@router.get("/head")
def get_audit_head(connection: Database) -> schemas.TrailHead:
    """Where the sealed trail ends: kept elsewhere, it shows later that nothing before it was changed."""
    head = newest_place(connection).head
    return schemas.TrailHead(head=str(head), number=head.number)


@csv_router.get(
    "/audit.csv",
    response_class=StreamingResponse,
    responses={200: {"headers": _HEADERS, "content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def get_acts_table(connections: Connections, chosen: TheChosen) -> StreamingResponse:
    """The same, all of it at once, as a table for a spreadsheet: newest first, a line an act."""
    with connections.connection() as connection:
        head = _head(connection)
    return StreamingResponse(
        trail_csv(connections, chosen),
        media_type="text/csv",
        headers={_HEAD: head, "Content-Disposition": 'attachment; filename="audit.csv"'},
    )
