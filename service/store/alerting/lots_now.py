"""Where all lots are now: in which container, or in none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain.alerting.given_up import GIVEN_UP_CODES
from service.domain.instant import from_datetime
from service.store.instants import parameter
from service.store.pool import Connection
from service.store.rows import all_rows, all_values


@dataclass(frozen=True, slots=True)
class UnplacedLot:
    """A lot that lives and is in no container.

    Attributes:
        site_id: where it was last, if anywhere.
        reason_codes: of its answer, as it was judged last.
    """

    lot_id: str
    lot_number: str
    profile_id: str
    site_id: str | None
    reason_codes: list[str]
    since_us: int


@dataclass(frozen=True, slots=True)
class _LotsIn:
    container_id: str
    lot_ids: list[str]


def lots_now(
    connection: Connection, now_us: int, container_ids: Sequence[str] | None = None
) -> dict[str, tuple[str, ...]]:
    """By container, the ids of the lots that are in it now and whose life has not ended; one without is absent.

    Args:
        container_ids: these containers; None: all.
    """
    lots, of_these = "JOIN lots ON lots.id = lot_id", ""
    if container_ids is not None:
        # OFFSET: however many lots the planner thinks there were, it is not to read all lots for them.
        lots = "CROSS JOIN LATERAL (SELECT life_ends_at FROM lots WHERE lots.id = lot_id OFFSET 0) AS lots"
        of_these = "AND container_id = ANY(%(containers)s) "
    found = all_rows(
        connection,
        _LotsIn,
        f"SELECT container_id, array_agg(lot_id ORDER BY lot_id) AS lot_ids FROM stays {lots} "
        "WHERE from_at <= %(now)s AND coalesce(until_at, 'infinity') > %(now)s "
        f"AND coalesce(life_ends_at, 'infinity') > %(now)s {of_these}GROUP BY container_id",
        {"now": parameter(now_us), "containers": None if container_ids is None else list(container_ids)},
    )
    return {one.container_id: tuple(one.lot_ids) for one in found}


def nested_lots_now(connection: Connection, now_us: int) -> dict[str, tuple[str, ...]]:
    """By container that is in another now, the ids of the lots that were put into it itself; one without is absent."""
    found = all_rows(
        connection,
        _LotsIn,
        "SELECT container_id, array_agg(DISTINCT lot_id) AS lot_ids FROM stays WHERE level = 0 "
        "AND from_at <= %(now)s AND coalesce(until_at, 'infinity') > %(now)s AND container_id IN ("
        "SELECT container_id FROM enclosures WHERE from_at <= %(now)s AND coalesce(until_at, 'infinity') > %(now)s) "
        "GROUP BY container_id",
        {"now": parameter(now_us)},
    )
    return {one.container_id: tuple(one.lot_ids) for one in found}


def given_up_now(connection: Connection, now_us: int) -> frozenset[str]:
    """Ids of the lots that are in a container now, and of whose answer the last word is spoken."""
    return frozenset(
        all_values(
            connection,
            "SELECT DISTINCT lot_id FROM lot_states JOIN stays USING (lot_id) "
            "WHERE answer = 'do_not_use' AND reason_codes && %(given_up)s "
            "AND from_at <= %(now)s AND coalesce(until_at, 'infinity') > %(now)s",
            {"now": parameter(now_us), "given_up": list(GIVEN_UP_CODES)},
        )
    )


@dataclass(frozen=True, slots=True)
class _Count:
    container_id: str
    lots: int


def count_lots_now(connection: Connection, container_ids: Sequence[str], now_us: int) -> dict[str, int]:
    """How many lots are in these containers now, of those whose life has not ended; one without is absent."""
    found = all_rows(
        connection,
        _Count,
        "SELECT container_id, count(*) AS lots FROM stays JOIN lots ON lots.id = lot_id "
        "WHERE container_id = ANY(%(containers)s) AND from_at <= %(now)s AND coalesce(until_at, 'infinity') > %(now)s "
        "AND coalesce(life_ends_at, 'infinity') > %(now)s GROUP BY container_id",
        {"now": parameter(now_us), "containers": list(container_ids)},
    )
    return {one.container_id: one.lots for one in found}


@dataclass(frozen=True, slots=True)
class _Unplaced:
    id: str
    lot_number: str
    profile_id: str
    site_id: str | None
    reason_codes: list[str]
    since_at: datetime


def unplaced_lots(connection: Connection, now_us: int) -> list[UnplacedLot]:
    """Lots that live and are recorded in no container now, by id, and since when that is known."""
    found = all_rows(
        connection,
        _Unplaced,
        """
        SELECT lots.id, lot_number, profile_id, last.site_id, reason_codes,
               greatest(life_starts_at, lots.recorded_at, last.until_at, corrected.at) AS since_at
        FROM lots JOIN lot_states ON lot_states.lot_id = lots.id
        LEFT JOIN LATERAL (
            SELECT placements.until_at, site_id FROM placements JOIN containers ON containers.id = container_id
            WHERE lot_id = lots.id AND until_at <= %(now)s ORDER BY until_at DESC LIMIT 1
        ) AS last ON true
        LEFT JOIN (
            SELECT lot_id, max(corrections.recorded_at) AS at FROM recorded_placements
            JOIN corrections ON corrections.id = superseded_by GROUP BY lot_id
        ) AS corrected ON corrected.lot_id = lots.id
        WHERE split_up_at IS NULL AND coalesce(life_starts_at, '-infinity') <= %(now)s
              AND coalesce(life_ends_at, 'infinity') > %(now)s
              AND NOT EXISTS (SELECT FROM placements WHERE lot_id = lots.id
                              AND from_at <= %(now)s AND coalesce(until_at, 'infinity') > %(now)s)
        ORDER BY lots.id
        """,
        {"now": parameter(now_us)},
    )
    return [
        UnplacedLot(one.id, one.lot_number, one.profile_id, one.site_id, one.reason_codes, from_datetime(one.since_at))
        for one in found
    ]
