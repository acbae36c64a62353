"""Lists a part at a time: a part begins behind the key of a row, not after a count of rows, so no row is shown twice
or left out because others were added meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from service.store.pool import Connection
from service.store.rows import all_rows

T = TypeVar("T")

#: The values by which a row is found in a list.
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list. `by`: columns that are unique together, and the type of each; all of a key's are descending
    if `newest_first`."""

    by: Mapping[str, type]
    newest_first: bool = False

    def key(self, row: object) -> Key:
        """Where a row stands in the list."""
        return tuple(getattr(row, column) for column in self.by)


BY_ID = Order({"id": str})
IN_TIME = Order({"from_at": datetime, "id": str})
NEWEST_FIRST = Order({"id": int}, newest_first=True)


@dataclass(frozen=True, slots=True)
class Part:
    """What of a list is wanted: at most `most` rows, those behind the row of the key `after`. None: no such bound."""

    most: int | None = None
    after: Key | None = None


WHOLE = Part()


def rows_of_part(
    connection: Connection, row: Callable[..., T], query: str, parameters: Mapping[str, Any], order: Order, part: Part
) -> list[T]:
    """The rows of a query that are in this part of the list. Its columns include those of the order.

    Each column is a field of `row`, or an argument of what makes one, by name.
    """
    after = {} if part.after is None else {f"after_{n}": value for n, value in enumerate(part.after)}
    follow = "<" if order.newest_first else ">"
    direction = " DESC" if order.newest_first else ""
    behind = f"WHERE ({', '.join(order.by)}) {follow} ({', '.join(f'%({name})s' for name in after)})" if after else ""
    return all_rows(
        connection,
        row,
        f"SELECT * FROM ({query}) AS listed {behind} "
        f"ORDER BY {', '.join(column + direction for column in order.by)} LIMIT %(most)s",
        {**parameters, **after, "most": part.most},
    )
