"""Changes that wait for quality's signature."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query

from service.api.database import Database
from service.api.paging import Page, Paging, page
from service.api.permitted import TheSites
from service.api.schemas.fields import LARGEST_ID, Id
from service.api.schemas.lots import changes as schemas
from service.domain.softening import KINDS, Kind
from service.store import changes as store
from service.store.paging import NEWEST_FIRST

router = APIRouter(prefix="/v1/changes", tags=["corrections"])

ChangeId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@router.get("")
def list_changes(
    connection: Database,
    asked: Paging,
    sites: TheSites,
    state: store.State | None = None,
    kind: Kind | None = None,
    site_id: Annotated[Id | None, Query(description="Only changes of this site.")] = None,
    lot_id: Annotated[Id | None, Query(description="Only changes that touch this lot.")] = None,
) -> Page[schemas.ChangeToSign]:
    """What was recorded that may make lots look better, newest first, and whether quality has signed it."""
    rows = store.changes(connection, store.Chosen(state, kind, site_id, lot_id), asked.part(NEWEST_FIRST), sites=sites)
    return page(asked, NEWEST_FIRST, rows, _change)


@router.get("/{change_id}")
def get_change(change_id: ChangeId, connection: Database) -> schemas.ChangeToSign:
    """One change, with what is to be signed."""
    return _change(store.change(connection, change_id))


def _change(row: store.ChangeToSign) -> schemas.ChangeToSign:
    return schemas.ChangeToSign(
        **{
            **asdict(row),
            "text": KINDS[row.kind],
            "state": row.state,
            "signed_at": row.freed_at,
            "signature_id": row.freed_by,
            "signed_by_author": row.freed_by_author,
        }
    )
