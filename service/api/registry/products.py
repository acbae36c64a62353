"""Products: what is made, and the profile it is kept under."""

from fastapi import APIRouter

from service.acts import products as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database
from service.api.paging import Page, Paging, page
from service.api.schemas.fields import Id
from service.api.schemas.registry import products as schemas
from service.store.paging import BY_ID
from service.store.registry import products

router = APIRouter(prefix="/v1", tags=["registry"], route_class=ActRoute)


@router.post("/products", status_code=201)
def add_product(product: schemas.ProductIn, connection: Database, actor: TheActor) -> schemas.Product:
    """Register a product under the newest version of its profile."""
    return _product(acts.add_product(connection, actor, product.id, product.name, product.profile_id))


@router.get("/products")
def list_products(connection: Database, asked: Paging) -> Page[schemas.Product]:
    """Products, by id."""
    return page(asked, BY_ID, products.products(connection, asked.part(BY_ID)), _product)


@router.get("/products/{product_id}")
def get_product(product_id: Id, connection: Database) -> schemas.Product:
    """One product."""
    return _product(products.product(connection, product_id))


def _product(row: products.Product) -> schemas.Product:
    return schemas.Product.model_validate(row, from_attributes=True)
