"""Alert states of containers, kept in step with their records."""

from collections.abc import Sequence
from typing import Any

import structlog

from service.domain.alarms import LIMIT_CROSSED, AlertState, Crossing, Step, crossing, next_step, summary
from service.domain.instant import to_datetime
from service.domain.profiles import Effect, Profile
from service.store import alerts, registry
from service.store.lots import lots_now_in
from service.store.pool import Connection
from service.store.records import load_ends

log = structlog.get_logger()


def update_alerts(
    connection: Connection, container_ids: Sequence[str], profiles: dict[tuple[str, int], Profile], now_us: int
) -> None:
    """Bring the alerts of these containers, and all that are open, to where they should be now."""
    unresolved = {row["container_id"]: row for row in alerts.open_alerts(connection)}
    concerned = sorted({*container_ids, *unresolved})
    records = load_ends(connection, concerned)
    for container_id in concerned:
        container = registry.container(connection, container_id)
        profile = profiles[container["profile_id"], container["profile_version"]]
        record = records.get((container_id, profile.max_gap_s))
        found = None if record is None else crossing(record, profile, now_us)
        current = unresolved.get(container_id)
        step = next_step(AlertState(current["state"]) if current else None, found, now_us)
        if step is not None:
            _take(connection, container, current, found, step, now_us)


def _take(
    connection: Connection,
    container: dict[str, Any],
    current: dict[str, Any] | None,
    found: Crossing | None,
    step: Step,
    now_us: int,
) -> None:
    now = to_datetime(now_us)
    if found is None:
        if current is not None:
            _resolve(connection, current, now_us)
        return
    lot_ids = lots_now_in(connection, container["id"])
    told: dict[str, Any] = {
        "state": step.state,
        "severity": "critical" if found.limit.effect is Effect.CONDEMNS else "warning",
        "fired_at": now if step.state is AlertState.FIRING else None,
        "summary": summary(container["name"], container["site_id"], found, lot_ids),
        "lot_ids": lot_ids,
    }
    if current is None:
        alerts.add_alert(
            connection,
            container_id=container["id"],
            cause=LIMIT_CROSSED,
            began_at=to_datetime(found.since_us),
            **told,
        )
    else:
        alerts.update_alert(connection, current["id"], resolved_at=None, **told)
    log.info("alert", container=container["id"], state=step.state, reason=step.reason, summary=told["summary"])


def _resolve(connection: Connection, current: dict[str, Any], now_us: int) -> None:
    if current["state"] == AlertState.PENDING:
        alerts.delete_alert(connection, current["id"])
        return
    alerts.update_alert(
        connection,
        current["id"],
        state=AlertState.RESOLVED,
        severity=current["severity"],
        fired_at=None,
        resolved_at=to_datetime(now_us),
        summary=current["summary"],
        lot_ids=current["lot_ids"],
    )
    log.info("alert", container=current["container_id"], state="resolved", reason="a reading within limits arrived")
