"""Products, each with the profile its lots are kept under."""

from dataclasses import dataclass

from service.store.new_rows import new_row
from service.store.pool import Connection
from service.store.registry.profiles import profile_named
from service.store.rows import all_rows, columns, found, one_row


@dataclass(frozen=True, slots=True)
class Product:
    """What is made, pinned to a version of its profile."""

    id: str
    name: str
    profile_id: str
    profile_version: int


def add_product(connection: Connection, product_id: str, name: str, profile_id: str) -> None:
    """Register a product under the newest version of a profile.

    Raises:
        RefusedError: there is no such profile.
        ConflictError: the id is taken.
    """
    profile = profile_named(connection, profile_id)
    with new_row("product", product_id):
        connection.execute(
            "INSERT INTO products (id, name, profile_id, profile_version) VALUES (%s, %s, %s, %s)",
            [product_id, name, profile.id, profile.version],
        )


def products(connection: Connection) -> list[Product]:
    """All products, by id."""
    return all_rows(connection, Product, f"SELECT {columns(Product)} FROM products ORDER BY id")


def product(connection: Connection, product_id: str) -> Product:
    """One product.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = one_row(connection, Product, f"SELECT {columns(Product)} FROM products WHERE id = %s", [product_id])
    return found(row, "product", product_id)
