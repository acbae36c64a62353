"""Loggers, as people register them."""

from service.domain.identity.actor import Actor
from service.store.acting import acting
from service.store.pool import Connection
from service.store.registry import loggers


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
        ConflictError: it is registered.
    """
    with acting(connection, actor):
        loggers.register_logger(connection, logger_id, site_id, model, range_min_c, range_max_c, firmware)
