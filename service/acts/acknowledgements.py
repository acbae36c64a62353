"""People who take alerts over, or say that they cannot."""

from collections.abc import Callable, Sequence
from datetime import datetime

from service.domain.alerting.lifecycle import AlertState, Step, acknowledged, passed_on
from service.domain.identity.actor import Actor
from service.store.acting import acting
from service.store.alerting.alert_changes import NewStep, add_steps, change_states, notify_changed
from service.store.alerting.alerts import lock_alerts
from service.store.pool import Connection


def acknowledge(
    connection: Connection, actor: Actor, alert_ids: Sequence[int], *, comment: str, at: datetime
) -> list[int]:
    """Somebody takes over those of these alerts that are firing; gives their ids.

    The others stay as they are: taken over already, over, or not told of yet.
    """
    return _each(connection, actor, alert_ids, acknowledged, comment=comment, at=at)


def pass_on(connection: Connection, actor: Actor, alert_ids: Sequence[int], *, comment: str, at: datetime) -> list[int]:
    """Somebody cannot come: for those of these alerts that are not over the next one is called; gives their ids."""
    return _each(connection, actor, alert_ids, passed_on, comment=comment, at=at)


def _each(
    connection: Connection,
    actor: Actor,
    alert_ids: Sequence[int],
    stepped: Callable[[AlertState], Step | None],
    *,
    comment: str,
    at: datetime,
) -> list[int]:
    steps = []
    with acting(connection, actor, comment):
        for alert in lock_alerts(connection, alert_ids):
            step = stepped(AlertState(alert.state))
            if step is not None and step.state is not None:
                steps.append(NewStep(alert.id, alert.state, step.state, step.reason, actor.name, comment or None))
        if steps:
            change_states(connection, {step.alert_id: step.becomes for step in steps}, at, actor.name)
            add_steps(connection, steps, at)
            notify_changed(connection)
    return [step.alert_id for step in steps]
