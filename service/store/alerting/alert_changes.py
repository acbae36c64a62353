"""What becomes of alerts, of many at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from service.domain.alerting.details import Details
from service.store.alerting.alerts import CHANNEL, LatestFinding
from service.store.alerting.details import stored_details, stored_figures
from service.store.pool import Connection
from service.store.rows import tuples

_FOUND = ", ".join(field.name for field in fields(LatestFinding))
_FOUND_TYPES = (
    "severity text, due_at timestamptz, details jsonb, lot_count integer, lots_first text[], lot_ids text[], "
    "figures jsonb, direction text, threshold_c float8"
)


def _found(found: LatestFinding) -> dict[str, Any]:
    """Its columns, as JSON."""
    return {
        **{field.name: getattr(found, field.name) for field in fields(LatestFinding)},
        "due_at": _instant(found.due_at),
        "details": stored_details(found.details),
        "figures": stored_figures(found.figures),
    }


def _instant(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlert:
    """An alert to be opened. `past`: it is told in the past tense."""

    subject: str
    name: str
    container_id: str | None
    site_id: str | None
    cause: str
    state: str
    began_at: datetime
    fired_at: datetime | None
    found: LatestFinding
    resolved_at: datetime | None = None
    past: bool = False


def add_alerts(connection: Connection, alerts: Sequence[NewAlert]) -> list[int]:
    """Open alerts, of each subject and cause one, and give their ids in the same order."""
    if not alerts:
        return []
    own = (
        "subject text, name text, container_id text, site_id text, cause text, state text, began_at timestamptz, "
        "fired_at timestamptz, resolved_at timestamptz, past boolean"
    )
    names = ", ".join(column.split()[0] for column in own.split(", "))
    rows = [
        {
            **{name: getattr(alert, name) for name in names.split(", ")},
            **{name: _instant(getattr(alert, name)) for name in ("began_at", "fired_at", "resolved_at")},
            **_found(alert.found),
        }
        for alert in alerts
    ]
    added = tuples(
        connection,
        f"INSERT INTO alerts ({names}, {_FOUND}) SELECT {names}, {_FOUND} FROM jsonb_to_recordset(%s) "
        f"AS new ({own}, {_FOUND_TYPES}) RETURNING subject, cause, id",
        [Jsonb(rows)],
    )
    ids = {(subject, cause): alert_id for subject, cause, alert_id in added}
    return [ids[alert.subject, alert.cause] for alert in alerts]


def update_findings(connection: Connection, found: Mapping[int, LatestFinding]) -> None:
    """What alerts say now. It is so: whatever calm there was is over."""
    if not found:
        return
    written = ", ".join(f"{field.name} = latest.{field.name}" for field in fields(LatestFinding))
    connection.execute(
        f"UPDATE alerts SET {written}, calm_since = NULL FROM jsonb_to_recordset(%s) AS latest "
        f"(id bigint, {_FOUND_TYPES}) WHERE alerts.id = latest.id",
        [Jsonb([{"id": alert_id, **_found(one)} for alert_id, one in sorted(found.items())])],
    )


def note_calm(connection: Connection, since: Mapping[int, datetime]) -> None:
    """What alerts tell of is no longer so since these instants, and may come back."""
    if not since:
        return
    connection.execute(
        "UPDATE alerts SET calm_since = calm.since FROM unnest(%s::bigint[], %s::timestamptz[]) AS calm (id, since) "
        "WHERE alerts.id = calm.id",
        [list(since.keys()), list(since.values())],
    )


@dataclass(frozen=True, slots=True)
class NowSo:
    """What is so instead of what an alert told of, and which lots are there."""

    details: Details
    lot_count: int
    lots_first: tuple[str, ...]


def update_details(connection: Connection, latest: Mapping[int, NowSo]) -> None:
    """What is so instead of what alerts told of."""
    if not latest:
        return
    rows = [
        {"id": alert_id, "details": stored_details(x.details), "lot_count": x.lot_count, "lots_first": x.lots_first}
        for alert_id, x in sorted(latest.items())
    ]
    connection.execute(
        "UPDATE alerts SET details = latest.details, lot_count = latest.lot_count, lots_first = latest.lots_first "
        "FROM jsonb_to_recordset(%s) AS latest (id bigint, details jsonb, lot_count integer, lots_first text[]) "
        "WHERE alerts.id = latest.id",
        [Jsonb(rows)],
    )


def change_states(connection: Connection, states: Mapping[int, str], at: datetime, by: str | None = None) -> None:
    """Bring alerts to their next states, `by` whoever takes them over; one taken back from them is nobody's again."""
    if not states:
        return
    connection.execute(
        "UPDATE alerts SET state = next.state, "
        "fired_at = CASE WHEN next.state = 'firing' THEN coalesce(fired_at, %(at)s) ELSE fired_at END, "
        "acknowledged_at = CASE next.state WHEN 'firing' THEN NULL WHEN 'acknowledged' THEN %(at)s "
        "ELSE acknowledged_at END, acknowledged_by = CASE next.state WHEN 'firing' THEN NULL "
        "WHEN 'acknowledged' THEN %(by)s::text ELSE acknowledged_by END, "
        "resolved_at = CASE WHEN next.state = 'resolved' THEN %(at)s END "
        "FROM unnest(%(ids)s::bigint[], %(states)s::text[]) AS next (id, state) WHERE alerts.id = next.id",
        {"at": at, "by": by, "ids": list(states.keys()), "states": [str(state) for state in states.values()]},
    )


def delete_alerts(connection: Connection, alert_ids: Collection[int]) -> None:
    """Forget pending alerts that came to nothing."""
    if alert_ids:
        connection.execute("DELETE FROM alerts WHERE id = ANY(%s) AND state = 'pending'", [list(alert_ids)])


@dataclass(frozen=True, slots=True)
class NewStep:
    """One step of an alert's life, and who took it: empty for the evaluator."""

    alert_id: int
    was: str | None
    becomes: str
    reason: str
    taken_by: str = ""
    comment: str | None = None


def add_steps(connection: Connection, steps: Sequence[NewStep], at: datetime) -> None:
    """Keep what happened to alerts, in this order."""
    if not steps:
        return
    connection.execute(
        "INSERT INTO alert_steps (alert_id, taken_at, was, becomes, reason, taken_by, comment) "
        "SELECT alert_id, %s, was, becomes, reason, taken_by, comment FROM jsonb_to_recordset(%s) "
        "AS taken (alert_id bigint, was text, becomes text, reason text, taken_by text, comment text)",
        [at, Jsonb([asdict(step) for step in steps])],
    )


def notify_changed(connection: Connection) -> None:
    """Let whoever tells of alerts look now; they hear of it at the commit."""
    connection.execute(f"NOTIFY {CHANNEL}")
