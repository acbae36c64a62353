"""The calendars of rotas, as they were when they could last be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.store.pool import Connection
from service.store.rows import all_rows, columns


@dataclass(frozen=True, slots=True)
class _Calendar:
    name: str
    content: bytes


def last_good_calendars(connection: Connection) -> dict[str, bytes]:
    """By name in the on-call file."""
    found = all_rows(connection, _Calendar, f"SELECT {columns(_Calendar)} FROM last_good_calendars ORDER BY name")
    return {one.name: bytes(one.content) for one in found}


def keep_calendars(connection: Connection, calendars: Mapping[str, bytes], now: datetime) -> None:
    """These could be read."""
    for name, content in sorted(calendars.items()):
        connection.execute(
            "INSERT INTO last_good_calendars (name, content, taken_at) VALUES (%s, %s, %s) ON CONFLICT (name) "
            "DO UPDATE SET content = excluded.content, taken_at = excluded.taken_at "
            "WHERE last_good_calendars.content <> excluded.content",
            [name, content, now],
        )
