"""Who is at stake in an alert: every lot that is in its container at any moment of it, and what becomes of each."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from service.domain.alert_words import DANGERS
from service.domain.at_stake import Gone
from service.store.pool import Connection

#: Of each alert, the lots there at any moment of it that it does not name yet.
_UNNAMED = """
    SELECT alerts.id, array_agg(DISTINCT lot_id ORDER BY lot_id) AS lot_ids
    FROM placements JOIN lots ON lots.id = lot_id
    JOIN alerts ON subject = 'container:' || placements.container_id
        AND from_at < coalesce(ended_at, %(now)s) AND coalesce(until_at, 'infinity') > began_at
        AND coalesce(life_ends_at, 'infinity') > began_at AND NOT lot_id = ANY(alerts.lot_ids)
        AND cause = ANY(%(causes)s)
        -- What was told in the past tense of some lots' budgets is about no others.
        AND NOT (past AND cause = 'budget_used')
"""

_NAME_THEM = (
    "UPDATE alerts SET lot_ids = alerts.lot_ids || found.lot_ids FROM ({} GROUP BY alerts.id) AS found "
    "WHERE alerts.id = found.id"
)


def note_at_stake(connection: Connection, lot_ids: Sequence[str], now: datetime) -> None:
    """Where these lots were is recorded anew: alerts of the time they were there name them, those that are over too.

    An alert goes on naming a lot that was moved, or by a correction never was there.
    """
    if lot_ids:
        which = _UNNAMED + "WHERE lot_id = ANY(%(lots)s)"
        connection.execute(_NAME_THEM.format(which), {"lots": list(lot_ids), "now": now, "causes": sorted(DANGERS)})


def note_at_stake_in(connection: Connection, alert_id: int, now: datetime) -> None:
    """An alert began before anybody looked: it names the lots that were there meanwhile, too."""
    which = _UNNAMED + "WHERE alerts.id = %(alert)s"
    connection.execute(_NAME_THEM.format(which), {"alert": alert_id, "now": now, "causes": sorted(DANGERS)})


def gone_from(connection: Connection, alert_ids: Sequence[int], now: datetime) -> dict[int, tuple[Gone, ...]]:
    """By alert, what became of the lots it names that left its container before it was over, or by now."""
    rows = connection.execute(
        """
        SELECT alerts.id, named.lot_id,
               CASE WHEN stay.until_at IS NOT NULL THEN least(stay.until_at, life_ends_at) END AS left_at,
               coalesce(life_ends_at <= stay.until_at, false) AS life_ended,
               coalesce(then_in.container_id, else_in.container_id) AS to_id,
               coalesce(then_name.name, else_name.name) AS to_name
        FROM alerts CROSS JOIN LATERAL unnest(lot_ids) WITH ORDINALITY AS named (lot_id, number)
        JOIN lots ON lots.id = named.lot_id
        LEFT JOIN LATERAL (SELECT coalesce(until_at, 'infinity') AS until_at FROM placements
            WHERE lot_id = named.lot_id AND placements.container_id = alerts.container_id
            AND from_at <= coalesce(resolved_at, %(now)s) AND coalesce(until_at, 'infinity') > began_at
            ORDER BY from_at DESC LIMIT 1) AS stay ON true
        LEFT JOIN LATERAL (SELECT container_id FROM placements WHERE lot_id = named.lot_id
            AND from_at >= stay.until_at AND from_at <= %(now)s ORDER BY from_at LIMIT 1) AS then_in ON true
        LEFT JOIN LATERAL (SELECT container_id FROM placements WHERE lot_id = named.lot_id AND stay.until_at IS NULL
            AND from_at <= %(now)s AND coalesce(until_at, 'infinity') > began_at
            ORDER BY from_at DESC LIMIT 1) AS else_in ON true
        LEFT JOIN containers AS then_name ON then_name.id = then_in.container_id
        LEFT JOIN containers AS else_name ON else_name.id = else_in.container_id
        WHERE alerts.id = ANY(%(ids)s) AND alerts.container_id IS NOT NULL
        AND (stay.until_at IS NULL OR least(stay.until_at, life_ends_at) <= coalesce(resolved_at, %(now)s))
        ORDER BY alerts.id, number
        """,
        {"ids": list(alert_ids), "now": now},
    ).fetchall()
    found: defaultdict[int, list[Gone]] = defaultdict(list)
    for row in rows:
        found[row.pop("id")].append(Gone(**row))
    return {alert_id: tuple(some) for alert_id, some in found.items()}
