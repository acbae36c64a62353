"""Alerts as people are told of them and look back at them: each with its steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.domain.alerting.alert import Alert
from service.domain.identity.caller import Sites
from service.store.alerting.details import Stored, read_details, read_figures
from service.store.alerting.overrides import IN_FORCE, INSTRUCTION
from service.store.paging import NEWEST_FIRST, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, columns, found, one_row, one_value
from service.store.visible import visible, visible_at

_ALERT = f"""
    SELECT alerts.id, subject, alerts.name, alerts.container_id, alerts.site_id, sites.name AS site_name,
           coalesce(time_zone, 'UTC') AS time_zone, cause, state, severity, began_at, alerts.due_at, fired_at,
           calm_since, past, acknowledged_at, acknowledged_by, ended_at AS resolved_at,
           resolved_at AS closed_at, details, lot_count, lots_first, lot_ids, figures, {INSTRUCTION} AS instruction
    FROM alerts LEFT JOIN sites ON sites.id = alerts.site_id LEFT JOIN containers ON containers.id = container_id
    {IN_FORCE}
"""


def _alert(*, details: Stored, figures: Stored, lot_ids: Sequence[str], lots_first: Sequence[str], **row: Any) -> Alert:
    known = read_figures(figures)
    return Alert(
        details=read_details(details),
        lot_ids=tuple(lot_ids),
        lots_first=tuple(lots_first),
        now_c=known.now_c,
        now_is=known.now_is,
        remaining_s=known.remaining_s,
        used=known.used,
        **row,
    )


def alerts_of(connection: Connection, alert_ids: Sequence[int]) -> list[Alert]:
    """These alerts, by id; those that are not there are left out."""
    return all_rows(connection, _alert, _ALERT + "WHERE alerts.id = ANY(%s) ORDER BY alerts.id", [list(alert_ids)])


def alert(connection: Connection, alert_id: int) -> Alert:
    """One alert.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = one_row(connection, _alert, _ALERT + "WHERE alerts.id = %s", [alert_id])
    return found(row, "alert", alert_id)


def alerts_listed(
    connection: Connection, state: str | None = None, part: Part = WHOLE, seen_at: Sites = None
) -> list[Alert]:
    """Alerts, newest first; in one state if asked. A pending one is nobody's business yet unless asked for."""
    chosen = (
        "WHERE CASE WHEN %(state)s::text IS NULL THEN state <> 'pending' ELSE state = %(state)s END "
        f"AND {_seen(seen_at)}"
    )
    parameters = {"state": state, **visible_at(seen_at)}
    return rows_of_part(connection, _alert, _ALERT + chosen, parameters, NEWEST_FIRST, part)


def _seen(sites: Sites) -> str:
    return visible("alert", "alerts.id", sites)


def alerts_not_over(connection: Connection, seen_at: Sites = None) -> list[Alert]:
    """All open alerts, pending ones among them, by id."""
    query = f"{_ALERT} WHERE state <> 'resolved' AND {_seen(seen_at)} ORDER BY alerts.id"
    return all_rows(connection, _alert, query, visible_at(seen_at))


def count_going_off(connection: Connection, seen_at: Sites = None) -> int:
    """How many alerts somebody has to answer, or has in hand."""
    query = f"SELECT count(*) FROM alerts WHERE state IN ('firing', 'acknowledged') AND {_seen(seen_at)}"
    count: int = one_value(connection, query, visible_at(seen_at))
    return count


def alerts_told_of(connection: Connection, since: datetime, most: int, seen_at: Sites = None) -> list[Alert]:
    """Alerts that are open, then those that are over and fired since then: of each the newest first."""
    return all_rows(
        connection,
        _alert,
        f"{_ALERT} WHERE (state IN ('firing', 'acknowledged') OR state = 'resolved' AND fired_at >= %(since)s) "
        f"AND {_seen(seen_at)} ORDER BY state = 'resolved', alerts.id DESC LIMIT %(most)s",
        {"since": since, "most": most, **visible_at(seen_at)},
    )


def alerts_at(connection: Connection, site_id: str, from_at: datetime, until_at: datetime) -> list[Alert]:
    """Alerts of a site that went off, or were heard of, in [from_at, until_at), by when they began."""
    return all_rows(
        connection,
        _alert,
        f"{_ALERT} WHERE alerts.site_id = %(site)s AND state <> 'pending' AND fired_at < %(until)s "
        "AND (ended_at IS NULL OR greatest(ended_at, fired_at) > %(from)s) ORDER BY began_at, alerts.id",
        {"site": site_id, "from": from_at, "until": until_at},
    )


def alerts_to_consider(connection: Connection, past_since: datetime, remembered_since: datetime) -> list[Alert]:
    """Alerts that people may have to be told of: all open ones, and those over since `past_since`, by id.

    Of these, what was told as over is left out unless that is since `remembered_since`. An alert that was past when it
    was heard of counts from then.
    """
    return all_rows(
        connection,
        _alert,
        _ALERT + "WHERE alerts.id IN (SELECT id FROM alerts WHERE state <> 'resolved' UNION ALL SELECT id FROM alerts "
        "WHERE state = 'resolved' AND greatest(resolved_at, fired_at) >= %(past)s "
        "AND (greatest(resolved_at, fired_at) >= %(remembered)s OR (SELECT true FROM tellings "
        "WHERE alert_id = alerts.id AND reason IN ('resolved', 'past') LIMIT 1) IS NULL)) ORDER BY alerts.id",
        {"past": past_since, "remembered": remembered_since},
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an alert's life; `taken_by` is empty where the evaluator took it."""

    alert_id: int
    taken_at: datetime
    was: str | None
    becomes: str
    reason: str
    taken_by: str
    comment: str | None


def steps_of(connection: Connection, alert_ids: Sequence[int]) -> list[Step]:
    """What happened to these alerts, in order."""
    return all_rows(
        connection,
        Step,
        f"SELECT {columns(Step)} FROM alert_steps WHERE alert_id = ANY(%s) ORDER BY id",
        [list(alert_ids)],
    )
