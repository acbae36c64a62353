"""Coming in as a part's own database role, as in production."""

from service.store.pool import Connection, connect
from service.store.privileges import role_of


def url_as(database_url: str, part: str) -> str:
    """The address of a test's database for a part of the service."""
    return database_url.replace("postgres@", f"{role_of(part)}@")


def connected_as(database_url: str, part: str) -> Connection:
    """A connection that acts for nobody yet."""
    return connect(url_as(database_url, part), application="tests")
