"""What is alarmed differently at a container, what to do there, and where its lots can go."""

from dataclasses import asdict, replace
from datetime import datetime

from fastapi import APIRouter

from service.acts.moves import move
from service.acts.overrides import record_overrides
from service.answers.judging import lost_since
from service.answers.refuges import Refuge, refuges
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now, Recorded, TheSettings
from service.api.future import refuse_future
from service.api.paging import Page, Paging, page_of
from service.api.permitted import TheAccess, TheSites
from service.api.schemas.alerting import overrides as schemas
from service.api.schemas.fields import Id
from service.api.schemas.lots.moves import Move
from service.domain.alerting.overrides import GivenAlerting, Scope
from service.domain.alerting.rules import Override
from service.domain.identity.actor import Actor
from service.errors import NotFoundError
from service.store.alerting.overrides import recorded_alerting
from service.store.lots.lots import lots_now_in
from service.store.registry.containers import container
from service.store.registry.profiles import latest_profile

router = APIRouter(prefix="/v1", tags=["alerts"], route_class=ActRoute)


@router.get("/containers/{container_id}/alerting")
def get_container_alerting(container_id: Id, connection: Database) -> schemas.Alerting:
    """What is recorded of a container's own alerts; what is recorded of its profile holds as well."""
    container(connection, container_id)
    return _alerting(connection, "container", container_id)


@router.put("/containers/{container_id}/alerting")
def set_container_alerting(
    container_id: Id, alerting: schemas.AlertingIn, connection: Database, actor: TheActor
) -> schemas.Alerting:
    """Record what differs at this container, and what to do there, as its next version."""
    return _record(connection, actor, "container", container_id, alerting)


@router.get("/profiles/{profile_id}/alerting")
def get_profile_alerting(profile_id: Id, connection: Database) -> schemas.Alerting:
    """What is recorded of the alerts of a profile's containers."""
    if latest_profile(connection, profile_id) is None:
        raise NotFoundError(f"there is no profile {profile_id!r}; GET /v1/profiles lists them")
    return _alerting(connection, "profile", profile_id)


@router.put("/profiles/{profile_id}/alerting")
def set_profile_alerting(
    profile_id: Id, alerting: schemas.AlertingIn, connection: Database, actor: TheActor
) -> schemas.Alerting:
    """Record what differs for all containers of a profile, as the next version; a container's own comes before it."""
    return _record(connection, actor, "profile", profile_id, alerting)


def _record(
    connection: Database, actor: Actor, scope: Scope, scope_id: str, alerting: schemas.AlertingIn
) -> schemas.Alerting:
    overrides = {cause: Override(**override.model_dump()) for cause, override in alerting.overrides.items()}
    given = GivenAlerting(**{**alerting.model_dump(), "overrides": overrides})
    record_overrides(connection, actor, scope, scope_id, given)
    return _alerting(connection, scope, scope_id)


def _alerting(connection: Database, scope: Scope, scope_id: str) -> schemas.Alerting:
    recorded = recorded_alerting(connection, scope, scope_id)
    if recorded is None:
        return schemas.Alerting(
            version=0, overrides={}, instruction="", due_at=None, reason=None, recorded_by=None, recorded_at=None
        )
    return schemas.Alerting.model_validate(recorded, from_attributes=True)


@router.get("/containers/{container_id}/alternatives")
def list_container_alternatives(
    container_id: Id, connection: Database, now: Now, asked: Paging, seen_at: TheSites
) -> Page[schemas.Alternative]:
    """Where its lots can go: containers of its profile that are measured, within limits and without an alert."""
    container(connection, container_id)
    found = refuges(connection, container_id, now, seen_at=seen_at)
    return page_of(asked, found, [int, str, int, str, str], Refuge.key, _alternative)


def _alternative(refuge: Refuge) -> schemas.Alternative:
    return schemas.Alternative(**asdict(refuge))


@router.post("/containers/{container_id}/move", status_code=201)
def move_lots(
    container_id: Id,
    moved: schemas.MoveIn,
    connection: Database,
    access: TheAccess,
    settings: TheSettings,
    now: Now,
    recorded: Recorded,
) -> Move:
    """Record that every lot in a container was moved to another: all of them, or none.

    What changes time already judged needs a `reason`, and is listed in `/v1/corrections` with what it did.
    """
    access.refuse_elsewhere(connection, "container", moved.to_id, "to_id")
    refuse_future("at", moved.at, now)
    at: datetime = moved.at or now
    lost = lost_since(connection, lots_now_in(connection, container_id), settings, now)
    word = replace(recorded, reason=moved.reason, lost_since=lost)
    done = move(connection, container_id, moved.to_id, at=at, word=word)
    return Move(**asdict(done), at=done.moved_at)
