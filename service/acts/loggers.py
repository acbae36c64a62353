"""Loggers, as people register them, and what they change of them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from service.acts.retirement import refuse_retired_site
from service.domain.identity.actor import Actor
from service.domain.registry.retirement import retiring, why_in_use, why_unchanged
from service.store.acting import acting
from service.store.pool import Connection
from service.store.registry import loggers
from service.store.registry.containers import containers_by_id
from service.store.registry.sites import site_named
from service.store.row_locks import lock_several_series, lock_to_retire


def register_logger(
    connection: Connection,
    actor: Actor,
    logger_id: str,
    site_id: str,
    model: str,
    range_min_c: float | None,
    range_max_c: float | None,
    firmware: str = "",
) -> None:
    """Register a logger, whether or not it has been heard already; what it said of itself is not forgotten.

    Raises:
        RefusedError: there is no such site.
        ConflictError: it is registered, or the site is retired.
    """
    with acting(connection, actor):
        loggers.register_logger(connection, logger_id, site_id, model, range_min_c, range_max_c, firmware)
        refuse_retired_site(connection, site_id)


def change_logger(
    connection: Connection, actor: Actor, logger_id: str, change: Mapping[str, Any], *, reason: str, now: datetime
) -> None:
    """Change at which site a logger is registered (`site_id`), or whether it is in use (`retired`).

    Args:
        change: what is to be different, by name; the rest stays.

    Raises:
        NotFoundError: it is neither registered nor was it ever heard.
        RefusedError: it is not registered; there is no such site; or it changes nothing.
        ConflictError: it is attached, in a container of another site or to be retired; or the site is retired.
    """
    if refused := why_unchanged(change):
        raise refused
    with acting(connection, actor, reason):
        loggers.logger(connection, logger_id)
        lock_to_retire(connection, "loggers", logger_id)
        lock_several_series(connection, loggers.series_ids_of(connection, logger_id))
        was = loggers.registered_logger(connection, logger_id)
        becomes = replace(was, **retiring(change, was.retired_at, now))
        site_id = site_named(connection, str(becomes.site_id)).id
        there = containers_by_id(connection, was.container_ids)
        keep = [one.id for one in there.values() if becomes.retired_at is not None or one.site_id != site_id]
        uses = [f"container {container_id!r}" for container_id in keep]
        if in_use := why_in_use("logger", logger_id, uses, "end its attachment first"):
            raise in_use
        if becomes.retired_at is None and (was.retired_at, was.site_id) != (None, site_id):
            refuse_retired_site(connection, site_id)
        loggers.update_logger(connection, becomes)
