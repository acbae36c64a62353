"""People who take alerts over."""

from collections.abc import Sequence
from datetime import datetime

from service.domain.alerting.lifecycle import AlertState, acknowledged
from service.store.alerting.alerts import add_step, change_state, notify_changed
from service.store.pool import Connection


def acknowledge(connection: Connection, alert_ids: Sequence[int], *, by: str, comment: str, at: datetime) -> list[int]:
    """Somebody takes over those of these alerts that are firing; gives their ids. Call it inside a transaction.

    The others stay as they are: taken over already, over, or not told of yet.
    """
    rows = connection.execute(
        "SELECT id, state FROM alerts WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(alert_ids)]
    ).fetchall()
    taken = []
    for row in rows:
        step = acknowledged(AlertState(row["state"]))
        if step is None or step.state is None:
            continue
        change_state(connection, row["id"], step.state, at, by)
        add_step(
            connection,
            row["id"],
            at=at,
            was=row["state"],
            becomes=step.state,
            reason=step.reason,
            taken_by=by,
            comment=comment or None,
        )
        taken.append(int(row["id"]))
    if taken:
        notify_changed(connection)
    return taken
