"""Containers in containers: what was put where, and what is in them now."""

from dataclasses import asdict, replace
from typing import Annotated

from fastapi import APIRouter, Query

from service.acts import nestings as acts
from service.answers.judging import lost_since
from service.api.acts import ActRoute
from service.api.database import Database, Now, Recorded, TheSettings
from service.api.future import refuse_future
from service.api.paging import Page, Paging, page
from service.api.permitted import TheAccess
from service.api.schemas.fields import Id
from service.api.schemas.registry import nestings as schemas
from service.domain.registry.nesting import Nesting
from service.store.lots.lots import lots_in_during
from service.store.paging import IN_TIME
from service.store.registry.containers import container
from service.store.registry.contents import BY_KIND, contents, paths
from service.store.registry.nestings import nestings

router = APIRouter(prefix="/v1/containers/{container_id}", tags=["registry"], route_class=ActRoute)


@router.get("/nestings")
def list_nestings(container_id: Id, connection: Database, asked: Paging) -> Page[schemas.Nesting]:
    """What a container was in, in order of time."""
    container(connection, container_id)
    return page(asked, IN_TIME, nestings(connection, container_id, asked.part(IN_TIME)), _nesting)


@router.post("/nestings", status_code=201)
def put_container(
    container_id: Id,
    nesting: schemas.NestingIn,
    connection: Database,
    access: TheAccess,
    settings: TheSettings,
    now: Now,
    recorded: Recorded,
) -> schemas.Nesting:
    """Record that a container was put into another, with all that is in it; that ends where it was before.

    A box, a rack, a shipper, a dry-ice box or a vehicle is from then on at the site of what it is in. What changes time
    already judged needs a `reason`. `/v1/corrections` lists it with what it did.
    """
    access.refuse_elsewhere(connection, "container", nesting.in_id, "in_id")
    refuse_future("from", nesting.from_, now)
    refuse_future("until", nesting.until, now)
    lost = lost_since(connection, lots_in_during(connection, container_id, nesting.from_, now), settings, now)
    new = Nesting(nesting.id, container_id, nesting.in_id, nesting.from_, nesting.until, nesting.position)
    acts.put_into(connection, new, replace(recorded, reason=nesting.reason, lost_since=lost), nesting.then)
    return _nesting(new)


@router.post("/nestings/end")
def take_container_out(
    container_id: Id,
    end: schemas.EndNestingIn,
    connection: Database,
    settings: TheSettings,
    now: Now,
    recorded: Recorded,
) -> schemas.Nesting:
    """Record that a container was taken out of what it was in, and put into no other. Of a time already judged, as for
    putting it there."""
    refuse_future("until", end.until, now)
    lost = lost_since(connection, lots_in_during(connection, container_id, end.until, now), settings, now)
    word = replace(recorded, reason=end.reason, lost_since=lost)
    return _nesting(acts.take_out(connection, container_id, end.until, word))


@router.get("/contents")
def list_contents(
    container_id: Id,
    connection: Database,
    asked: Paging,
    nested: Annotated[bool, Query(alias="all", description="Also what is in the containers in it.")] = False,
) -> Page[schemas.Content]:
    """What is in a container now, and where: containers first, then lots that are not used up."""
    container(connection, container_id)
    found = contents(connection, container_id, asked.part(BY_KIND), nested=nested)
    ways = paths(connection, {one.in_id for one in found})
    return page(
        asked,
        BY_KIND,
        found,
        lambda one: schemas.Content(
            kind=one.kind,
            id=one.id,
            name=one.name,
            in_id=one.in_id,
            position=one.position,
            since=one.from_at,
            path=[schemas.PathStep(**asdict(step)) for step in ways[one.in_id]],
        ),
    )


def _nesting(one: Nesting) -> schemas.Nesting:
    return schemas.Nesting(**{**asdict(one), "from": one.from_at, "until": one.until_at})
