"""Lists a part at a time: a part begins behind the key of a row, not after a count of rows, so no row is shown twice
or left out because others were added meanwhile."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from service.domain.instant import rfc3339
from service.store.pool import Connection
from service.store.rows import all_rows

T = TypeVar("T")

#: The values by which a row is found in a list.
Key = tuple[Any, ...]

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list. `by`: columns that are unique together, and the type of each; all of a key's are descending
    if `newest_first`."""

    by: Mapping[str, type]
    newest_first: bool = False

    def key(self, row: object) -> Key:
        """Where a row stands in the list."""
        return tuple(getattr(row, column) for column in self.by)


def written(key: Key) -> str:
    """A key as the cursor of a list: what a page says of the next one."""
    parts = (rfc3339(value) if isinstance(value, datetime) else str(value) for value in key)
    return ",".join(quote(part, safe=":") for part in parts)


def read(cursor: str, kinds: Iterable[type]) -> Key:
    """The key of a cursor.

    Raises:
        ValueError: it is none of values of these types.
    """
    return tuple(
        _value(unquote(part, errors="strict"), kind) for part, kind in zip(cursor.split(","), list(kinds), strict=True)
    )


def _value(part: str, kind: type) -> Any:
    if "\0" in part:
        raise ValueError("no row has such a name")
    if kind is datetime:
        when = datetime.fromisoformat(part)
        if when.tzinfo is None:
            raise ValueError("it names no instant")
        return when
    if kind is int:
        number = int(part)
        if abs(number) > _LARGEST:
            raise ValueError("no row has such a number")
        return number
    return part


BY_ID = Order({"id": str})
IN_TIME = Order({"from_at": datetime, "id": str})
NEWEST_FIRST = Order({"id": int}, newest_first=True)


@dataclass(frozen=True, slots=True)
class Part:
    """What of a list is wanted: at most `most` rows, those behind the row of the key `after`. None: no such bound.

    Attributes:
        backwards: those before it instead, nearest first: turn them round.
    """

    most: int | None = None
    after: Key | None = None
    backwards: bool = False


WHOLE = Part()


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a list in the words of a query: a condition, an order with its end, and their parameters."""

    condition: str
    order: str
    parameters: Mapping[str, Any]


def cut(order: Order, part: Part) -> Cut:
    """How a query gives this part alone; each column of the order has its name there."""
    after = {} if part.after is None else {f"after_{n}": value for n, value in enumerate(part.after)}
    descends = order.newest_first != part.backwards
    follow = "<" if descends else ">"
    direction = " DESC" if descends else ""
    return Cut(
        f"({', '.join(order.by)}) {follow} ({', '.join(f'%({name})s' for name in after)})" if after else "true",
        f"ORDER BY {', '.join(column + direction for column in order.by)} LIMIT %(most)s",
        {**after, "most": part.most},
    )


def rows_of_part(
    connection: Connection, row: Callable[..., T], query: str, parameters: Mapping[str, Any], order: Order, part: Part
) -> list[T]:
    """The rows of a query that are in this part of the list. Its columns include those of the order.

    Each column is a field of `row`, or an argument of what makes one, by name.
    """
    here = cut(order, part)
    return all_rows(
        connection,
        row,
        f"SELECT * FROM ({query}) AS listed WHERE {here.condition} {here.order}",
        {**parameters, **here.parameters},
    )
