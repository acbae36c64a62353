"""Alerts, brought to where their rules say they belong."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import structlog

from service.domain.alerting.advice import without_lots
from service.domain.alerting.lifecycle import AlertState, Current, Finding, Step, next_step
from service.domain.alerting.rules import Judged
from service.domain.instant import SECOND_US, from_datetime, to_datetime
from service.store.alerting import alerts
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

    def summary(self, text: str, first: Sequence[str] = ()) -> str:
        """What is so, where, and which lots are there; `first`: those it is about, the most urgent first."""
        where = f"{self.name} ({self.site_id})" if self.site_id else self.name
        if self.container_id is None:
            return f"{where} {text}"
        named = list(dict.fromkeys([x for x in first if x in self.lot_ids] + list(self.lot_ids)))
        more = f" and {len(named) - 3} more" if len(named) > 3 else ""
        lots = f"{len(named)} {'lot' if len(named) == 1 else 'lots'}: {', '.join(named[:3])}{more}"
        return f"{where} {text}; {lots if self.lot_ids else 'no lots in it'}"


def container_subject(container: Container, lot_ids: Sequence[str]) -> Subject:
    """A container as the subject of its alerts."""
    return Subject(f"container:{container.id}", container.name, container.id, container.site_id, tuple(lot_ids))


@contextmanager
def whatever_becomes_of(subject: str) -> Iterator[None]:
    """One subject that cannot be looked at keeps nobody from hearing of the others, nor any lot from its verdict."""
    try:
        yield
    except DatabaseAwayError:
        raise
    except Exception:
        log.exception("cannot be looked at; trying again later", subject=subject)


def settle(connection: Connection, subject: Subject, judged: Sequence[Judged], now_us: int) -> None:
    """Bring the alerts of a subject to where these rules say they belong. Call it inside a transaction."""
    known = {row["cause"]: row for row in alerts.open_alerts(connection, [subject.key])}
    for one in judged:
        _settle_one(connection, subject, one, known.get(one.cause), now_us)


def _settle_one(connection: Connection, subject: Subject, judged: Judged, row: alerts.Row | None, now_us: int) -> None:
    found = judged.found
    current = None if row is None else _current(row)
    if row is not None and current is not None and found is None:
        current = _calm(connection, subject, row, current, judged, now_us)
    step = next_step(current, found, now_us, recovers_s=judged.recovers_s, calm_until_us=judged.calm_until_us)
    if row is None:
        if step is not None and found is not None and step.state is not None:
            _begin(connection, subject, judged.cause, found, step, now_us)
        return
    if found is not None:
        _tell_anew(connection, subject, row, found)
    if step is not None:
        _take(connection, row, step, now_us)


def _calm(
    connection: Connection, subject: Subject, row: alerts.Row, current: Current, judged: Judged, now_us: int
) -> Current:
    """It is no longer so: since when, by the last time that it was. Between two looks it may have been so again."""
    since_us = judged.calm_since_us
    if since_us is None:
        since_us = now_us if current.calm_since_us is None else current.calm_since_us
    if since_us == current.calm_since_us:
        return current
    summary = None if judged.calm_text is None else subject.summary(judged.calm_text)
    alerts.note_calm(connection, row["id"], to_datetime(since_us), summary)
    return replace(current, calm_since_us=since_us)


def _current(row: alerts.Row) -> Current:
    acknowledged_at, calm_since = row["acknowledged_at"], row["calm_since"]
    return Current(
        AlertState(row["state"]),
        None if acknowledged_at is None else from_datetime(acknowledged_at),
        None if calm_since is None else from_datetime(calm_since),
    )


def _tell_anew(connection: Connection, subject: Subject, row: alerts.Row, found: Finding) -> None:
    told = _told(subject, found)
    # Who was at stake stays named, wherever they are by now.
    told["lot_ids"] = list(dict.fromkeys([*row["lot_ids"], *told["lot_ids"]]))
    if told["lot_ids"] and not subject.lot_ids:
        named = ", ".join(told["lot_ids"][:3]) + (" and more" if len(told["lot_ids"]) > 3 else "")
        told["summary"] = f"{without_lots(told['summary'])}; no lots in it any more, but there were {named}"
    if row["calm_since"] is not None or any(row[name] != value for name, value in told.items()):
        alerts.update_finding(connection, row["id"], **told)
    was, now = ((x["severity"], x["lot_ids"], x["figures"].get("used")) for x in (row, told))
    if was != now:
        alerts.notify_changed(connection)


def _told(subject: Subject, found: Finding) -> dict[str, Any]:
    direction, threshold_c = found.threshold or (None, None)
    return {
        "severity": found.severity.value,
        "due_at": to_datetime(found.since_us + found.delay_s * SECOND_US),
        "summary": subject.summary(found.text, found.lot_ids),
        "lot_ids": list(subject.lot_ids),
        "figures": {name: value for name, value in asdict(found.figures).items() if value is not None},
        "direction": None if direction is None else direction.value,
        "threshold_c": threshold_c,
    }


def _begin(connection: Connection, subject: Subject, cause: str, found: Finding, step: Step, now_us: int) -> None:
    now = to_datetime(now_us)
    alert_id = alerts.add_alert(
        connection,
        subject=subject.key,
        name=subject.name,
        container_id=subject.container_id,
        site_id=subject.site_id,
        cause=cause,
        state=str(step.state),
        began_at=to_datetime(found.since_us),
        fired_at=now if step.state is AlertState.FIRING else None,
        **_told(subject, found),
    )
    if subject.container_id is not None:
        note_at_stake_in(connection, alert_id, now)
    note_step(connection, alert_id, subject.key, cause, None, step, now_us)


def _take(connection: Connection, row: alerts.Row, step: Step, now_us: int) -> None:
    if step.state is None:
        alerts.delete_alert(connection, row["id"])
        return
    alerts.change_state(connection, row["id"], step.state, to_datetime(now_us))
    note_step(connection, row["id"], row["subject"], row["cause"], row["state"], step, now_us)


def note_step(
    connection: Connection, alert_id: int, subject: str, cause: str, was: str | None, step: Step, now_us: int
) -> None:
    """A step that an alert has taken, kept with its reason; whoever tells of alerts looks."""
    state = str(step.state)
    alerts.add_step(connection, alert_id, at=to_datetime(now_us), was=was, becomes=state, reason=step.reason)
    alerts.notify_changed(connection)
    log.info("alert", subject=subject, cause=cause, state=state, reason=step.reason)
