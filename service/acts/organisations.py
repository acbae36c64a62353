"""Organisations, as people register them, and what they change of them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from service.domain.identity.actor import Actor
from service.domain.registry.retirement import retiring, why_in_use, why_unchanged
from service.store.acting import acting
from service.store.pool import Connection
from service.store.registry import organisations
from service.store.registry.organisations import Organisation
from service.store.row_locks import lock_to_retire


def add_organisation(connection: Connection, actor: Actor, new: Organisation) -> None:
    """Register an organisation.

    Raises:
        ConflictError: the id is taken.
    """
    with acting(connection, actor):
        organisations.insert_organisation(connection, new)


def change_organisation(
    connection: Connection,
    actor: Actor,
    organisation_id: str,
    change: Mapping[str, Any],
    *,
    reason: str,
    now: datetime,
) -> Organisation:
    """Change what an organisation is called (`name`) or is (`kind`), or whether it is in use (`retired`).

    Args:
        change: what is to be different, by name; the rest stays.

    Raises:
        NotFoundError: there is no such organisation.
        RefusedError: it changes nothing.
        ConflictError: it is to be retired, and has sites in use, lots that it answers for, or handovers that wait.
    """
    if refused := why_unchanged(change):
        raise refused
    with acting(connection, actor, reason):
        lock_to_retire(connection, "organisations", organisation_id)
        was = organisations.organisation(connection, organisation_id)
        becomes = replace(was, **retiring(change, was.retired_at, now))
        if becomes.retired_at is not None:
            uses = organisations.uses_of_organisation(connection, organisation_id)
            what_to_do = "retire its sites and have it hand over what it has first"
            if in_use := why_in_use("organisation", organisation_id, uses, what_to_do):
                raise in_use
        organisations.update_organisation(connection, becomes)
    return becomes
