"""Who may do what only one may do."""

from service.store.pool import Connection
from service.store.rows import one_value

#: Held by the evaluator at work for as long as its connection lives.
_EVALUATOR = 7_243_002

#: Held for one transaction by whoever decides what is told, and by whoever judges the service's own parts.
_PLANNER, _SERVICE_WATCH = 7_243_005, 7_243_006


def take_evaluator_lock(connection: Connection) -> bool:
    """Become the one evaluator, unless another is."""
    taken: bool = one_value(connection, "SELECT pg_try_advisory_lock(%s)", [_EVALUATOR])
    return taken


def evaluator_is_at_work(connection: Connection) -> bool:
    """Whether any evaluator holds its lock."""
    held: bool = one_value(
        connection,
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = %s "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
        [_EVALUATOR],
    )
    return held


def may_plan(connection: Connection) -> bool:
    """Become the one that decides what is told, until the end of this transaction."""
    return _taken_for_now(connection, _PLANNER)


def may_watch_service(connection: Connection) -> bool:
    """Become the one that judges the service's own parts, until the end of this transaction."""
    return _taken_for_now(connection, _SERVICE_WATCH)


def _taken_for_now(connection: Connection, lock: int) -> bool:
    taken: bool = one_value(connection, "SELECT pg_try_advisory_xact_lock(%s)", [lock])
    return taken
