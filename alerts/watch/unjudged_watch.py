"""What the evaluator cannot judge: each container of it has an alert, which says why."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from service.domain.alerting.rule_table import NOT_JUDGED
from service.domain.alerting.rules import ServiceFacts
from service.domain.instant import from_datetime
from service.evaluator.alerting.findings import Subject, container_subject
from service.store.alerting.alerts import open_alerts
from service.store.lots.lots import lots_now_in
from service.store.pool import Connection
from service.store.registry.containers import Container, containers_by_id
from service.store.unjudged import Unjudged, unjudged


def what_is_not_judged(connection: Connection) -> list[tuple[Subject, ServiceFacts]]:
    """Whom there is to tell of, and since when and why; of those that are told of and were judged since, None."""
    known = unjudged(connection)
    containers = containers_by_id(connection, sorted({one.found_in for one in known if one.found_in is not None}))
    by_subject: defaultdict[Subject, list[Unjudged]] = defaultdict(list)
    for one in known:
        by_subject[_subject(connection, one, containers)].append(one)
    found = [(subject, _facts(subject, some)) for subject, some in by_subject.items()]
    told = {subject.key for subject in by_subject}
    for alert in open_alerts(connection):
        if alert.cause == NOT_JUDGED and alert.subject not in told:
            subject = Subject(alert.subject, alert.name, alert.container_id, alert.site_id, alert.lot_ids)
            found.append((subject, ServiceFacts(alert.subject, None)))
    return found


def _subject(connection: Connection, one: Unjudged, containers: Mapping[str, Container]) -> Subject:
    if one.found_in is not None:
        return container_subject(containers[one.found_in], lots_now_in(connection, one.found_in))
    if one.lot_id is not None:
        return Subject(f"lot:{one.lot_id}", f"Lot {one.lot_id}", lot_ids=(one.lot_id,))
    return Subject(f"service:series-{one.series_id}", f"Probe number {one.series_id}, which is in no container,")


def _facts(subject: Subject, some: Sequence[Unjudged]) -> ServiceFacts:
    why = dict.fromkeys(one.error for one in some)
    return ServiceFacts(subject.key, from_datetime(some[0].since_at), "; ".join(why))
