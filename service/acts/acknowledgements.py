"""People who take alerts over."""

from collections.abc import Sequence
from datetime import datetime

from service.domain.alerting.lifecycle import AlertState, acknowledged
from service.store.alerting.alerts import add_step, change_state, lock_alerts, notify_changed
from service.store.pool import Connection


def acknowledge(connection: Connection, alert_ids: Sequence[int], *, by: str, comment: str, at: datetime) -> list[int]:
    """Somebody takes over those of these alerts that are firing; gives their ids.

    The others stay as they are: taken over already, over, or not told of yet.
    """
    taken = []
    with connection.transaction():
        for alert in lock_alerts(connection, alert_ids):
            step = acknowledged(AlertState(alert.state))
            if step is None or step.state is None:
                continue
            change_state(connection, alert.id, step.state, at, by)
            add_step(
                connection,
                alert.id,
                at=at,
                was=alert.state,
                becomes=step.state,
                reason=step.reason,
                taken_by=by,
                comment=comment or None,
            )
            taken.append(alert.id)
        if taken:
            notify_changed(connection)
    return taken
