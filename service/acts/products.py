"""Products and profiles, as people register them."""

from dataclasses import replace

from service.acts.adoptions import adopt
from service.domain.identity.actor import Actor
from service.domain.profiles import Profile, why_not_stored
from service.errors import ConflictError
from service.store.acting import acting
from service.store.pool import Connection
from service.store.registry.adoptions import Adoption
from service.store.registry.products import Product, insert_product
from service.store.registry.profiles import add_profile_if_new, latest_profile, profile_named


def add_product(connection: Connection, actor: Actor, product_id: str, name: str, profile_id: str) -> Product:
    """Register a product under the newest version of a profile, which quality adopts by signing it.

    Raises:
        RefusedError: there is no such profile.
        ConflictError: the id is taken.
    """
    with acting(connection, actor):
        profile = profile_named(connection, profile_id)
        added = Product(product_id, name, profile.id, profile.version)
        insert_product(connection, added)
        adopt(connection, Adoption(product_id, "storage", profile=(profile.id, profile.version)))
    return added


def add_next_version(connection: Connection, actor: Actor, profile: Profile) -> Profile:
    """Store a profile under the next version of its id, whatever version it names; no stored version is changed.

    Raises:
        ConflictError: the id is one of the built-in profiles', or somebody stored a version at the same moment.
    """
    if refused := why_not_stored(profile.id):
        raise refused
    with acting(connection, actor):
        latest = latest_profile(connection, profile.id)
        added = replace(profile, version=1 if latest is None else latest.version + 1)
        if not add_profile_if_new(connection, added):
            raise ConflictError(f"another version of profile {profile.id!r} was stored at this moment; send it again")
    return added
