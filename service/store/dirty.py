"""What waits to be evaluated: append-only marks, worked off by id."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain import spans
from service.domain.causes import Cause
from service.domain.instant import BEGINNING_US, END_US
from service.domain.spans import Spans
from service.store.pool import Connection

#: Listeners are woken by this; it is a hint, polling is the rule.
CHANNEL = "unbroken_dirty"


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing to evaluate again: a series over [from_us, until_us], a whole container, or a lot.

    The instants of a series are as its logger's clock said. `cause`: None where readings arrived.
    """

    id: int
    series_id: int | None
    container_id: str | None
    lot_id: str | None
    from_us: int
    until_us: int
    cause: Cause | None = None
    correction_id: int | None = None


def mark_series(
    connection: Connection, series_ids: Sequence[int], from_us: Sequence[int], until_us: Sequence[int]
) -> None:
    """Readings of these series changed between (and at) these instants."""
    connection.execute(
        "INSERT INTO dirty (series_id, from_us, until_us) "
        "SELECT * FROM unnest(%s::integer[], %s::bigint[], %s::bigint[])",
        [list(series_ids), list(from_us), list(until_us)],
    )
    connection.execute(f"NOTIFY {CHANNEL}")


def mark_containers(
    connection: Connection, container_ids: Collection[str], cause: Cause, correction_id: int | None = None
) -> None:
    """Everything about these containers is to be judged anew."""
    _mark_whole(connection, "container_id", container_ids, cause, correction_id)


def mark_lots(connection: Connection, lot_ids: Collection[str], cause: Cause, correction_id: int | None = None) -> None:
    """These lots' lives or placements changed, or what they rest on."""
    _mark_whole(connection, "lot_id", lot_ids, cause, correction_id)


def _mark_whole(
    connection: Connection, column: str, ids: Collection[str], cause: Cause, correction_id: int | None
) -> None:
    connection.execute(
        f"INSERT INTO dirty ({column}, from_us, until_us, cause, correction_id) "
        "SELECT id, %s, %s, %s, %s FROM unnest(%s::text[]) AS id",
        [BEGINNING_US, END_US, cause, correction_id, list(ids)],
    )
    connection.execute(f"NOTIFY {CHANNEL}")


def oldest_marks(connection: Connection, most: int) -> list[Mark]:
    """The oldest marks there are."""
    rows = connection.execute(
        "SELECT id, series_id, container_id, lot_id, from_us, until_us, cause, correction_id FROM dirty "
        "ORDER BY id LIMIT %s",
        [most],
    )
    return [Mark(**{**row, "cause": row["cause"] and Cause(row["cause"])}) for row in rows]


def changed_spans(marks: Iterable[Mark]) -> dict[int, Spans]:
    """By series, when its readings changed, as its logger's clock said."""
    found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for mark in marks:
        if mark.series_id is not None:
            # Half-open spans of closed ranges: one microsecond more, so that equal instants still meet.
            found[mark.series_id].append((mark.from_us, mark.until_us + 1))
    return {series_id: spans.spans(changed) for series_id, changed in sorted(found.items())}


def delete_marks(connection: Connection, ids: Sequence[int]) -> None:
    """Remove exactly these marks: others may have been written meanwhile, with lower ids too."""
    connection.execute("DELETE FROM dirty WHERE id = ANY(%s)", [list(ids)])


def waiting_since(connection: Connection) -> datetime | None:
    """When the longest-waiting mark was written; None if nothing waits."""
    row = connection.execute("SELECT min(marked_at) AS since FROM dirty").fetchone()
    return row["since"] if row else None


def listen(connection: Connection) -> None:
    """Ask to be woken when something is marked."""
    connection.execute(f"LISTEN {CHANNEL}")


def wait_for_mark(connection: Connection, timeout_s: float) -> None:
    """Sleep until something is marked, or the time is over."""
    for _ in connection.notifies(timeout=timeout_s, stop_after=1):
        pass
