"""Products, each with the profile its lots are kept under."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.store.new_rows import new_row
from service.store.paging import BY_ID, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.registry.adoptions import PINNED
from service.store.rows import found, one_row, one_value


@dataclass(frozen=True, slots=True)
class Product:
    """What is made.

    Attributes:
        gtin: 14 digits; None: it has none.
        profile_id, profile_version: what a new lot of it is pinned to.
        from_before: it was there before there were papers.
        retired_at: since when there are no new lots of it; None: there may be.
        organisation_id: who makes it, and sees all its lots; None: nobody said.
    """

    id: str
    name: str
    gtin: str | None
    profile_id: str
    profile_version: int
    from_before: bool
    retired_at: datetime | None
    organisation_id: str | None


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product as somebody registers it, under a version of a profile."""

    id: str
    name: str
    profile: tuple[str, int]
    gtin: str | None = None
    organisation_id: str | None = None


_SELECT = f"""
    SELECT id, name, gtin, coalesce(pinned.profile_id, products.profile_id) AS profile_id,
        coalesce(pinned.profile_version, products.profile_version) AS profile_version, from_before, retired_at,
        organisation_id
    FROM products LEFT JOIN LATERAL ({PINNED}) AS pinned ON true
"""


def insert_product(connection: Connection, product: NewProduct) -> None:
    """Register a product, of which then a profile has to be adopted.

    Raises:
        ConflictError: the id or the GTIN is taken.
    """
    with new_row("product", product.id, taken=_gtin_taken(product.gtin)):
        connection.execute(
            "INSERT INTO products (id, name, gtin, profile_id, profile_version, organisation_id) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [product.id, product.name, product.gtin, *product.profile, product.organisation_id],
        )


def _gtin_taken(gtin: str | None) -> Mapping[str, str]:
    return {"products_gtin_key": f"GTIN {gtin} is that of another product already; give each product its own"}


def product_of_gtin(connection: Connection, gtin: str) -> str | None:
    """The id of the product that has a GTIN (14 digits); None: none has."""
    product_id: str | None = one_value(connection, "SELECT id FROM products WHERE gtin = %s", [gtin])
    return product_id


def update_product(connection: Connection, product: Product) -> None:
    """Its name, its GTIN, its maker and whether it is retired are what this says from now on.

    Raises:
        ConflictError: the GTIN is taken.
    """
    with new_row("product", product.id, taken=_gtin_taken(product.gtin)):
        connection.execute(
            "UPDATE products SET name = %s, gtin = %s, retired_at = %s, organisation_id = %s WHERE id = %s",
            [product.name, product.gtin, product.retired_at, product.organisation_id, product.id],
        )


def products(connection: Connection, part: Part = WHOLE, *, retired: bool = True) -> list[Product]:
    """Products, by id. `retired`: those of which there are no new lots, too."""
    condition = "true" if retired else "retired_at IS NULL"
    return rows_of_part(connection, Product, f"{_SELECT} WHERE {condition}", {}, BY_ID, part)


def product(connection: Connection, product_id: str) -> Product:
    """One product.

    Raises:
        NotFoundError: there is none of that id.
    """
    return found(one_row(connection, Product, f"{_SELECT} WHERE id = %s", [product_id]), "product", product_id)
