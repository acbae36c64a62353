"""What is retired takes nothing new."""

from datetime import datetime

from service.domain.registry.retirement import why_retired
from service.store.pool import Connection
from service.store.registry.containers import container
from service.store.registry.loggers import logger
from service.store.registry.products import product
from service.store.registry.sites import site


def refuse_retired_site(connection: Connection, site_id: str) -> None:
    """Refuse that something is registered at a site that is retired. Call it once its row is there.

    Raises:
        ConflictError: it is.
    """
    if refused := why_retired("site", site_id, site(connection, site_id).retired_at):
        raise refused


def refuse_retired_product(connection: Connection, product_id: str) -> None:
    """Likewise of a new lot of a product."""
    if refused := why_retired("product", product_id, product(connection, product_id).retired_at):
        raise refused


def refuse_retired_container(connection: Connection, container_id: str, until_at: datetime | None) -> None:
    """Likewise of what is in a container; what had an end before it was retired may be recorded later."""
    if refused := why_retired("container", container_id, container(connection, container_id).retired_at, until_at):
        raise refused


def refuse_retired_logger(connection: Connection, logger_id: str, until_at: datetime | None) -> None:
    """Likewise of what a logger measures."""
    if refused := why_retired("logger", logger_id, logger(connection, logger_id).retired_at, until_at):
        raise refused
