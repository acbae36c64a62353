"""Who may do what only one may do, and who shares out what."""

from collections import Counter

from service.domain.shares import ALL, Sharing
from service.store.pool import Connection
from service.store.rows import all_values, one_value, tuples

#: Held by every evaluator that lives, together; by one of before there were shares alone, so that none of those is at
#: work beside one of these.
_EVALUATOR = 7_243_002

#: With the number of a share: held by the evaluator that has it.
_SHARE = 7_243_007

#: Held for one transaction by whoever decides what is told, by whoever judges the service's own parts, and by whoever
#: seals the audit trail.
_PLANNER, _SERVICE_WATCH, _SEALER = 7_243_005, 7_243_006, 7_243_008

#: The advisory locks of this database that somebody has. Those of one number have `objsubid` 1, of two numbers 2.
_HELD = """
    FROM pg_locks WHERE locktype = 'advisory' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_OF_SHARES = f"objsubid = 2 AND classid = {_SHARE}"


def join_evaluators(connection: Connection) -> bool:
    """Be counted among the evaluators that live, for as long as this connection does.

    False while one is at work that knows of no shares, and so takes everything for its own.
    """
    joined: bool = one_value(connection, "SELECT pg_try_advisory_lock_shared(%s)", [_EVALUATOR])
    return joined


def sharing(connection: Connection) -> Sharing:
    """Who holds what, for an evaluator that joined."""
    held, others, own = set(), Counter[int](), set()
    for pid, is_own, share in tuples(
        connection,
        f"SELECT pid, pid = pg_backend_pid(), CASE objsubid WHEN 2 THEN objid::integer END {_HELD} "
        f"AND ({_OF_SHARES} OR objsubid = 1 AND classid = 0 AND objid = {_EVALUATOR})",
    ):
        if share is not None:
            held.add(share)
        if is_own:
            own |= {share} - {None}
        else:
            others[pid] += share is not None
    return Sharing(frozenset(own), ALL - held, tuple(others.values()))


def take_share(connection: Connection, share: int) -> bool:
    """Hold a share for as long as this connection lives, unless another does; ask for none that is held already."""
    taken: bool = one_value(connection, "SELECT pg_try_advisory_lock(%s, %s)", [_SHARE, share])
    return taken


def give_back_share(connection: Connection, share: int) -> None:
    """Let another have it."""
    connection.execute("SELECT pg_advisory_unlock(%s, %s)", [_SHARE, share])


def shares_of_nobody(connection: Connection) -> frozenset[int]:
    """The shares that no evaluator holds: what belongs to them is not judged."""
    return ALL - set(all_values(connection, f"SELECT objid::integer {_HELD} AND {_OF_SHARES}"))


def may_plan(connection: Connection) -> bool:
    """Become the one that decides what is told, until the end of this transaction."""
    return _taken_for_now(connection, _PLANNER)


def may_watch_service(connection: Connection) -> bool:
    """Become the one that judges the service's own parts, until the end of this transaction."""
    return _taken_for_now(connection, _SERVICE_WATCH)


def may_seal(connection: Connection) -> bool:
    """Become the one that seals the audit trail, until the end of this transaction."""
    return _taken_for_now(connection, _SEALER)


def _taken_for_now(connection: Connection, lock: int) -> bool:
    taken: bool = one_value(connection, "SELECT pg_try_advisory_xact_lock(%s)", [lock])
    return taken
