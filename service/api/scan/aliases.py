"""What codes of other kinds than GS1's stand for."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query

from service.acts import aliases as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.paging import Page, Paging, page
from service.api.permitted import TheAccess, TheSites
from service.api.schemas.fields import LARGEST_ID
from service.api.schemas.scan import aliases as schemas
from service.auth.access import access_to
from service.domain.identity.permissions import NAMES
from service.errors import RefusedError
from service.store.paging import NEWEST_FIRST
from service.store.scan import aliases as store
from service.store.visible import Kind

router = APIRouter(prefix="/v1/aliases", tags=["scan"], route_class=ActRoute)

AliasId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@router.post("", status_code=201)
def add_alias(
    asked: schemas.AliasIn, connection: Database, actor: TheActor, access: TheAccess, now: Now
) -> schemas.Alias:
    """Have a code stand for a lot, a container or a logger, as it is read: ISBT 128, a maker's own, a door's label."""
    kind, thing_id = _thing(asked.lot_id, asked.container_id, asked.logger_id)
    access_to(access.caller, NAMES[kind]).refuse_elsewhere(connection, kind, thing_id, f"{kind}_id")
    return _told(acts.record_alias(connection, actor, asked.code, kind, thing_id, now.date()))


@router.get("")
def list_aliases(
    connection: Database,
    asked: Paging,
    sites: TheSites,
    code: Annotated[schemas.Code | None, Query(description="Only this one.")] = None,
) -> Page[schemas.Alias]:
    """Codes and what they stand for, newest first; struck ones too."""
    found = store.aliases(connection, asked.part(NEWEST_FIRST), sites, code=code)
    return page(asked, NEWEST_FIRST, found, _told)


@router.post("/{alias_id}/strike")
def strike_alias(
    alias_id: AliasId, asked: schemas.StrikeAliasIn, connection: Database, actor: TheActor, access: TheAccess
) -> schemas.Alias:
    """A code stands for nothing any more: it was recorded wrongly, or its label is gone."""
    known = store.alias(connection, alias_id)
    kind, thing_id = _thing(known.lot_id, known.container_id, known.logger_id)
    access_to(access.caller, NAMES[kind]).refuse_elsewhere(connection, kind, thing_id)
    return _told(acts.strike_alias(connection, actor, alias_id, asked.reason))


def _thing(lot_id: str | None, container_id: str | None, logger_id: str | None) -> tuple[Kind, str]:
    named: list[tuple[Kind, str | None]] = [("lot", lot_id), ("container", container_id), ("logger", logger_id)]
    given = [(kind, thing_id) for kind, thing_id in named if thing_id is not None]
    if len(given) != 1:
        raise RefusedError("lot_id", "name one thing that the code stands for: a lot, a container or a logger")
    return given[0]


def _told(kept: store.Alias) -> schemas.Alias:
    return schemas.Alias(**asdict(kept))
