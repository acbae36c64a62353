"""The next generation of all spans, written beside the present one in a schema of its own, until it takes its place."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from service.domain import spans
from service.domain.spans import Spans
from service.store.pool import Connection
from service.store.rows import all_values, one_value, tuples

#: Held for as long as a next generation is being written.
_WRITING = 7_243_003
#: Shared by every pass of the evaluator; alone by whoever changes what the passes rest on.
_PASS = 7_243_004

_TABLES = ("container_records", "threshold_spans", "gap_spans")


def begin_next_generation(connection: Connection) -> bool:
    """Become the one who writes the next generation, from nothing, unless another does; until the connection ends."""
    if not one_value(connection, "SELECT pg_try_advisory_lock(%s)", [_WRITING]):
        return False
    connection.execute(f"TRUNCATE {', '.join(f'next.{table}' for table in (*_TABLES, 'windows'))}")
    with connection.transaction():
        # A pass that began earlier does not know of us; all that it judges must be committed before we look.
        hold_passes(connection)
    return True


def is_being_written(connection: Connection) -> bool:
    """Whether somebody writes a next generation."""
    return bool(
        one_value(
            connection,
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [_WRITING],
        )
    )


def hold_generation(connection: Connection) -> None:
    """Until the end of this transaction, nobody puts another generation in place."""
    connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_PASS])


@contextmanager
def held(connection: Connection) -> Iterator[None]:
    """A transaction, until whose end nobody puts another generation in place."""
    with connection.transaction():
        hold_generation(connection)
        yield


def hold_passes(connection: Connection) -> None:
    """Wait for the evaluator's pass to end; until the end of this transaction it begins no other."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_PASS])


@contextmanager
def in_next_generation(connection: Connection) -> Iterator[None]:
    """Meanwhile, records that are loaded and saved over this connection are those of the next generation."""
    connection.execute("SET search_path = next, public")
    yield
    connection.execute("RESET search_path")


def note_windows(connection: Connection, windows: Mapping[str, Spans]) -> None:
    """Ask for the next generation to judge these windows of containers too."""
    # An empty one asks for what a container was never judged by.
    rows = [(container_id, *window) for container_id, found in windows.items() for window in found.tolist() or [(0, 0)]]
    connection.execute(
        "INSERT INTO next.windows (container_id, from_us, until_us) "
        "SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[])",
        [[row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]],
    )


def noted_windows(connection: Connection) -> dict[str, Spans]:
    """What was asked for, which is thereby settled. Call it in the transaction that judges them."""
    found: dict[str, list[tuple[int, int]]] = {}
    query = "DELETE FROM next.windows RETURNING container_id, from_us, until_us"
    for container_id, from_us, until_us in tuples(connection, query):
        found.setdefault(container_id, []).append((from_us, until_us))
    return {container_id: spans.spans(pairs) for container_id, pairs in sorted(found.items())}


def lots_of_changed_containers(connection: Connection) -> list[str]:
    """Lots ever placed where the next generation differs from the present one."""
    changed = " UNION ".join(
        f"(SELECT container_id FROM (TABLE {one}.{table} EXCEPT TABLE {other}.{table}) AS only_here)"
        for table in _TABLES
        for one, other in (("next", "public"), ("public", "next"))
    )
    return all_values(
        connection, f"SELECT DISTINCT lot_id FROM stays WHERE container_id IN ({changed}) ORDER BY lot_id"
    )


def take_over(connection: Connection) -> None:
    """Put the next generation in the place of the present one. Call it in a transaction that holds the passes."""
    for table in _TABLES:
        connection.execute(f"DELETE FROM public.{table}")
        connection.execute(f"INSERT INTO public.{table} SELECT * FROM next.{table}")
