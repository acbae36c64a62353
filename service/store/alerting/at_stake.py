"""Who is at stake in an alert: every lot that is in its container at any moment of it, and what becomes of each."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain.alerting.departed_lots import DepartedLot
from service.domain.alerting.rule_table import causes_that_endanger_lots
from service.store.pool import Connection
from service.store.rows import all_rows

#: A lot was in an alert's container at some moment of it. What was told in the past tense of some lots' budgets is
#: about no others.
_WAS_THERE = """
    from_at < coalesce(ended_at, %(now)s) AND coalesce(until_at, 'infinity') > began_at
    AND coalesce(life_ends_at, 'infinity') > began_at
    AND cause = ANY(%(causes)s) AND NOT (past AND cause = 'budget_used')
"""


def note_at_stake(connection: Connection, lot_ids: Sequence[str], now: datetime) -> None:
    """Where these lots were is recorded anew: alerts of the time they were there name them, those that are over too.

    An alert goes on naming a lot that was moved, or by a correction never was there.
    """
    if not lot_ids:
        return
    connection.execute(
        "UPDATE alerts SET lot_ids = alerts.lot_ids || found.lot_ids FROM (SELECT alerts.id, "
        "array_agg(DISTINCT lot_id ORDER BY lot_id) AS lot_ids FROM stays JOIN lots ON lots.id = lot_id "
        "JOIN alerts ON subject = 'container:' || stays.container_id "
        f"WHERE lot_id = ANY(%(lots)s) AND NOT lot_id = ANY(alerts.lot_ids) AND {_WAS_THERE} "
        "GROUP BY alerts.id) AS found WHERE alerts.id = found.id",
        {"lots": list(lot_ids), "now": now, "causes": causes_that_endanger_lots()},
    )


def note_at_stake_in(connection: Connection, alert_ids: Collection[int], now: datetime) -> None:
    """Alerts began before anybody looked: each names the lots that were there meanwhile, too."""
    if not alert_ids:
        return
    connection.execute(
        # OFFSET: however many lots the planner thinks there were, it is not to read all lots for them.
        "UPDATE alerts SET lot_ids = lot_ids || ARRAY(SELECT lot_id FROM stays CROSS JOIN LATERAL "
        "(SELECT life_ends_at FROM lots WHERE lots.id = lot_id OFFSET 0) AS lots "
        f"WHERE stays.container_id = alerts.container_id AND {_WAS_THERE} EXCEPT SELECT unnest(alerts.lot_ids) "
        "ORDER BY 1) WHERE id = ANY(%(alerts)s)",
        {"alerts": list(alert_ids), "now": now, "causes": causes_that_endanger_lots()},
    )


@dataclass(frozen=True, slots=True)
class _Gone:
    id: int
    lot_id: str
    left_at: datetime | None
    life_ended: bool
    to_id: str | None
    to_name: str | None


def departed_lots(
    connection: Connection, alert_ids: Sequence[int], now: datetime
) -> dict[int, tuple[DepartedLot, ...]]:
    """By alert, what became of the lots it names that left its container before it was over, or by now."""
    rows = all_rows(
        connection,
        _Gone,
        """
        WITH missing AS MATERIALIZED (
            SELECT alerts.id, container_id, began_at, coalesce(resolved_at, %(now)s) AS by_at, named.lot_id, number,
                   life_ends_at
            FROM alerts CROSS JOIN LATERAL unnest(lot_ids) WITH ORDINALITY AS named (lot_id, number)
            JOIN lots ON lots.id = named.lot_id
            WHERE alerts.id = ANY(%(ids)s) AND container_id IS NOT NULL
            AND (life_ends_at <= coalesce(resolved_at, %(now)s) OR (alerts.id, named.lot_id) NOT IN (
                SELECT still.id, stays.lot_id FROM alerts AS still JOIN stays USING (container_id)
                WHERE still.id = ANY(%(ids)s) AND from_at <= coalesce(still.resolved_at, %(now)s)
                AND coalesce(until_at, 'infinity') > coalesce(still.resolved_at, %(now)s)))
        )
        SELECT missing.id, missing.lot_id,
               CASE WHEN stay.until_at IS NOT NULL THEN least(stay.until_at, life_ends_at) END AS left_at,
               coalesce(life_ends_at <= stay.until_at, false) AS life_ended,
               coalesce(then_in.container_id, else_in.container_id) AS to_id,
               coalesce(then_name.name, else_name.name) AS to_name
        FROM missing
        LEFT JOIN LATERAL (SELECT coalesce(until_at, 'infinity') AS until_at FROM stays
            WHERE lot_id = missing.lot_id AND stays.container_id = missing.container_id
            AND from_at <= by_at AND coalesce(until_at, 'infinity') > began_at
            ORDER BY from_at DESC LIMIT 1) AS stay ON true
        LEFT JOIN LATERAL (SELECT container_id FROM stays WHERE lot_id = missing.lot_id
            AND from_at >= stay.until_at AND from_at <= %(now)s ORDER BY from_at LIMIT 1) AS then_in ON true
        LEFT JOIN LATERAL (SELECT container_id FROM stays WHERE lot_id = missing.lot_id AND stay.until_at IS NULL
            AND from_at <= %(now)s AND coalesce(until_at, 'infinity') > began_at
            ORDER BY from_at DESC LIMIT 1) AS else_in ON true
        LEFT JOIN containers AS then_name ON then_name.id = then_in.container_id
        LEFT JOIN containers AS else_name ON else_name.id = else_in.container_id
        ORDER BY missing.id, number
        """,
        {"ids": list(alert_ids), "now": now},
    )
    found: defaultdict[int, list[DepartedLot]] = defaultdict(list)
    for one in rows:
        found[one.id].append(DepartedLot(one.lot_id, one.left_at, one.to_id, one.to_name, one.life_ended))
    return {alert_id: tuple(some) for alert_id, some in found.items()}
