"""Products, each with the profile its lots are kept under."""

from service.domain.profiles import Profile
from service.errors import RefusedError
from service.store.pool import Connection
from service.store.registry.profiles import latest_profile
from service.store.registry.rows import Row, new_row


def profile_named(connection: Connection, profile_id: str) -> Profile:
    """The newest version of a profile.

    Raises:
        RefusedError: there is none of that id.
    """
    profile = latest_profile(connection, profile_id)
    if profile is None:
        raise RefusedError("profile_id", f"there is no profile {profile_id!r}; GET /v1/profiles lists them")
    return profile


def add_product(connection: Connection, product_id: str, name: str, profile_id: str) -> None:
    """Register a product under the newest version of a profile."""
    profile = profile_named(connection, profile_id)
    with new_row("product", product_id):
        connection.execute(
            "INSERT INTO products (id, name, profile_id, profile_version) VALUES (%s, %s, %s, %s)",
            [product_id, name, profile.id, profile.version],
        )


def products(connection: Connection) -> list[Row]:
    """All products, by id."""
    return connection.execute("SELECT id, name, profile_id, profile_version FROM products ORDER BY id").fetchall()
