"""How many statements something costs."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Cursor

from service.store.pool import Connection


@contextmanager
def counted(connection: Connection) -> Iterator[Counter[str]]:
    """What is asked over this connection meanwhile, each statement with how often."""
    asked: Counter[str] = Counter()

    class Counting(Cursor[Any]):
        def execute(self, query: Any, *more: Any, **named: Any) -> Any:
            asked[str(query)] += 1
            return super().execute(query, *more, **named)

    usual = connection.cursor_factory
    connection.cursor_factory = Counting
    try:
        yield asked
    finally:
        connection.cursor_factory = usual
