"""How much of their budgets lots had used when people were told of it, or are to be told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Told:
    """A share that people were told of, and the alert that told it; None: it is an old matter."""

    share: float
    alert_id: int | None


@dataclass(frozen=True, slots=True)
class _Told:
    lot_id: str
    direction: str
    threshold_c: float
    share: float
    alert_id: int | None

    @property
    def key(self) -> Key:
        return self.lot_id, (Direction(self.direction), self.threshold_c)


def told(connection: Connection, lot_ids: Collection[str]) -> dict[Key, Told]:
    """The shares of these lots' budgets that people were told of."""
    found = all_rows(
        connection,
        _Told,
        f"SELECT {columns(_Told)} FROM budget_stages WHERE lot_id = ANY(%s) AND waits_since IS NULL",
        [list(lot_ids)],
    )
    return {one.key: Told(one.share, one.alert_id) for one in found}


def put(connection: Connection, found: Mapping[Key, float], waits_since: datetime | None) -> None:
    """These shares are used; `waits_since`: and people are to be told; None: they are an old matter."""
    _write(connection, {key: (share, None) for key, share in found.items()}, waits_since)


def note_told(connection: Connection, found: Mapping[Key, tuple[float, int]]) -> None:
    """These shares are told, each by the alert of this id."""
    _write(connection, found, None)


def _write(connection: Connection, found: Mapping[Key, tuple[float, int | None]], waits_since: datetime | None) -> None:
    if not found:
        return
    keys = sorted(found)
    connection.execute(
        "INSERT INTO budget_stages (lot_id, direction, threshold_c, share, alert_id, waits_since) "
        "SELECT lot_id, direction, threshold_c, share, alert_id, %s "
        "FROM unnest(%s::text[], %s::text[], %s::float8[], %s::float8[], %s::bigint[]) AS new "
        "(lot_id, direction, threshold_c, share, alert_id) ON CONFLICT (lot_id, direction, threshold_c) DO UPDATE "
        "SET share = excluded.share, alert_id = excluded.alert_id, waits_since = excluded.waits_since",
        [waits_since, *_columns(keys), [float(found[key][0]) for key in keys], [found[key][1] for key in keys]],
    )


def _columns(keys: Sequence[Key]) -> list[list[Any]]:
    return [
        [lot_id for lot_id, _ in keys],
        [direction.value for _, (direction, _) in keys],
        [float(threshold_c) for _, (_, threshold_c) in keys],
    ]


def lower(connection: Connection, found: Mapping[Key, float]) -> None:
    """Less is used than was thought: so that it is told when it comes to that again. 0: nothing that is told of."""
    less = sorted(key for key, share in found.items() if share > 0)
    if less:
        connection.execute(
            "UPDATE budget_stages AS known SET share = less.share "
            "FROM unnest(%s::text[], %s::text[], %s::float8[], %s::float8[]) "
            "AS less (lot_id, direction, threshold_c, share) WHERE (known.lot_id, known.direction, known.threshold_c) "
            "= (less.lot_id, less.direction, less.threshold_c)",
            [*_columns(less), [float(found[key]) for key in less]],
        )
    none = sorted(key for key, share in found.items() if share <= 0)
    if none:
        connection.execute(
            "DELETE FROM budget_stages WHERE (lot_id, direction, threshold_c) IN "
            "(SELECT * FROM unnest(%s::text[], %s::text[], %s::float8[]))",
            _columns(none),
        )


def waiting(connection: Connection, since: datetime) -> list[str]:
    """The lots of which something has waited to be told since then, and of which no upload is still coming in."""
    return all_values(
        connection,
        "SELECT DISTINCT lot_id FROM budget_stages WHERE waits_since <= %s AND NOT EXISTS (SELECT FROM stays "
        "JOIN past_windows USING (container_id) WHERE stays.lot_id = budget_stages.lot_id) ORDER BY lot_id",
        [since],
    )
