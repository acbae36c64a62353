"""How much of their budgets lots had used when people were told of it, or are to be told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from service.domain.exposure.container import Threshold
from service.domain.profiles import Direction
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, columns

#: A lot and one of its thresholds.
Key = tuple[str, Threshold]


@dataclass(frozen=True, slots=True)
class Stage:
    """A share of a budget that a lot has used. `waits`: people are still to be told of it."""

    share: float
    waits: bool


@dataclass(frozen=True, slots=True)
class _Stage:
    lot_id: str
    direction: str
    threshold_c: float
    share: float
    waits_since: datetime | None

    @property
    def key(self) -> Key:
        return self.lot_id, (Direction(self.direction), self.threshold_c)


def stages(connection: Connection, lot_ids: Collection[str]) -> dict[Key, Stage]:
    """What is known of these lots."""
    found = all_rows(
        connection, _Stage, f"SELECT {columns(_Stage)} FROM budget_stages WHERE lot_id = ANY(%s)", [list(lot_ids)]
    )
    return {one.key: Stage(one.share, one.waits_since is not None) for one in found}


def told(connection: Connection, lot_ids: Collection[str], but_by: int | None) -> dict[Key, float]:
    """The shares people were told of; what one alert told is left out, for it says how things stand now."""
    found = all_rows(
        connection,
        _Stage,
        f"SELECT {columns(_Stage)} FROM budget_stages "
        "WHERE lot_id = ANY(%s) AND waits_since IS NULL AND alert_id IS DISTINCT FROM %s",
        [list(lot_ids), -1 if but_by is None else but_by],
    )
    return {one.key: one.share for one in found}


def put(connection: Connection, found: Mapping[Key, float], waits_since: datetime | None) -> None:
    """These shares are used; `waits_since`: and people are to be told; None: they are an old matter."""
    _write(connection, found, None, waits_since)


def note_told(connection: Connection, found: Mapping[Key, float], alert_id: int) -> None:
    """An alert tells of these."""
    _write(connection, found, alert_id, None)


def _write(
    connection: Connection, found: Mapping[Key, float], alert_id: int | None, waits_since: datetime | None
) -> None:
    if not found:
        return
    keys = sorted(found)
    connection.execute(
        "INSERT INTO budget_stages (lot_id, direction, threshold_c, share, alert_id, waits_since) "
        "SELECT lot_id, direction, threshold_c, share, %s, %s "
        "FROM unnest(%s::text[], %s::text[], %s::float8[], %s::float8[]) AS new "
        "(lot_id, direction, threshold_c, share) ON CONFLICT (lot_id, direction, threshold_c) DO UPDATE "
        "SET share = excluded.share, alert_id = excluded.alert_id, waits_since = excluded.waits_since",
        [
            alert_id,
            waits_since,
            [lot_id for lot_id, _ in keys],
            [direction.value for _, (direction, _) in keys],
            [threshold_c for _, (_, threshold_c) in keys],
            [found[key] for key in keys],
        ],
    )


def lower(connection: Connection, found: Mapping[Key, float]) -> None:
    """Less is used than was thought: so that it is told when it comes to that again. 0: nothing that is told of."""
    for (lot_id, (direction, threshold_c)), share in found.items():
        key = [lot_id, direction.value, threshold_c]
        if share > 0:
            connection.execute(
                "UPDATE budget_stages SET share = %s WHERE (lot_id, direction, threshold_c) = (%s, %s, %s)",
                [share, *key],
            )
        else:
            connection.execute("DELETE FROM budget_stages WHERE (lot_id, direction, threshold_c) = (%s, %s, %s)", key)


def waiting(connection: Connection, since: datetime) -> list[str]:
    """The lots of which something has waited to be told since then, and of which no upload is still coming in."""
    return all_values(
        connection,
        "SELECT DISTINCT lot_id FROM budget_stages WHERE waits_since <= %s AND NOT EXISTS (SELECT FROM placements "
        "JOIN past_windows USING (container_id) WHERE placements.lot_id = budget_stages.lot_id) ORDER BY lot_id",
        [since],
    )
