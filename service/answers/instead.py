"""What to take instead of a lot that may not be used now: the best usable one of its product at its site."""

from datetime import datetime

from service.answers.listing import as_of_now
from service.domain.identity.caller import Sites
from service.settings import Settings
from service.store.lots.listing import Chosen, best_usable
from service.store.lots.lots import Lot
from service.store.pool import Connection


def take_instead(
    connection: Connection,
    settings: Settings,
    now: datetime,
    *,
    product_id: str,
    site_id: str,
    seen_at: Sites,
    but: str = "",
) -> Lot | None:
    """The lot of a product at a site that is to be used first; None: none may be used there.

    First to expire, then the one with the most left of its tightest limit. What is stored is read, as far as it stands.

    Args:
        but: the lot that may not be used.
    """
    chosen = Chosen(site_id=site_id, seen_at=seen_at)
    return best_usable(connection, product_id, chosen, as_of_now(connection, settings, now), but)
