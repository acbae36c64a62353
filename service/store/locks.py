"""Who may do what only one may do."""

from service.store.pool import Connection

#: Held by the evaluator at work for as long as its connection lives.
_EVALUATOR = 7_243_002


def take_evaluator_lock(connection: Connection) -> bool:
    """Become the one evaluator, unless another is."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s) AS taken", [_EVALUATOR]).fetchone()
    return bool(row and row["taken"])
