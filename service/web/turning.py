"""Lists a page at a time: the rows of one, and what leads to those before and after them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from service.store.paging import Key, Order, Part, read, written

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Leaf(Generic[T]):
    """The rows of a page. `before`, `after`: the cursor that leads to the page before, and to the next; None: to none.
    `is_first`: nothing was left out before them."""

    rows: list[T]
    before: str | None
    after: str | None
    is_first: bool


def leaf(
    load: Callable[[Part], list[T]],
    order: Order,
    most: int,
    after: str = "",
    before: str = "",
    row_of: Callable[[T], object] = lambda row: row,
) -> Leaf[T]:
    """The rows of a page. A broken cursor leads to the first page, and so does one before which hardly anything is.

    Args:
        load: gives a part of the list.
        after, before: the cursor that the page follows, or comes before.
        row_of: where a row has the columns of the order.
    """
    behind, ahead = _key(after, order), _key(before, order)
    if ahead is not None:
        rows = load(Part(most + 1, ahead, backwards=True))[::-1]
        if len(rows) > most:
            return _leaf(rows[-most:], order, row_of, earlier=True, later=True)
        behind = None
    rows = load(Part(most + 1, behind))
    return _leaf(rows[:most], order, row_of, earlier=behind is not None, later=len(rows) > most)


def _key(cursor: str, order: Order) -> Key | None:
    """None: there is none, or it is broken."""
    try:
        return read(cursor, order.by.values()) if cursor else None
    except ValueError:
        return None


def _leaf(rows: list[T], order: Order, row_of: Callable[[T], object], *, earlier: bool, later: bool) -> Leaf[T]:
    return Leaf(
        rows,
        before=written(order.key(row_of(rows[0]))) if rows and earlier else None,
        after=written(order.key(row_of(rows[-1]))) if rows and later else None,
        is_first=not earlier,
    )
