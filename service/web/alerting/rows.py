"""Alerts made ready for pages: stored rows, with what they leave out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service.domain.alerting.rules import Alerting
from service.store.alerting.at_stake import gone_from
from service.store.alerting.history import steps_of
from service.store.alerting.overrides import alerting_of
from service.store.lots.lots import lots_now_in
from service.store.pool import Connection
from service.web.alerting.views import AlertView, alert_view, is_open, recovers_s

Row = Mapping[str, Any]


def alert_views(connection: Connection, rows: Sequence[Row], now: datetime) -> list[AlertView]:
    """What is shown of alerts, in their order.

    The lots of an open one are those in its container now, and apart from them those that were: the evaluator writes
    them down only when it next looks.

    Args:
        rows: as `service.store.alerting.history` gives them.
    """
    steps = steps_of(connection, [row["id"] for row in rows])
    container_ids = {row["container_id"] for row in rows if row["container_id"]}
    alerting = alerting_of(connection, container_ids)
    open_ones = {row["container_id"] for row in rows if row["container_id"] and is_open(row)}
    lot_ids = {container_id: lots_now_in(connection, container_id) for container_id in open_ones}
    gone = gone_from(connection, [row["id"] for row in rows], now)
    found = []
    for row in rows:
        own = alerting.get(row["container_id"], Alerting())
        now_in = lot_ids.get(row["container_id"]) if is_open(row) else None
        shown = row if now_in is None else {**row, "lot_ids": now_in}
        watched_s = recovers_s(row["cause"], own.overrides)
        found.append(alert_view(shown, steps, own.instruction, watched_s, now, gone.get(row["id"], ())))
    return found
