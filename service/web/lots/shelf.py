"""The lots of one page: as many as one reads, and what leads to those before and after them."""

from dataclasses import dataclass
from datetime import datetime

from service.answers.listing import Told, told_lots
from service.domain.identity.caller import Sites
from service.settings import Settings
from service.store.lots.listing import WORST_FIRST, Chosen
from service.store.pool import Connection
from service.web.turning import Leaf, leaf

#: Lots on one page, worst first. Whoever holds a vial searches for it.
A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see; empty: anything. `after`, `before`: the cursor of the lot that the page follows, or
    comes before. `seen_at`: where they may see lots."""

    text: str = ""
    answer: str = ""
    container_id: str = ""
    site_id: str = ""
    after: str = ""
    before: str = ""
    seen_at: Sites = None


def shelf(connection: Connection, settings: Settings, now: datetime, asked: Asked) -> Leaf[Told]:
    """The lots of a page."""
    chosen = Chosen(
        answer=asked.answer or None,
        container_id=asked.container_id or None,
        site_id=asked.site_id or None,
        text=asked.text or None,
        seen_at=asked.seen_at,
    )
    return leaf(
        lambda part: told_lots(connection, chosen, part, settings, now),
        WORST_FIRST,
        A_PAGE,
        asked.after,
        asked.before,
    )
