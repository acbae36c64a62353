"""Who may do what only one may do."""

from service.store.pool import Connection

#: Held by the evaluator at work for as long as its connection lives.
_EVALUATOR = 7_243_002

#: Held for one transaction by whoever decides what is told, and by whoever judges the service's own parts.
_PLANNER, _SERVICE_WATCH = 7_243_005, 7_243_006


def take_evaluator_lock(connection: Connection) -> bool:
    """Become the one evaluator, unless another is."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s) AS taken", [_EVALUATOR]).fetchone()
    return bool(row and row["taken"])


def evaluator_is_at_work(connection: Connection) -> bool:
    """Whether any evaluator holds its lock."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = %s "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS held",
        [_EVALUATOR],
    ).fetchone()
    return bool(row and row["held"])


def may_plan(connection: Connection) -> bool:
    """Become the one that decides what is told, until the end of this transaction."""
    return _taken_for_now(connection, _PLANNER)


def may_watch_service(connection: Connection) -> bool:
    """Become the one that judges the service's own parts, until the end of this transaction."""
    return _taken_for_now(connection, _SERVICE_WATCH)


def _taken_for_now(connection: Connection, lock: int) -> bool:
    row = connection.execute("SELECT pg_try_advisory_xact_lock(%s) AS taken", [lock]).fetchone()
    return bool(row and row["taken"])
