"""Every list is a page of one: `limit` and `after` ask for it, `items` and `next` are the answer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import AfterValidator, BaseModel, Field

from service.api.schemas.fields import text
from service.errors import RefusedError
from service.store.paging import Key, Order, Part, read, written

R = TypeVar("R")
T = TypeVar("T")

#: Most items of one page.
MOST = 1_000


class Page(BaseModel, Generic[T]):
    """Part of a list."""

    items: list[T]
    next: str | None = Field(description="Give it as `after` for what follows; null: nothing does.")

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """What it is called for clients: a page of `Lot` is a `LotPage`."""
        return f"{params[0].__name__}Page"


@dataclass(frozen=True, slots=True)
class Asked:
    """What page is asked for. `after`: the `next` of the page before; None: the first page."""

    limit: int
    after: str | None

    def part(self, order: Order) -> Part:
        """The rows of a list to be loaded for it: one more than is shown tells whether others follow.

        Raises:
            RefusedError: `after` is no `next` of a list in this order.
        """
        return Part(self.limit + 1, self.key(order.by.values()))

    def key(self, kinds: Iterable[type]) -> Key | None:
        """Behind which key it begins; None: with the first.

        Raises:
            RefusedError: `after` is no key of values of these types.
        """
        if self.after is None:
            return None
        try:
            return read(self.after, kinds)
        except ValueError:
            raise RefusedError(
                "after",
                "it is no `next` of this list; give that of the page before, or leave it out for the first page",
            ) from None


def _asked(
    limit: Annotated[int, Query(ge=1, le=MOST, description="At most this many items.")] = 100,
    after: Annotated[
        Annotated[str, AfterValidator(text)] | None,
        Query(max_length=10_000, description="`next` of the page before; left out: the first page."),
    ] = None,
) -> Asked:
    return Asked(limit, after)


#: Of a route that lists.
Paging = Annotated[Asked, Depends(_asked)]


def page(asked: Asked, order: Order, rows: Sequence[R], shown: Callable[[R], T]) -> Page[T]:
    """The page made of rows as they were loaded for it."""
    return _page(asked, rows, order.key, shown)


def page_of(
    asked: Asked, items: Iterable[R], kinds: Sequence[type], key: Callable[[R], Key], shown: Callable[[R], T]
) -> Page[T]:
    """The page of a list that is all there, in the order of its keys.

    Args:
        kinds: the type of each value of a key.
    """
    after = asked.key(kinds)
    behind = sorted((item for item in items if after is None or key(item) > after), key=key)
    return _page(asked, behind, key, shown)


def _page(asked: Asked, rows: Sequence[R], key: Callable[[R], Key], shown: Callable[[R], T]) -> Page[T]:
    on_page = rows[: asked.limit]
    return Page(
        items=[shown(row) for row in on_page],
        next=written(key(on_page[-1])) if len(rows) > len(on_page) else None,
    )
