"""Sites, as people register them."""

from service.domain.identity.actor import Actor
from service.store.acting import acting
from service.store.pool import Connection
from service.store.registry import sites


def add_site(connection: Connection, actor: Actor, site_id: str, name: str, time_zone: str) -> None:
    """Register a site.

    Raises:
        ConflictError: the id is taken.
    """
    with acting(connection, actor):
        sites.add_site(connection, site_id, name, time_zone)
