"""Which alerts there are to tell of, and what was told of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service.domain.alerting.rules import Alerting
from service.store.alerting import alerts
from service.store.alerting.overrides import alerting_of
from service.store.pool import Connection


def listen_for_alerts(connection: Connection) -> None:
    """Ask to be woken by every step of an alert."""
    connection.execute(f"LISTEN {alerts.CHANNEL}")


def alerts_to_consider(
    connection: Connection, past_since: datetime, remembered_since: datetime
) -> list[dict[str, Any]]:
    """Alerts that people may have to be told of: all open ones, and those over since `past_since`.

    Of these, what was told as over is left out unless that is since `remembered_since`. An alert that was past when it
    was heard of counts from then. Fields as `alerts.alert.Alert` has them.
    """
    return _told(
        connection,
        "WHERE alerts.id IN (SELECT id FROM alerts WHERE state <> 'resolved' UNION ALL SELECT id FROM alerts "
        "WHERE state = 'resolved' AND greatest(resolved_at, fired_at) >= %(past)s "
        "AND (greatest(resolved_at, fired_at) >= %(remembered)s OR (SELECT true FROM tellings "
        "WHERE alert_id = alerts.id AND reason IN ('resolved', 'past') LIMIT 1) IS NULL)) ORDER BY alerts.id",
        {"past": past_since, "remembered": remembered_since},
    )


def alerts_as_they_are(connection: Connection, alert_ids: Sequence[int]) -> list[dict[str, Any]]:
    """These alerts now, by id: what a message about them is to say when it is sent. Fields as above."""
    return _told(connection, "WHERE alerts.id = ANY(%(ids)s) ORDER BY alerts.id", {"ids": list(alert_ids)})


def _told(connection: Connection, which: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = connection.execute(
        "SELECT alerts.id, subject, alerts.name, container_id, site_id, sites.name AS site_name, "
        "coalesce(time_zone, 'UTC') AS time_zone, cause, state, severity, began_at, due_at, fired_at, "
        "acknowledged_at, acknowledged_by, ended_at AS resolved_at, resolved_at AS closed_at, calm_since, past, "
        "summary, lot_ids, figures FROM alerts LEFT JOIN sites ON sites.id = site_id " + which,
        parameters,
    ).fetchall()
    alerting = alerting_of(connection, {row["container_id"] for row in rows if row["container_id"]})
    return [_flat(row, alerting.get(row["container_id"], Alerting()).instruction) for row in rows]


def _flat(row: dict[str, Any], instruction: str) -> dict[str, Any]:
    figures = row.pop("figures")
    return {
        **row,
        "instruction": instruction,
        "lot_ids": tuple(row["lot_ids"]),
        **{name: figures.get(name) for name in ("now_c", "remaining_s", "used", "forecast")},
    }


def notification_histories(connection: Connection, alert_ids: Sequence[int]) -> list[dict[str, Any]]:
    """What was told of these alerts, for those of which anything was. Fields as `alerts.telling.Last` has them."""
    return connection.execute(
        "WITH latest AS (SELECT DISTINCT ON (alert_id) * FROM tellings WHERE alert_id = ANY(%(ids)s) "
        "ORDER BY alert_id, id DESC) "
        "SELECT alert_id, latest.told_at AS at, latest.reason, latest.severity, latest.level, latest.lots, "
        "latest.budget_gone, heard.receivers, heard.ended, "
        "(SELECT told_at FROM tellings WHERE alert_id = latest.alert_id ORDER BY id LIMIT 1) AS first_at, "
        "(SELECT min(told_at) FROM tellings WHERE alert_id = latest.alert_id AND id > coalesce((SELECT max(id) "
        "FROM tellings AS other WHERE alert_id = latest.alert_id "
        "AND (level, severity) <> (latest.level, latest.severity)), 0)) AS level_at, "
        "(SELECT max(taken_at) FROM alert_steps WHERE alert_steps.alert_id = latest.alert_id "
        "AND was = 'acknowledged' AND becomes = 'firing') AS again_at "
        "FROM latest, LATERAL (SELECT array_agg(DISTINCT receiver) AS receivers, "
        "array_agg(DISTINCT receiver) FILTER (WHERE reason IN ('resolved', 'past')) AS ended "
        "FROM tellings, unnest(tellings.receivers) AS receiver WHERE alert_id = latest.alert_id) AS heard",
        {"ids": list(alert_ids)},
    ).fetchall()


def silences_in_force(connection: Connection, now: datetime, ended_since: datetime) -> list[dict[str, Any]]:
    """What is not to be told now, and what was not to be told until lately."""
    return connection.execute(
        "SELECT site_id, container_id, cause, from_at, until_at FROM silences WHERE from_at <= %s "
        "AND until_at > %s ORDER BY id",
        [now, ended_since],
    ).fetchall()


def log_notification(
    connection: Connection,
    *,
    told_at: datetime,
    reason: str,
    level: int,
    receivers: Sequence[str],
    told: Sequence[Mapping[str, Any]],
) -> list[int]:
    """Remember that these alerts (id, severity, lots, budget_gone) were told to these receivers."""
    rows = connection.execute(
        "INSERT INTO tellings (alert_id, told_at, reason, severity, level, lots, budget_gone, receivers) "
        "SELECT id, %(at)s, %(reason)s, severity, %(level)s, lots, budget_gone, %(receivers)s "
        "FROM unnest(%(ids)s::bigint[], %(severities)s::text[], %(lots)s::integer[], %(gone)s::boolean[]) "
        "AS told (id, severity, lots, budget_gone) RETURNING id",
        {
            "at": told_at,
            "reason": reason,
            "level": level,
            "receivers": list(receivers),
            "ids": [alert["id"] for alert in told],
            "severities": [alert["severity"] for alert in told],
            "lots": [alert["lots"] for alert in told],
            "gone": [alert["budget_gone"] for alert in told],
        },
    ).fetchall()
    return [row["id"] for row in rows]


def log_also_notified(connection: Connection, alert_ids: Sequence[int], receiver: str, *, over: bool) -> None:
    """Add a receiver to what was told of these alerts last: of their end, or before it.

    Whoever hears of an alert only after its end was told is thus known as one who has not heard that it is over.
    """
    connection.execute(
        "UPDATE tellings SET receivers = array_append(receivers, %(receiver)s) WHERE id IN "
        "(SELECT max(id) FROM tellings WHERE alert_id = ANY(%(ids)s) AND (reason IN ('resolved', 'past')) = %(over)s "
        "GROUP BY alert_id) AND NOT %(receiver)s = ANY(receivers)",
        {"ids": list(alert_ids), "receiver": receiver, "over": over},
    )
