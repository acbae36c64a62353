"""Where the past of containers changed, and nobody has looked yet whether it is to be told of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.domain.spans import Spans
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, columns


@dataclass(frozen=True, slots=True)
class PastWindow:
    """From when until when the record of a container changed."""

    container_id: str
    from_us: int
    until_us: int


def note_past_windows(connection: Connection, windows: Mapping[str, Spans], now: datetime) -> None:
    """The records of these containers changed in these windows."""
    rows = [(x, int(found[0, 0]), int(found[-1, 1])) for x, found in sorted(windows.items()) if len(found)]
    if not rows:
        return
    container_ids, from_us, until_us = zip(*rows, strict=True)
    connection.execute(
        "INSERT INTO past_windows (container_id, from_us, until_us, first_at, last_at) "
        "SELECT container_id, from_us, until_us, %(now)s, %(now)s "
        "FROM unnest(%(ids)s::text[], %(from)s::bigint[], %(until)s::bigint[]) "
        "AS noted (container_id, from_us, until_us) "
        "ON CONFLICT (container_id) DO UPDATE SET from_us = least(past_windows.from_us, excluded.from_us), "
        "until_us = greatest(past_windows.until_us, excluded.until_us), last_at = excluded.last_at",
        {"now": now, "ids": list(container_ids), "from": list(from_us), "until": list(until_us)},
    )


def settled_windows(connection: Connection, now: datetime, quiet: timedelta, longest: timedelta) -> list[str]:
    """The containers of which nothing more was noted for a while, or of which it is noted for too long already."""
    return all_values(
        connection,
        "SELECT container_id FROM past_windows WHERE last_at <= %s OR first_at <= %s ORDER BY container_id",
        [now - quiet, now - longest],
    )


def past_windows(connection: Connection, container_ids: Sequence[str]) -> list[PastWindow]:
    """What was noted of these containers, by id; one of which nothing was is absent."""
    return all_rows(
        connection,
        PastWindow,
        f"SELECT {columns(PastWindow)} FROM past_windows WHERE container_id = ANY(%s) ORDER BY container_id",
        [list(container_ids)],
    )


def forget_past_window(connection: Connection, container_id: str) -> None:
    """It was looked at. Call it in the transaction that tells of it."""
    connection.execute("DELETE FROM past_windows WHERE container_id = %s", [container_id])
