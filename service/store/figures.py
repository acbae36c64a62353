"""A few counts for monitoring."""

from typing import Any

from service.store.pool import Connection


def figures(connection: Connection) -> dict[str, Any]:
    """What waits, what was set aside, what fires, who is silent; lots by verdict and rejected messages by code."""
    row = connection.execute(
        "SELECT (SELECT min(marked_at) FROM dirty) AS waiting_since, (SELECT count(*) FROM dirty) AS waiting, "
        "(SELECT count(*) FROM rejected_messages) AS rejected, "
        "(SELECT count(*) FROM reading_conflicts) AS conflicts, "
        "(SELECT count(*) FROM alerts WHERE state = 'firing') AS firing, "
        "(SELECT count(*) FROM loggers) AS loggers, "
        "(SELECT count(*) FROM loggers WHERE NOT online) AS offline, "
        "(SELECT count(*) FROM loggers WHERE EXISTS (SELECT FROM series WHERE logger_id = loggers.id) AND NOT EXISTS ("
        "SELECT FROM series JOIN readings ON series_id = series.id "
        "WHERE logger_id = loggers.id AND measured_at > now() - interval '1 hour')) AS silent"
    ).fetchone()
    lots = connection.execute("SELECT verdict, count(*) AS n FROM lot_states GROUP BY verdict").fetchall()
    codes = connection.execute(
        "SELECT code, count(*) AS n FROM rejected_messages "
        "WHERE NOT EXISTS (SELECT FROM redrives WHERE message_id = id) GROUP BY code"
    ).fetchall()
    return {
        **(row or {}),
        "lots": {found["verdict"]: found["n"] for found in lots},
        "not_redriven": {found["code"]: found["n"] for found in codes},
    }
