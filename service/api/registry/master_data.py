"""Master data: many things registered by one table, all or none."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Body, Query
from fastapi.responses import JSONResponse

from service.api.acts import ActRoute
from service.api.callers import TheCaller
from service.api.database import Database, Recorded
from service.api.problems import problem
from service.api.registry.master_tables import MasterKind, import_table, route_of
from service.api.schemas.registry.master_data import TABLE_BODY, MasterData, RowProblem
from service.auth.access import access_to
from service.domain.identity.permissions import PERMISSIONS

router = APIRouter(prefix="/v1", tags=["registry"], route_class=ActRoute)


@router.post("/master-data", openapi_extra=TABLE_BODY, response_model=MasterData)
def import_master_data(
    kind: Annotated[MasterKind, Query(description="What its rows are.")],
    connection: Database,
    caller: TheCaller,
    recorded: Recorded,
    table: Annotated[bytes, Body(media_type="text/csv")],
    dry_run: Annotated[bool, Query(description="Say all that is wrong and what would be added; keep nothing.")] = False,
) -> MasterData | JSONResponse:
    """Register what a table (CSV) lists, each row as if it were sent alone: all of it or, with any error, nothing."""
    access = access_to(caller, PERMISSIONS[route_of(kind)])
    found = import_table(connection, kind, table, recorded, access, dry_run=dry_run)
    errors = [RowProblem(**asdict(one)) for one in found.problems]
    if errors and not dry_run:
        words = "; ".join(f"{one.place}: {one.problem}" for one in found.problems[:3])
        more = f"; and {len(errors) - 3} more in `errors`" if len(errors) > 3 else ""
        return problem(
            422,
            "Nothing was registered",
            f"nothing was registered: {words}{more}",
            errors=[one.model_dump() for one in errors],
        )
    return MasterData(kind=kind, dry_run=dry_run, added=found.added, there_already=found.there_already, errors=errors)
