"""A few counts for monitoring."""

from typing import Any

from service.store.pool import Connection


def figures(connection: Connection) -> dict[str, Any]:
    """What waits, what was rejected, what fires, and how many lots have which verdict."""
    row = connection.execute(
        "SELECT (SELECT min(marked_at) FROM dirty) AS waiting_since, (SELECT count(*) FROM dirty) AS waiting, "
        "(SELECT count(*) FROM rejected_messages) AS rejected, "
        "(SELECT count(*) FROM alerts WHERE state = 'firing') AS firing, "
        "(SELECT count(*) FROM loggers) AS loggers"
    ).fetchone()
    lots = connection.execute("SELECT verdict, count(*) AS n FROM lot_states GROUP BY verdict").fetchall()
    return {**(row or {}), "lots": {found["verdict"]: found["n"] for found in lots}}
