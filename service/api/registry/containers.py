"""Containers: what lots are kept in."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from service.acts import containers as acts
from service.answers.documents import forecast_document
from service.answers.forecasts import forecast_in
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now, TheSettings
from service.api.paging import Page, Paging, page
from service.api.permitted import TheAccess, TheSites
from service.api.schemas.fields import Id
from service.api.schemas.registry import containers as schemas
from service.api.schemas.registry.nestings import PathStep
from service.api.schemas.series.forecast import ContainerForecast, Forecast
from service.domain.clocks import CLOCKS_DISAGREE, disagreement
from service.domain.instant import from_datetime
from service.domain.registry.nesting import Step
from service.domain.series.forecast import NoForecast
from service.store.clocks import times
from service.store.paging import BY_ID
from service.store.pool import Connection
from service.store.registry import containers
from service.store.registry.contents import paths
from service.store.registry.profiles import profile_in_version

router = APIRouter(prefix="/v1", tags=["registry"], route_class=ActRoute)


@router.post("/containers", status_code=201)
def add_container(
    container: schemas.ContainerIn, connection: Database, actor: TheActor, access: TheAccess
) -> schemas.Container:
    """Register a container under the newest version of its profile."""
    access.refuse_elsewhere(connection, "site", container.site_id, "site_id")
    added = acts.add_container(
        connection,
        actor,
        container.id,
        container.site_id,
        container.name,
        container.kind,
        container.profile_id,
        container.mapping_study,
        container.door_grace_s,
        container.declared_c,
    )
    return _container(connection, added)


@router.patch("/containers/{container_id}")
def change_container(
    container_id: Id, change: schemas.ContainerChange, connection: Database, actor: TheActor, now: Now
) -> schemas.Container:
    """Change what a container is called, or retire it once it is empty, with the reason."""
    changed = acts.change_container(connection, actor, container_id, change.given(), reason=change.reason, now=now)
    return _container(connection, changed)


@router.post("/containers/{container_id}/door-grace")
def change_door_grace(
    container_id: Id, grace: schemas.DoorGraceIn, connection: Database, actor: TheActor
) -> schemas.Container:
    """Set how long an opened door is no certain exposure, with the reason; every lot ever in there is judged anew."""
    return _container(connection, acts.set_door_grace(connection, actor, container_id, **grace.model_dump()))


@router.get("/containers")
def list_containers(
    connection: Database,
    asked: Paging,
    seen_at: TheSites,
    site_id: Id | None = None,
    retired: Annotated[bool, Query(description="Those that are retired, too.")] = False,
) -> Page[schemas.Container]:
    """Containers, by id; of one site if asked."""
    found = containers.containers(connection, site_id, asked.part(BY_ID), seen_at, retired=retired)
    ways = paths(connection, {row.id for row in found})
    return page(asked, BY_ID, found, lambda row: _told(row, ways[row.id]))


@router.get("/containers/{container_id}")
def get_container(container_id: Id, connection: Database) -> schemas.Container:
    """One container."""
    return _container(connection, containers.container(connection, container_id))


@router.get("/containers/{container_id}/forecast")
def get_container_forecast(
    container_id: Id, connection: Database, now: Now, settings: TheSettings
) -> ContainerForecast:
    """Which limit of a container's profile will be crossed first, and when, if it goes on as now."""
    row = containers.container(connection, container_id)
    tolerance_us = settings.clock_tolerance_us
    if disagreement(from_datetime(now), times(connection), tolerance_us) is not None:
        return ContainerForecast(as_of=now, forecast=None, reason=CLOCKS_DISAGREE)
    profile = profile_in_version(connection, row.profile_key)
    limits = [(limit, None) for limit in profile.limits]
    found = forecast_in(connection, container_id, limits, profile.max_gap_s, from_datetime(now))
    if isinstance(found, NoForecast):
        return ContainerForecast(as_of=now, forecast=None, reason=found.value)
    return ContainerForecast(as_of=now, forecast=Forecast(**forecast_document(found)), reason=None)


def _container(connection: Connection, row: containers.Container) -> schemas.Container:
    return _told(row, paths(connection, [row.id])[row.id])


def _told(row: containers.Container, path: Sequence[Step]) -> schemas.Container:
    return schemas.Container(
        **asdict(row),
        in_id=path[-2].id if len(path) > 1 else None,
        position=path[-1].position,
        path=[PathStep(**asdict(step)) for step in path],
    )
