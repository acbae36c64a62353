"""The lots of one page: as many as one reads, and what leads to those before and after them."""

from dataclasses import dataclass
from datetime import datetime

from service.answers.listing import Told, told_lots
from service.domain.identity.caller import Sites
from service.settings import Settings
from service.store.lots.listing import WORST_FIRST, Chosen
from service.store.paging import Key, Part, read, written
from service.store.pool import Connection

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


@dataclass(frozen=True, slots=True)
class Shelf:
    """The lots of a page. `before`, `after`: the cursor that leads to the page before, and to the next; None: to none.
    `is_first`: nothing was left out before them."""

    lots: list[Told]
    before: str | None
    after: str | None
    is_first: bool


def shelf(connection: Connection, settings: Settings, now: datetime, asked: Asked) -> Shelf:
    """The lots of a page. A broken cursor leads to the first page, and so does one before which hardly anything is."""
    chosen = Chosen(
        answer=asked.answer or None,
        container_id=asked.container_id or None,
        site_id=asked.site_id or None,
        text=asked.text or None,
        seen_at=asked.seen_at,
    )
    after, before = _key(asked.after), _key(asked.before)
    if before is not None:
        lots = told_lots(connection, chosen, Part(A_PAGE + 1, before, backwards=True), settings, now)
        if len(lots) > A_PAGE:
            return _shelf(lots[-A_PAGE:], earlier=True, later=True)
        after = None
    lots = told_lots(connection, chosen, Part(A_PAGE + 1, after), settings, now)
    return _shelf(lots[:A_PAGE], earlier=after is not None, later=len(lots) > A_PAGE)


def _key(cursor: str) -> Key | None:
    """None: there is none, or it is broken."""
    try:
        return read(cursor, WORST_FIRST.by.values()) if cursor else None
    except ValueError:
        return None


def _shelf(lots: list[Told], *, earlier: bool, later: bool) -> Shelf:
    return Shelf(
        lots,
        before=written(WORST_FIRST.key(lots[0])) if lots and earlier else None,
        after=written(WORST_FIRST.key(lots[-1])) if lots and later else None,
        is_first=not earlier,
    )
