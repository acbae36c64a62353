"""Alerts, brought to where their rules say they belong."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from service.domain.alerting.details import MOST_NAMED, Details
from service.domain.alerting.lifecycle import AlertState, Current, Figures, Finding, Step, came_late, next_step
from service.domain.alerting.rules import RuleOutcome
from service.domain.exposure.container import Threshold
from service.domain.instant import SECOND_US, from_datetime, to_datetime
from service.domain.severity import Severity
from service.store.alerting.alert_changes import (
    NewAlert,
    NewStep,
    NowSo,
    add_alerts,
    add_steps,
    change_states,
    delete_alerts,
    note_calm,
    notify_changed,
    update_details,
    update_findings,
)
from service.store.alerting.alerts import LatestFinding, OpenAlert, open_alerts
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


class AlertChanges:
    """What becomes of alerts, gathered while rules are asked of many subjects, and written at once."""

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us
        self._begun: list[tuple[NewAlert, Step]] = []
        self._calm: dict[int, datetime] = {}
        self._now_so: dict[int, NowSo] = {}
        self._latest: dict[int, LatestFinding] = {}
        self._taken: list[tuple[OpenAlert, Step]] = []
        self._notable = False

    def apply(self, subject: Subject, outcomes: Sequence[RuleOutcome], known: Mapping[str, OpenAlert]) -> None:
        """Bring the alerts of a subject to where these rules say they belong. `known`: the open ones, by cause."""
        for one in outcomes:
            self._apply(subject, one, known.get(one.cause))

    def _apply(self, subject: Subject, outcome: RuleOutcome, alert: OpenAlert | None) -> None:
        found = outcome.found
        current = None if alert is None else _current(alert)
        if alert is not None and current is not None and found is None:
            current = self._note_calm(subject, alert, current, outcome)
        step = next_step(
            current, found, self._now_us, recovers_s=outcome.recovers_s, calm_until_us=outcome.calm_until_us
        )
        if alert is None:
            if step is not None and found is not None and step.state is not None:
                self._begun.append((_begun(subject, outcome.cause, found, step.state, self._now_us), step))
            return
        if found is not None:
            self._update(subject, alert, found)
        if step is not None:
            self._taken.append((alert, step))

    def _note_calm(self, subject: Subject, alert: OpenAlert, current: Current, outcome: RuleOutcome) -> Current:
        """It is no longer so: since when, by the last time that it was. Between two looks it may have been so again."""
        since_us = outcome.calm_since_us
        if since_us is None:
            since_us = self._now_us if current.calm_since_us is None else current.calm_since_us
        if since_us == current.calm_since_us:
            return current
        self._calm[alert.id] = to_datetime(since_us)
        if outcome.calm_details is not None:
            self._now_so[alert.id] = NowSo(outcome.calm_details, len(subject.lot_ids), subject.lots_first())
        return replace(current, calm_since_us=since_us)

    def _update(self, subject: Subject, alert: OpenAlert, found: Finding) -> None:
        latest = _latest(subject, found)
        # Who was at stake stays named, wherever they are by now.
        latest = replace(latest, lot_ids=tuple(dict.fromkeys([*alert.lot_ids, *latest.lot_ids])))
        if alert.calm_since is not None or not alert.says(latest):
            self._latest[alert.id] = latest
        was, now = ((x.severity, x.lot_ids, x.figures.used) for x in (alert, latest))
        self._notable |= was != now

    def write(self, connection: Connection) -> dict[tuple[str, str], tuple[int, AlertState | None]]:
        """Write all of it. Call it inside a transaction.

        Returns:
            By subject and cause, the ids of the alerts that began or took a step, and their states; None: forgotten.
        """
        now = to_datetime(self._now_us)
        begun = dict(zip(add_alerts(connection, [alert for alert, _ in self._begun]), self._begun, strict=True))
        note_at_stake_in(connection, [x for x, (alert, _) in begun.items() if alert.container_id is not None], now)
        note_calm(connection, self._calm)
        update_details(connection, self._now_so)
        update_findings(connection, self._latest)
        change_states(connection, {alert.id: step.state for alert, step in self._taken if step.state is not None}, now)
        delete_alerts(connection, [alert.id for alert, step in self._taken if step.state is None])
        steps = [
            *((alert_id, alert.subject, alert.cause, None, step) for alert_id, (alert, step) in begun.items()),
            *((alert.id, alert.subject, alert.cause, alert.state, step) for alert, step in self._taken),
        ]
        _note_steps(connection, [one for one in steps if one[-1].state is not None], now)
        if self._notable:
            notify_changed(connection)
        return {(subject, cause): (alert_id, step.state) for alert_id, subject, cause, _, step in steps}


def apply_findings(connection: Connection, subject: Subject, outcomes: Sequence[RuleOutcome], now_us: int) -> None:
    """Bring the alerts of a subject to where these rules say they belong. Call it inside a transaction."""
    changes = AlertChanges(now_us)
    changes.apply(subject, outcomes, {alert.cause: alert for alert in open_alerts(connection, [subject.key])})
    changes.write(connection)


def _current(alert: OpenAlert) -> Current:
    return Current(
        AlertState(alert.state),
        None if alert.acknowledged_at is None else from_datetime(alert.acknowledged_at),
        None if alert.calm_since is None else from_datetime(alert.calm_since),
    )


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


def _begun(subject: Subject, cause: str, found: Finding, state: AlertState, now_us: int) -> NewAlert:
    return NewAlert(
        subject=subject.key,
        name=subject.name,
        container_id=subject.container_id,
        site_id=subject.site_id,
        cause=cause,
        state=str(state),
        began_at=to_datetime(found.since_us),
        fired_at=to_datetime(now_us) if state is AlertState.FIRING else None,
        found=_latest(subject, found),
    )


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
    alert = NewAlert(
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
    [alert_id] = add_alerts(connection, [alert])
    _note_steps(connection, [(alert_id, subject.key, found.cause, None, came_late())], to_datetime(now_us))
    return alert_id


def _note_steps(connection: Connection, steps: Sequence[tuple[int, str, str, str | None, Step]], now: datetime) -> None:
    """Steps that alerts have taken, kept with their reasons; whoever tells of alerts looks."""
    if not steps:
        return
    add_steps(connection, [NewStep(x, was, str(step.state), step.reason) for x, _, _, was, step in steps], now)
    notify_changed(connection)
    for _, subject, cause, _, step in steps:
        log.info("alert", subject=subject, cause=cause, state=str(step.state), reason=step.reason)
