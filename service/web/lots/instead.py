"""What to take instead of a lot that may not be used, as its pages tell it."""

from dataclasses import dataclass
from datetime import datetime

from service.answers.instead import take_instead
from service.domain.identity.caller import Sites
from service.settings import Settings
from service.store.lots.lots import Lot
from service.store.pool import Connection
from service.store.registry.sites import Site


@dataclass(frozen=True, slots=True)
class InsteadView:
    """What to take instead; `lot` None: no other of the product may be used at the site."""

    product: str
    site: str
    lot: Lot | None


def instead_view(
    connection: Connection, settings: Settings, now: datetime, about: Lot, site: Site, seen_at: Sites
) -> InsteadView:
    """What to take at a site instead of a lot."""
    found = take_instead(
        connection, settings, now, product_id=about.product_id, site_id=site.id, seen_at=seen_at, but=about.id
    )
    return InsteadView(about.product_name, site.name, found)
