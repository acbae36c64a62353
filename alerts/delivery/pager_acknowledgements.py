"""What a pager that calls one person after the other hears when somebody is on it: silence follows an answer.

A pager keeps silent about an incident that was acknowledged, whatever else it hears of it. So what has to be told after
that is an incident of its own there: its key is that of ours, with the number of the message that acknowledged it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from alerts.notification import Planned
from alerts.policy.flapping import incidents_begun_at, inherited_histories, runs
from alerts.policy.grouping import incident_of, place_of, worst_first
from alerts.receivers.make import PAGER_KINDS
from service.domain.alerting.alert import Alert
from service.domain.alerting.lifecycle import AlertState
from service.domain.alerting.notification import OVER, NotificationHistory, Reason
from service.store.alerting import outbox
from service.store.pool import Connection

_MARK = "#"


def acknowledged_incidents(
    alerts: Sequence[Alert], histories: Mapping[int, NotificationHistory], pagers: AbstractSet[str]
) -> list[Planned]:
    """For each of these receivers, the incidents that it heard of and that people took over since: all that is open.

    Args:
        alerts, histories: as for `alerts.policy.plan.plan`.
    """
    if not pagers:
        return []
    found = runs(alerts)
    first_at, known = incidents_begun_at(found, histories), {**inherited_histories(found, histories), **histories}
    heard: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for alert in alerts:
        if alert.id in first_at and alert.state in (AlertState.FIRING, AlertState.ACKNOWLEDGED):
            for receiver in known[alert.id].receivers & pagers:
                heard[incident_of(place_of(alert), first_at[alert.id]), receiver].append(alert)
    return [
        Planned(
            Reason.TAKEN,
            max(known[alert.id].level for alert in some),
            tuple(sorted(some, key=worst_first)),
            (receiver,),
            incident,
            "somebody is on it, and this one goes on calling",
        )
        for (incident, receiver), some in sorted(heard.items(), key=lambda item: item[0])
        # What got worse in somebody's hands calls until it is answered there.
        if all(alert.acknowledged_at is not None and alert.acknowledged_at > known[alert.id].at for alert in some)
    ]


def with_pager_keys(
    connection: Connection, receiver: str, kind: str, document: Mapping[str, Any], alert_ids: Iterable[int]
) -> dict[str, Any]:
    """The document of a message with the keys under which this receiver knows, or is to know, its incident."""
    incident, mark, number = str(document["incident"]).rpartition(_MARK)
    incident = incident if mark and number.isdigit() else str(document["incident"])
    known = {name: value for name, value in document.items() if name != "renewed"} | {"incident": incident}
    if kind not in PAGER_KINDS:
        return known
    if document["reason"] in OVER | {Reason.TAKEN}:
        renewed = outbox.incident_keys(connection, receiver, incident + _MARK)
        return {**known, "renewed": renewed} if renewed else known
    taken_id = outbox.newest_pager_acknowledgement(connection, receiver, incident, list(alert_ids))
    return known if taken_id is None else {**known, "incident": f"{incident}{_MARK}{taken_id}"}
