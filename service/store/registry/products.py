"""Products, each with the profile its lots are kept under."""

from dataclasses import asdict, dataclass

from service.store.new_rows import new_row
from service.store.paging import BY_ID, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import columns, found, one_row, values


@dataclass(frozen=True, slots=True)
class Product:
    """What is made, pinned to a version of its profile."""

    id: str
    name: str
    profile_id: str
    profile_version: int


def insert_product(connection: Connection, product: Product) -> None:
    """Register a product.

    Raises:
        ConflictError: the id is taken.
    """
    with new_row("product", product.id):
        connection.execute(f"INSERT INTO products ({columns(Product)}) VALUES ({values(Product)})", asdict(product))


def products(connection: Connection, part: Part = WHOLE) -> list[Product]:
    """Products, by id."""
    return rows_of_part(connection, Product, f"SELECT {columns(Product)} FROM products", {}, BY_ID, part)


def product(connection: Connection, product_id: str) -> Product:
    """One product.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = one_row(connection, Product, f"SELECT {columns(Product)} FROM products WHERE id = %s", [product_id])
    return found(row, "product", product_id)
