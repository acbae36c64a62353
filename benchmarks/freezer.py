"""A freezer as benchmarks fill their cold stores with."""

from collections.abc import Sequence
from datetime import datetime

from service.acts.lots import register_lot
from service.domain.lots.placements import Placement
from service.store.lots.placements import add_placement
from service.store.pool import Connection
from service.store.registry import containers as registry
from service.store.registry import loggers
from service.store.registry.attachments import add_attachment


def add_freezer(
    connection: Connection, name: str, *, site: str, profile_id: str, lot_ids: Sequence[str], since: datetime
) -> None:
    """A freezer, its logger of the same name, and lots of the product "product" that were in it from the start."""
    registry.add_container(connection, name, site, name, "freezer", profile_id)
    loggers.register_logger(connection, name, site, "", -100.0, 50.0)
    with connection.transaction():
        add_attachment(
            connection,
            attachment_id=name,
            container_id=name,
            logger_id=name,
            probe="",
            place="air",
            from_at=since,
            until_at=None,
            commissioned_at=since,
        )
        for lot_id in lot_ids:
            register_lot(
                connection,
                lot_id=lot_id,
                product_id="product",
                lot_number=lot_id,
                units=1,
                life_starts_at=since,
                life_ends_at=None,
            )
            add_placement(connection, Placement(lot_id, lot_id, name, since, None))
