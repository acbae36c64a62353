"""Sites, as people register them, and what they change of them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from service.domain.identity.actor import Actor
from service.domain.registry.retirement import retiring, why_in_use, why_unchanged
from service.store.acting import acting
from service.store.pool import Connection
from service.store.registry import sites
from service.store.registry.organisations import organisation_named
from service.store.row_locks import lock_to_retire


def add_site(
    connection: Connection,
    actor: Actor,
    site_id: str,
    name: str,
    time_zone: str,
    organisation_id: str | None = None,
) -> None:
    """Register a site.

    Args:
        organisation_id: whose it is.

    Raises:
        ConflictError: the id is taken.
        RefusedError: there is no such organisation, or it is retired.
    """
    with acting(connection, actor):
        if organisation_id is not None:
            organisation_named(connection, organisation_id)
        sites.add_site(connection, site_id, name, time_zone, organisation_id)


def change_site(
    connection: Connection, actor: Actor, site_id: str, change: Mapping[str, Any], *, reason: str, now: datetime
) -> sites.Site:
    """Change what a site is called (`name`), whose it is (`organisation_id`), or whether it is in use (`retired`).

    Args:
        change: what is to be different, by name; the rest stays.

    Raises:
        NotFoundError: there is no such site.
        RefusedError: it changes nothing, or there is no such organisation.
        ConflictError: it is to be retired, and a container or a logger of it is in use.
    """
    if refused := why_unchanged(change):
        raise refused
    with acting(connection, actor, reason):
        lock_to_retire(connection, "sites", site_id)
        was = sites.site(connection, site_id)
        if change.get("organisation_id") is not None:
            organisation_named(connection, change["organisation_id"])
        becomes = replace(was, **retiring(change, was.retired_at, now))
        if becomes.retired_at is not None:
            uses = [repr(used) for used in sites.in_use_at(connection, site_id)]
            if in_use := why_in_use("site", site_id, uses, "retire what is there first"):
                raise in_use
        sites.update_site(connection, becomes)
    return becomes
