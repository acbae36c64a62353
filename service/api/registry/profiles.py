"""Profiles: versioned conditions, never changed once stored."""

from dataclasses import asdict

from fastapi import APIRouter

from service.acts.products import add_next_version
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database
from service.api.paging import Page, Paging, page
from service.api.schemas.fields import Id
from service.api.schemas.registry import profiles as schemas
from service.domain.profiles import Profile
from service.errors import NotFoundError
from service.store.registry.profiles import BY_VERSION, latest_profile, profile_of, profiles

router = APIRouter(prefix="/v1", tags=["registry"], route_class=ActRoute)


@router.post("/profiles", status_code=201)
def add_profile(profile: schemas.ProfileIn, connection: Database, actor: TheActor) -> schemas.Profile:
    """Store conditions as the next version of their id. What is pinned to an older version stays judged by that."""
    stated = profile_of({**profile.model_dump(), "version": 1})
    return _profile(add_next_version(connection, actor, stated))


@router.get("/profiles")
def list_profiles(connection: Database, asked: Paging) -> Page[schemas.Profile]:
    """Every version of every profile, with its limits and where its figures come from."""
    return page(asked, BY_VERSION, profiles(connection, asked.part(BY_VERSION)), _profile)


@router.get("/profiles/{profile_id}")
def get_profile(profile_id: Id, connection: Database) -> schemas.Profile:
    """The newest version of one profile."""
    profile = latest_profile(connection, profile_id)
    if profile is None:
        raise NotFoundError(f"there is no profile {profile_id!r}; GET /v1/profiles lists them")
    return _profile(profile)


def _profile(profile: Profile) -> schemas.Profile:
    return schemas.Profile(**asdict(profile))
