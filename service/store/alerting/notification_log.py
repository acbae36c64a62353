"""What was told of alerts, to whom and when: from it the policy knows what is still to be told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from service.domain.alerting.alert import Alert
from service.domain.alerting.notification import NotificationHistory, Reason
from service.store.pool import Connection
from service.store.rows import all_rows, all_values


def _history(
    *, alert_id: int, reason: str, receivers: Sequence[str] | None, ended: Sequence[str] | None, **row: Any
) -> tuple[int, NotificationHistory]:
    return alert_id, NotificationHistory(
        reason=Reason(reason), receivers=frozenset(receivers or ()), ended=frozenset(ended or ()), **row
    )


def notification_histories(connection: Connection, alert_ids: Sequence[int]) -> dict[int, NotificationHistory]:
    """What was told of these alerts, by alert; one of which nothing was told is absent."""
    rows = all_rows(
        connection,
        _history,
        "WITH latest AS (SELECT DISTINCT ON (alert_id) * FROM tellings WHERE alert_id = ANY(%(ids)s) "
        "ORDER BY alert_id, id DESC) "
        "SELECT alert_id, latest.told_at AS at, latest.reason, latest.severity, latest.level, latest.lots, "
        "latest.budget_gone, heard.receivers, heard.ended, "
        "(SELECT told_at FROM tellings WHERE alert_id = latest.alert_id ORDER BY id LIMIT 1) AS first_at, "
        "(SELECT min(told_at) FROM tellings WHERE alert_id = latest.alert_id AND id > coalesce((SELECT max(id) "
        "FROM tellings AS other WHERE alert_id = latest.alert_id "
        "AND (level, severity) <> (latest.level, latest.severity)), 0)) AS level_at, "
        "(SELECT max(taken_at) FROM alert_steps WHERE alert_steps.alert_id = latest.alert_id "
        "AND was = 'acknowledged' AND becomes = 'firing') AS again_at, "
        # Only people pass an alert on; the evaluator's own steps bear no name.
        "(SELECT max(taken_at) FROM alert_steps WHERE alert_steps.alert_id = latest.alert_id "
        "AND becomes = 'firing' AND taken_by <> '') AS passed_on_at "
        "FROM latest, LATERAL (SELECT array_agg(DISTINCT receiver) AS receivers, "
        "array_agg(DISTINCT receiver) FILTER (WHERE reason IN ('resolved', 'past')) AS ended "
        "FROM tellings, unnest(tellings.receivers) AS receiver WHERE alert_id = latest.alert_id) AS heard",
        {"ids": list(alert_ids)},
    )
    return dict(rows)


def log_notification(
    connection: Connection,
    *,
    told_at: datetime,
    reason: Reason,
    level: int,
    receivers: Sequence[str],
    alerts: Sequence[Alert],
) -> int:
    """Remember that these alerts were told to these receivers. Gives a number that is given once."""
    numbers: list[int] = all_values(
        connection,
        "INSERT INTO tellings (alert_id, told_at, reason, severity, level, lots, budget_gone, receivers) "
        "SELECT id, %(at)s, %(reason)s, severity, %(level)s, lots, budget_gone, %(receivers)s "
        "FROM unnest(%(ids)s::bigint[], %(severities)s::text[], %(lots)s::integer[], %(gone)s::boolean[]) "
        "AS told (id, severity, lots, budget_gone) RETURNING id",
        {
            "at": told_at,
            "reason": reason,
            "level": level,
            "receivers": list(receivers),
            "ids": [alert.id for alert in alerts],
            "severities": [alert.severity for alert in alerts],
            "lots": [len(alert.lot_ids) for alert in alerts],
            "gone": [alert.budget_gone for alert in alerts],
        },
    )
    return max(numbers)


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
