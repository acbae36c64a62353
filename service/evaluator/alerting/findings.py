"""Alerts, brought to where their rules say they belong."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import structlog

from service.domain.alerting.details import MOST_NAMED, Details
from service.domain.alerting.lifecycle import AlertState, Current, Figures, Finding, Step, came_late, next_step
from service.domain.alerting.rules import RuleOutcome
from service.domain.exposure.container import Threshold
from service.domain.instant import SECOND_US, from_datetime, to_datetime
from service.domain.severity import Severity
from service.store.alerting.alerts import (
    LatestFinding,
    OpenAlert,
    add_alert,
    add_step,
    change_state,
    delete_alert,
    note_calm,
    notify_changed,
    open_alerts,
    update_details,
    update_finding,
)
from service.store.alerting.at_stake import note_at_stake_in
from service.store.pool import Connection, DatabaseAwayError
from service.store.registry.containers import Container

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what an alert is about: ``container:…``, ``lot:…``, ``receiver:…`` or ``service:…``."""

    key: str
    name: str
    container_id: str | None = None
    site_id: str | None = None
    lot_ids: tuple[str, ...] = ()

    def lots_first(self, most_urgent: Sequence[str] = ()) -> tuple[str, ...]:
        """The lots to name, those an alert is about before others."""
        named = [lot_id for lot_id in most_urgent if lot_id in self.lot_ids]
        return tuple(dict.fromkeys([*named, *self.lot_ids]))[:MOST_NAMED]


def container_subject(container: Container, lot_ids: Sequence[str]) -> Subject:
    """A container as the subject of its alerts."""
    return Subject(f"container:{container.id}", container.name, container.id, container.site_id, tuple(lot_ids))


@contextmanager
def isolate_failure(subject: str) -> Iterator[None]:
    """One subject that cannot be looked at keeps nobody from hearing of the others, nor any lot from its verdict."""
    try:
        yield
    except DatabaseAwayError:
        raise
    except Exception:
        log.exception("cannot be looked at; trying again later", subject=subject)


def apply_findings(connection: Connection, subject: Subject, outcomes: Sequence[RuleOutcome], now_us: int) -> None:
    """Bring the alerts of a subject to where these rules say they belong. Call it inside a transaction."""
    known = {alert.cause: alert for alert in open_alerts(connection, [subject.key])}
    for one in outcomes:
        _apply(connection, subject, one, known.get(one.cause), now_us)


def _apply(
    connection: Connection, subject: Subject, outcome: RuleOutcome, alert: OpenAlert | None, now_us: int
) -> None:
    found = outcome.found
    current = None if alert is None else _current(alert)
    if alert is not None and current is not None and found is None:
        current = _calm(connection, subject, alert, current, outcome, now_us)
    step = next_step(current, found, now_us, recovers_s=outcome.recovers_s, calm_until_us=outcome.calm_until_us)
    if alert is None:
        if step is not None and found is not None and step.state is not None:
            _begin(connection, subject, outcome.cause, found, step, now_us)
        return
    if found is not None:
        _update(connection, subject, alert, found)
    if step is not None:
        _take(connection, alert, step, now_us)


def _calm(
    connection: Connection, subject: Subject, alert: OpenAlert, current: Current, outcome: RuleOutcome, now_us: int
) -> Current:
    """It is no longer so: since when, by the last time that it was. Between two looks it may have been so again."""
    since_us = outcome.calm_since_us
    if since_us is None:
        since_us = now_us if current.calm_since_us is None else current.calm_since_us
    if since_us == current.calm_since_us:
        return current
    note_calm(connection, alert.id, to_datetime(since_us))
    if outcome.calm_details is not None:
        update_details(connection, alert.id, outcome.calm_details, len(subject.lot_ids), subject.lots_first())
    return replace(current, calm_since_us=since_us)


def _current(alert: OpenAlert) -> Current:
    return Current(
        AlertState(alert.state),
        None if alert.acknowledged_at is None else from_datetime(alert.acknowledged_at),
        None if alert.calm_since is None else from_datetime(alert.calm_since),
    )


def _update(connection: Connection, subject: Subject, alert: OpenAlert, found: Finding) -> None:
    latest = _latest(subject, found)
    # Who was at stake stays named, wherever they are by now.
    latest = replace(latest, lot_ids=tuple(dict.fromkeys([*alert.lot_ids, *latest.lot_ids])))
    if alert.calm_since is not None or not alert.says(latest):
        update_finding(connection, alert.id, latest)
    was, now = ((x.severity, x.lot_ids, x.figures.used) for x in (alert, latest))
    if was != now:
        notify_changed(connection)


def _latest(subject: Subject, found: Finding) -> LatestFinding:
    direction, threshold_c = found.threshold or (None, None)
    return LatestFinding(
        severity=found.severity.value,
        due_at=to_datetime(found.since_us + found.delay_s * SECOND_US),
        details=found.details,
        lot_count=len(subject.lot_ids),
        lots_first=subject.lots_first(found.lot_ids),
        lot_ids=subject.lot_ids,
        figures=found.figures,
        direction=None if direction is None else direction.value,
        threshold_c=threshold_c,
    )


def _begin(connection: Connection, subject: Subject, cause: str, found: Finding, step: Step, now_us: int) -> None:
    now = to_datetime(now_us)
    alert_id = add_alert(
        connection,
        subject=subject.key,
        name=subject.name,
        container_id=subject.container_id,
        site_id=subject.site_id,
        cause=cause,
        state=str(step.state),
        began_at=to_datetime(found.since_us),
        fired_at=now if step.state is AlertState.FIRING else None,
        found=_latest(subject, found),
    )
    if subject.container_id is not None:
        note_at_stake_in(connection, alert_id, now)
    _note_step(connection, alert_id, subject.key, cause, None, step, now_us)


@dataclass(frozen=True, slots=True)
class PastFinding:
    """What was over before anybody heard of it.

    Attributes:
        lot_ids: those it is about, the most urgent first; used: the largest share of a budget that is used.
    """

    cause: str
    severity: Severity
    from_us: int
    until_us: int
    details: Details
    lot_ids: tuple[str, ...]
    used: float | None
    threshold: Threshold | None = None


def add_past_alert(connection: Connection, subject: Subject, found: PastFinding, now_us: int) -> int:
    """An alert that is told once, in the past tense; gives its id. Call it inside a transaction."""
    direction, threshold_c = found.threshold or (None, None)
    alert_id = add_alert(
        connection,
        subject=subject.key,
        name=subject.name,
        container_id=subject.container_id,
        site_id=subject.site_id,
        cause=found.cause,
        state=AlertState.RESOLVED,
        began_at=to_datetime(found.from_us),
        fired_at=to_datetime(now_us),
        resolved_at=to_datetime(found.until_us),
        past=True,
        found=LatestFinding(
            severity=found.severity,
            due_at=None,
            details=found.details,
            lot_count=len(subject.lot_ids),
            lots_first=subject.lots_first(found.lot_ids),
            lot_ids=found.lot_ids,
            figures=Figures(used=found.used),
            direction=direction,
            threshold_c=threshold_c,
        ),
    )
    _note_step(connection, alert_id, subject.key, found.cause, None, came_late(), now_us)
    return alert_id


def _take(connection: Connection, alert: OpenAlert, step: Step, now_us: int) -> None:
    if step.state is None:
        delete_alert(connection, alert.id)
        return
    change_state(connection, alert.id, step.state, to_datetime(now_us))
    _note_step(connection, alert.id, alert.subject, alert.cause, alert.state, step, now_us)


def _note_step(
    connection: Connection, alert_id: int, subject: str, cause: str, was: str | None, step: Step, now_us: int
) -> None:
    """A step that an alert has taken, kept with its reason; whoever tells of alerts looks."""
    state = str(step.state)
    add_step(connection, alert_id, at=to_datetime(now_us), was=was, becomes=state, reason=step.reason)
    notify_changed(connection)
    log.info("alert", subject=subject, cause=cause, state=state, reason=step.reason)
