"""Products and profiles, as people register them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from service.acts.adoptions import adopt
from service.domain.identity.actor import Actor
from service.domain.profiles import Profile, why_not_stored
from service.domain.registry.retirement import retiring, why_unchanged
from service.errors import ConflictError
from service.store.acting import acting
from service.store.pool import Connection
from service.store.registry.adoptions import Adoption
from service.store.registry.organisations import organisation_named
from service.store.registry.products import (
    NewProduct,
    Product,
    insert_product,
    product,
    product_of_gtin,
    update_product,
)
from service.store.registry.profiles import add_profile_if_new, latest_profile, profile_named
from service.store.registry.specifications import specification_named


def add_product(
    connection: Connection,
    actor: Actor,
    product_id: str,
    name: str,
    profile_id: str,
    *,
    gtin: str | None = None,
    specification_id: str | None = None,
    release_signatures: int | None = None,
    organisation_id: str | None = None,
) -> Product:
    """Register a product. What it asks for (the newest version of each) waits for quality to adopt it by signing it.

    Args:
        gtin: 14 digits.
        release_signatures: as many accounts sign a release; None: none is asked for.
        organisation_id: who makes it.

    Raises:
        RefusedError: there is no such profile, specification or organisation.
        ConflictError: the id or the GTIN is taken.
    """
    with acting(connection, actor):
        profile = profile_named(connection, profile_id)
        _refuse_taken(connection, gtin, product_id)
        _refuse_unknown_maker(connection, organisation_id)
        pinned = (profile.id, profile.version)
        insert_product(connection, NewProduct(product_id, name, pinned, gtin, organisation_id))
        adopt(connection, Adoption(product_id, "storage", profile=(profile.id, profile.version)))
        if specification_id is not None:
            text = specification_named(connection, specification_id)
            adopt(connection, Adoption(product_id, specification=(text.id, text.version)))
        if release_signatures is not None:
            adopt(connection, Adoption(product_id, release_signatures=release_signatures))
        return product(connection, product_id)


def change_product(
    connection: Connection, actor: Actor, product_id: str, change: Mapping[str, Any], *, reason: str, now: datetime
) -> Product:
    """Change a product's `name`, `gtin` or maker (`organisation_id`), or whether there are new lots of it (`retired`).

    Args:
        change: what is to be different, by name; the rest stays.

    Raises:
        NotFoundError: there is no such product.
        RefusedError: it changes nothing, or there is no such organisation.
        ConflictError: the GTIN is taken.
    """
    if refused := why_unchanged(change):
        raise refused
    with acting(connection, actor, reason):
        was = product(connection, product_id)
        _refuse_taken(connection, change.get("gtin"), product_id)
        _refuse_unknown_maker(connection, change.get("organisation_id"))
        update_product(connection, replace(was, **retiring(change, was.retired_at, now)))
        return product(connection, product_id)


def _refuse_unknown_maker(connection: Connection, organisation_id: str | None) -> None:
    if organisation_id is not None:
        organisation_named(connection, organisation_id)


def _refuse_taken(connection: Connection, gtin: str | None, product_id: str) -> None:
    """Refuse the GTIN of another product."""
    taken_by = None if gtin is None else product_of_gtin(connection, gtin)
    if taken_by not in {None, product_id}:
        raise ConflictError(f"GTIN {gtin} is that of product {taken_by!r} already; give each product its own")


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
