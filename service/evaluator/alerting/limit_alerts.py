"""What the limits say of containers, asked with their readings."""

from collections.abc import Callable, Collection, Mapping, Sequence

from service.answers.judging import JudgedLot
from service.domain.alerting.lifecycle import AlertState
from service.domain.alerting.limit_rules import BUDGET_USED, OUTDATED_AFTER_S, stages_told
from service.domain.exposure.container import left_beyond
from service.domain.instant import SECOND_US, to_datetime
from service.domain.profiles import Profile
from service.evaluator.alerting.findings import AlertChanges, container_subject, isolate_failure
from service.evaluator.alerting.limit_facts import LIMIT_CAUSES, Known, look
from service.evaluator.alerting.limit_outcomes import outcome_at
from service.store.alerting import budget_stages
from service.store.alerting.alerts import OpenAlert, alarmed_containers, open_alerts
from service.store.exposure.ends import load_ends
from service.store.exposure.records import Records
from service.store.pool import Connection, DatabaseAwayError


def alarms_due(connection: Connection, now_us: int, shares: Collection[int]) -> list[str]:
    """The containers whose alerts about limits are due to fire, of some shares."""
    return alarmed_containers(connection, LIMIT_CAUSES, to_datetime(now_us), shares)


def containers_with_alerts(connection: Connection) -> list[str]:
    """The containers that have an alert about a limit: one that is taken over may be left too long."""
    return sorted(alarmed_containers(connection, LIMIT_CAUSES))


def update_alerts_of(
    connection: Connection,
    container_ids: Sequence[str],
    profiles: Mapping[tuple[str, int], Profile],
    now_us: int,
    judged: Sequence[JudgedLot] = (),
) -> None:
    """What the limits say of these containers, whose records are locked: an alert begins once.

    Args:
        judged: lots that were judged as of now already.
    """
    if not container_ids:
        return
    records = load_ends(connection, container_ids, now_us - OUTDATED_AFTER_S * SECOND_US)
    known: dict[str, dict[str, OpenAlert]] = {}
    for alert in open_alerts(connection, [f"container:{x}" for x in container_ids]):
        known.setdefault(alert.container_id or "", {})[alert.cause] = alert
    hot = {container_id for (container_id, _), record in records.items() if record.open_possible or left_beyond(record)}
    judged_by_id = {one.lot.id: one for one in judged}
    _together_or_alone(
        connection,
        sorted(known.keys() | hot),
        lambda some: _update(connection, some, records, known, profiles, judged_by_id, now_us),
    )


def _together_or_alone(
    connection: Connection, container_ids: Sequence[str], update: Callable[[Sequence[str]], None]
) -> None:
    """All at once; if that fails, one by one, so that nobody waits for the one that cannot be looked at."""
    if not container_ids:
        return
    if len(container_ids) > 1:
        try:
            with connection.transaction():
                update(container_ids)
        except DatabaseAwayError:
            raise
        except Exception:
            for container_id in container_ids:
                _together_or_alone(connection, [container_id], update)
        return
    with isolate_failure(f"container:{container_ids[0]}"), connection.transaction():
        update(container_ids)


def _update(
    connection: Connection,
    container_ids: Sequence[str],
    records: Records,
    known: Mapping[str, Known],
    profiles: Mapping[tuple[str, int], Profile],
    judged: Mapping[str, JudgedLot],
    now_us: int,
) -> None:
    changes = AlertChanges(now_us)
    told = {}
    for looked in look(connection, container_ids, records, known, profiles, judged, now_us):
        outcomes = [outcome_at(rule, looked, now_us) for rule in looked.rules]
        subject = container_subject(looked.container, looked.facts.lot_ids)
        changes.apply(subject, outcomes, looked.known)
        for rule, one in zip(looked.rules, outcomes, strict=True):
            if rule.cause == BUDGET_USED and one.found is not None:
                told[subject.key] = stages_told(rule, looked.facts)
    states: dict[tuple[str, str], tuple[int, str | None]] = {
        (x.subject, x.cause): (x.id, x.state) for some in known.values() for x in some.values()
    }
    states.update(changes.write(connection))
    # What the alert about budgets tells of, once it fires, is remembered.
    stages: dict[budget_stages.Key, tuple[float, int]] = {}
    for subject_key, some in told.items():
        alert_id, state = states.get((subject_key, BUDGET_USED), (None, None))
        if alert_id is not None and state in (AlertState.FIRING, AlertState.ACKNOWLEDGED):
            stages |= {key: (share, alert_id) for key, share in some.items()}
    budget_stages.note_told(connection, stages)
