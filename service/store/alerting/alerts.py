"""Alerts, as they are: found by the evaluator and changed by people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from service.domain import spans
from service.domain.alerting.details import Details
from service.domain.alerting.lifecycle import Figures
from service.domain.exposure.container import Threshold
from service.domain.instant import from_datetime, to_datetime
from service.domain.profiles import Direction
from service.domain.shares import ALL
from service.domain.spans import Spans
from service.store.alerting.details import Stored, read_details, read_figures
from service.store.instants import or_end
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, columns
from service.store.shares import share_of_container

#: Whoever tells of alerts is woken by this; it is a hint, polling is the rule.
CHANNEL = "unbroken_alerts"


@dataclass(frozen=True, slots=True)
class LatestFinding:
    """What was found of an alert when it was last looked at.

    Attributes:
        due_at: while it is pending: when it fires.
        lot_count: how many lots were there then; lots_first: the first of them, those it is about before others.
        lot_ids: all lots that were there at any moment of it.
        direction, threshold_c: the threshold that it is about, if it is about one.
    """

    severity: str
    due_at: datetime | None
    details: Details
    lot_count: int
    lots_first: tuple[str, ...]
    lot_ids: tuple[str, ...]
    figures: Figures
    direction: str | None = None
    threshold_c: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlert(LatestFinding):
    """An alert that is not over."""

    id: int
    subject: str
    name: str
    container_id: str | None
    site_id: str | None
    cause: str
    state: str
    began_at: datetime
    fired_at: datetime | None
    calm_since: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None

    @property
    def threshold(self) -> Threshold | None:
        """The threshold that it is about, if it is about one."""
        if self.direction is None or self.threshold_c is None:
            return None
        return Direction(self.direction), self.threshold_c

    def says(self, found: LatestFinding) -> bool:
        """Whether it says just this already."""
        return all(getattr(self, field.name) == getattr(found, field.name) for field in fields(LatestFinding))


def _open_alert(
    *, details: Stored, figures: Stored, lot_ids: Sequence[str], lots_first: Sequence[str], **row: Any
) -> OpenAlert:
    return OpenAlert(
        details=read_details(details),
        figures=read_figures(figures),
        lot_ids=tuple(lot_ids),
        lots_first=tuple(lots_first),
        **row,
    )


def open_alerts(connection: Connection, subjects: Collection[str] | None = None) -> list[OpenAlert]:
    """Alerts not resolved; of some subjects if asked."""
    return all_rows(
        connection,
        _open_alert,
        f"SELECT {columns(OpenAlert)} FROM alerts WHERE state <> 'resolved' "
        "AND (%(subjects)s::text[] IS NULL OR subject = ANY(%(subjects)s)) ORDER BY id",
        {"subjects": None if subjects is None else list(subjects)},
    )


def alarmed_containers(
    connection: Connection, causes: Collection[str], due_by: datetime | None = None, shares: Collection[int] = ALL
) -> list[str]:
    """Containers of some shares with open alerts of these causes; only with pending ones that are due by a time."""
    return all_values(
        connection,
        "SELECT DISTINCT container_id FROM alerts WHERE state <> 'resolved' AND cause = ANY(%(causes)s) "
        "AND container_id IS NOT NULL "
        "AND (%(due_by)s::timestamptz IS NULL OR (state = 'pending' AND due_at <= %(due_by)s)) "
        f"AND {share_of_container('container_id')} = ANY(%(shares)s) ORDER BY container_id",
        {"causes": list(causes), "due_by": due_by, "shares": list(shares)},
    )


@dataclass(frozen=True, slots=True)
class _Lasted:
    began_at: datetime
    resolved_at: datetime | None


def told_spans(connection: Connection, subject: str, cause: str, from_us: int, until_us: int) -> Spans:
    """The time in [from_us, until_us] that alerts of a subject and cause tell of; an open one tells of all to come."""
    found = all_rows(
        connection,
        _Lasted,
        "SELECT began_at, resolved_at FROM alerts WHERE (subject, cause) = (%s, %s) AND began_at <= %s "
        "AND (resolved_at IS NULL OR resolved_at >= %s)",
        [subject, cause, to_datetime(until_us), to_datetime(from_us)],
    )
    return spans.spans([(from_datetime(one.began_at), or_end(one.resolved_at)) for one in found])


@dataclass(frozen=True, slots=True)
class AlertInState:
    """An alert, and where it is in its life."""

    id: int
    state: str


def lock_alerts(connection: Connection, alert_ids: Sequence[int]) -> list[AlertInState]:
    """These alerts, by id, which nobody else changes until the transaction is over."""
    return all_rows(
        connection,
        AlertInState,
        f"SELECT {columns(AlertInState)} FROM alerts WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
        [list(alert_ids)],
    )


def listen_for_alerts(connection: Connection) -> None:
    """Ask to be woken by every change of an alert."""
    connection.execute(f"LISTEN {CHANNEL}")
