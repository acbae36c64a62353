"""Alerts made ready for pages: as they are stored, with what that leaves out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from service.domain.alerting.alert import Alert
from service.domain.alerting.rules import Alerting
from service.store.alerting.at_stake import departed_lots
from service.store.alerting.history import steps_of
from service.store.alerting.overrides import alerting_of
from service.store.lots.lots import lots_now_in
from service.store.pool import Connection
from service.web.alerting.views import AlertView, alert_view, recovers_s


def alert_views(connection: Connection, alerts: Sequence[Alert], now: datetime, you: str = "") -> list[AlertView]:
    """What is shown of alerts, in their order.

    The lots of an open one are those in its container now, and apart from them those that were: the evaluator writes
    them down only when it next looks. `you`: whoever looks, by the name that their acts bear.
    """
    alert_ids = [alert.id for alert in alerts]
    steps = steps_of(connection, alert_ids)
    alerting = alerting_of(connection, {alert.container_id for alert in alerts if alert.container_id})
    open_ones = {alert.container_id for alert in alerts if alert.container_id and alert.is_open}
    lot_ids = {container_id: lots_now_in(connection, container_id) for container_id in open_ones}
    gone = departed_lots(connection, alert_ids, now)
    found = []
    for alert in alerts:
        own = alerting.get(alert.container_id or "", Alerting())
        now_in = lot_ids.get(alert.container_id or "") if alert.is_open else None
        shown = replace(alert, gone=gone.get(alert.id, ()), lot_ids=alert.lot_ids if now_in is None else tuple(now_in))
        found.append(alert_view(shown, steps, recovers_s(alert.cause, own.overrides), now, you))
    return found
