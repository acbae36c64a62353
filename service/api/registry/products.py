"""Products: what is made, under which profile, and what it asks for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from service.acts import adoptions as adopting
from service.acts import products as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.paging import Page, Paging, page
from service.api.schemas.fields import Id
from service.api.schemas.registry import products as schemas
from service.store.paging import BY_ID, NEWEST_FIRST
from service.store.pool import Connection
from service.store.registry import products
from service.store.registry.adoptions import KeptAdoption, adoptions, adoptions_now

router = APIRouter(prefix="/v1", tags=["registry"], route_class=ActRoute)


@router.post("/products", status_code=201)
def add_product(product: schemas.ProductIn, connection: Database, actor: TheActor) -> schemas.Product:
    """Register a product. What it asks for counts once quality has signed it; until then its lots are not proven."""
    added = acts.add_product(
        connection,
        actor,
        product.id,
        product.name,
        product.profile_id,
        gtin=product.gtin,
        specification_id=product.specification_id,
        release_signatures=product.release_signatures,
        organisation_id=product.organisation_id,
    )
    return _shown(connection, added)


@router.get("/products")
def list_products(
    connection: Database,
    asked: Paging,
    retired: Annotated[bool, Query(description="Those of which there are no new lots, too.")] = False,
) -> Page[schemas.Product]:
    """Products, by id, each with what it asks for."""
    rows = products.products(connection, asked.part(BY_ID), retired=retired)
    shown = {one.id: one for one in _products(connection, rows)}
    return page(asked, BY_ID, rows, lambda row: shown[row.id])


@router.get("/products/{product_id}")
def get_product(product_id: Id, connection: Database) -> schemas.Product:
    """One product, with what it asks for and what of that waits for a signature."""
    return _shown(connection, products.product(connection, product_id))


@router.patch("/products/{product_id}")
def change_product(
    product_id: Id, change: schemas.ProductChange, connection: Database, actor: TheActor, now: Now
) -> schemas.Product:
    """Change what a product is called, its GTIN or its maker, or retire it, with the reason."""
    changed = acts.change_product(connection, actor, product_id, change.given(), reason=change.reason, now=now)
    return _shown(connection, changed)


@router.post("/products/{product_id}/adoptions", status_code=201)
def add_adoption(
    product_id: Id, adoption: schemas.AdoptionIn, connection: Database, actor: TheActor
) -> schemas.Adoption:
    """Have a product ask for something: it counts once quality has signed the change that this records.

    Give a profile with its stage, or a specification, or how many sign a release, or whether custody is asked for.
    """
    return _adoption(adopting.ask_for(connection, actor, product_id, **adoption.model_dump()))


@router.get("/products/{product_id}/adoptions")
def list_adoptions(product_id: Id, connection: Database, asked: Paging) -> Page[schemas.Adoption]:
    """All that a product ever asked for, newest first."""
    products.product(connection, product_id)
    return page(asked, NEWEST_FIRST, adoptions(connection, product_id, asked.part(NEWEST_FIRST)), _adoption)


def _shown(connection: Connection, row: products.Product) -> schemas.Product:
    return _products(connection, [row])[0]


def _products(connection: Connection, rows: Sequence[products.Product]) -> list[schemas.Product]:
    asks_for = defaultdict[str, list[KeptAdoption]](list)
    for one in adoptions_now(connection, [row.id for row in rows]):
        asks_for[one.product_id].append(one)
    return [
        schemas.Product(
            **asdict(row),
            adopted=[_adoption(one) for one in asks_for[row.id] if one.state == "adopted"],
            waiting=[_adoption(one) for one in asks_for[row.id] if one.state == "waiting"],
        )
        for row in rows
    ]


def _adoption(one: KeptAdoption) -> schemas.Adoption:
    return schemas.Adoption.model_validate(one, from_attributes=True)
