"""Which alerts go into one message: a power cut at a site is one, not forty."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.notification import Planned
from alerts.on_call.config import Config
from service.domain.alerting.alert import Alert
from service.domain.alerting.notification import OVER, NotificationHistory, Reason
from service.domain.severity import severity_rank

#: While some alerts of an incident go on, those that are over are gathered for this long before that is told.
ENDS_GATHERED_FOR = timedelta(minutes=10)

#: Reasons that may wait for others of their kind, so as to be told with them.
_GATHERED = frozenset({Reason.FIRST, Reason.WORSENED})


@dataclass(frozen=True, slots=True)
class Due:
    """That some receivers are to be told of an alert. `group`: its place and its chain."""

    alert: Alert
    reason: Reason
    level: int
    receivers: frozenset[str]
    group: tuple[str, str]
    why: str

    @property
    def audience(self) -> tuple[tuple[str, str], int, frozenset[str]]:
        """Reminders of the same audience are one message."""
        return self.group, self.level, self.receivers


def place_of(alert: Alert) -> str:
    """What alerts must share to be told together: the site; all lots at no site are together, and else the subject."""
    if alert.site_id is not None:
        return f"site:{alert.site_id}"
    return "lots" if alert.subject.startswith("lot:") else alert.subject


def incident_of(place: str, first_at: datetime) -> str:
    """The key of what was first told together."""
    return f"{place}:{first_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"


def group_messages(
    due: Sequence[Due],
    alerts: Sequence[Alert],
    pending: Sequence[Alert],
    histories: Mapping[int, NotificationHistory],
    begun_at: Mapping[int, datetime],
    config: Config,
    now: datetime,
) -> list[Planned]:
    """The messages that say what is due, less what had better wait.

    Args:
        pending: alerts that are about to fire and would be told.
        begun_at: when the incident of an alert was first told; without one, it begins now.
    """
    incidents = {one.id: incident_of(place_of(one), begun_at.get(one.id, now)) for one in alerts}
    told: dict[tuple[str, str], list[NotificationHistory]] = defaultdict(list)
    for alert in alerts:
        if alert.id in histories and histories[alert.id].reason not in OVER:
            told[_group(alert, config)].append(histories[alert.id])
    waiting: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for alert in pending:
        waiting[_group(alert, config)].append(alert)
    gathered: dict[tuple[str, str], list[Due]] = defaultdict(list)
    messages: dict[object, list[Due]] = defaultdict(list)
    for one in due:
        if one.reason in _GATHERED:
            gathered[one.group].append(one)
        elif one.reason is not Reason.RESOLVED:
            messages[_key(one, incidents)].append(one)
    for group, some in gathered.items():
        if not _waits_for_others(some, told[group], waiting[group], config, now):
            for one in some:
                messages[_key(one, incidents)].append(one)
    planned = [_message(some, incidents) for some in messages.values()]
    planned += _ends([one for one in due if one.reason is Reason.RESOLVED], alerts, histories, incidents, now)
    return sorted(
        planned, key=lambda one: (one.reason in OVER, -severity_rank(one.alerts[0].severity), one.alerts[0].id)
    )


def _group(alert: Alert, config: Config) -> tuple[str, str]:
    return place_of(alert), config.chain_for(alert.site_id, alert.severity, alert.cause).name


def _waits_for_others(
    due: Sequence[Due], told: Iterable[NotificationHistory], pending: Iterable[Alert], config: Config, now: datetime
) -> bool:
    """Whether more is about to come that belongs into the same message. A lone freezer never waits."""
    interval, window = timedelta(seconds=config.group_interval_s), timedelta(seconds=config.group_window_s)
    recent = [one for one in told if one.reason in _GATHERED and timedelta(0) <= now - one.at < interval]
    worst = max(severity_rank(one.alert.severity) for one in due)
    if recent:
        return worst <= max(severity_rank(one.severity) for one in recent)
    first = min(one.alert.fired_at or one.alert.began_at for one in due)
    return now - first < window and any(one.due_at and one.due_at <= now + window for one in pending)


def _key(one: Due, incidents: Mapping[int, str]) -> object:
    apart = None if one.reason in (Reason.REMINDER, Reason.PAST) else incidents[one.alert.id]
    return one.reason, *one.audience, apart


def _message(due: Sequence[Due], incidents: Mapping[int, str]) -> Planned:
    first = due[0]
    incident = min(incidents[one.alert.id] for one in due)
    if first.reason is Reason.PAST:
        incident = f"{first.group[0]}:past:{min(one.alert.id for one in due)}"
    return Planned(
        first.reason,
        first.level,
        tuple(sorted((one.alert for one in due), key=worst_first)),
        tuple(sorted(first.receivers)),
        incident,
        first.why,
    )


def worst_first(alert: Alert) -> tuple[int, int]:
    """The order of alerts in a message."""
    return -severity_rank(alert.severity), alert.id


def _ends(
    due: Sequence[Due],
    alerts: Iterable[Alert],
    histories: Mapping[int, NotificationHistory],
    incidents: Mapping[int, str],
    now: datetime,
) -> Iterator[Planned]:
    """What is over, told to each receiver by itself: for one all of an incident may be over, for another a part."""
    over = {one.alert.id for one in due}
    goes_on: dict[str, set[str]] = defaultdict(set)
    for alert in alerts:
        if alert.id in histories and alert.id not in over and histories[alert.id].reason not in OVER:
            goes_on[incidents[alert.id]] |= histories[alert.id].receivers
    by_incident: dict[str, list[Due]] = defaultdict(list)
    for one in due:
        by_incident[incidents[one.alert.id]].append(one)
    for incident, some in by_incident.items():
        partly = set().union(*(one.receivers for one in some)) & goes_on[incident]
        if partly and now - min(one.alert.over_at or now for one in some) < ENDS_GATHERED_FOR:
            continue
        heard: dict[str, list[Due]] = defaultdict(list)
        for one in some:
            for receiver in one.receivers:
                heard[receiver].append(one)
        messages: dict[tuple[tuple[int, ...], bool], list[str]] = defaultdict(list)
        for receiver, ends in heard.items():
            messages[tuple(sorted(end.alert.id for end in ends)), receiver in partly].append(receiver)
        for (ids, is_part), receivers in sorted(messages.items()):
            ends = [one for one in some if one.alert.id in ids]
            yield Planned(
                Reason.RESOLVED,
                max(end.level for end in ends),
                tuple(sorted((end.alert for end in ends), key=worst_first)),
                tuple(sorted(receivers)),
                f"{incident}:{ids[0]}" if is_part else incident,
                ends[0].why + (", though not all of its incident" if is_part else ""),
            )
