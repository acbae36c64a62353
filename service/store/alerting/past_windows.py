"""Where the past of containers changed, and nobody has looked yet whether it is to be told of."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from service.domain.spans import Spans
from service.store.pool import Connection


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
    rows = connection.execute(
        "SELECT container_id FROM past_windows WHERE last_at <= %s OR first_at <= %s ORDER BY container_id",
        [now - quiet, now - longest],
    )
    return [row["container_id"] for row in rows]


def past_windows(connection: Connection, container_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """By container, what was noted: from the first instant to the last."""
    rows = connection.execute(
        "SELECT container_id, from_us, until_us FROM past_windows WHERE container_id = ANY(%s) ORDER BY container_id",
        [list(container_ids)],
    )
    return {row["container_id"]: (row["from_us"], row["until_us"]) for row in rows}


def forget_past_window(connection: Connection, container_id: str) -> None:
    """It was looked at. Call it in the transaction that tells of it."""
    connection.execute("DELETE FROM past_windows WHERE container_id = %s", [container_id])
