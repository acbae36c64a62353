"""Specifications: versions of what a certificate must state, never changed once stored."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path

from service.acts import specifications as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database
from service.api.paging import Page, Paging, page
from service.api.schemas.fields import Id
from service.api.schemas.registry import specifications as schemas
from service.store.registry.specifications import (
    BY_VERSION,
    StoredSpecification,
    specification_of,
    specifications,
    stored_specification,
)

router = APIRouter(prefix="/v1/specifications", tags=["registry"], route_class=ActRoute)

Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.post("", status_code=201)
def add_specification(
    specification: schemas.SpecificationIn, connection: Database, actor: TheActor
) -> schemas.Specification:
    """Store items as the next version of their id. It counts for a product once quality has adopted it."""
    stated = specification_of({**specification.model_dump(), "version": 1})
    return _specification(acts.add_specification(connection, actor, stated))


@router.get("")
def list_specifications(connection: Database, asked: Paging) -> Page[schemas.Specification]:
    """Every version of every specification, with its items and where its figures come from."""
    return page(asked, BY_VERSION, specifications(connection, asked.part(BY_VERSION)), _specification)


@router.get("/{specification_id}")
def get_specification(specification_id: Id, connection: Database) -> schemas.Specification:
    """The newest version of one specification."""
    return _specification(stored_specification(connection, specification_id))


@router.get("/{specification_id}/versions/{version}")
def get_specification_version(specification_id: Id, version: Version, connection: Database) -> schemas.Specification:
    """One version of a specification, as certificates were judged by it."""
    return _specification(stored_specification(connection, specification_id, version))


def _specification(stored: StoredSpecification) -> schemas.Specification:
    return schemas.Specification(
        **asdict(stored.specification), recorded_by=stored.recorded_by, recorded_at=stored.recorded_at
    )
