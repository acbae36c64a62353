"""Excursions that were over before their readings arrived: told once, in the past tense."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from service.domain import spans
from service.domain.container import threshold_of
from service.domain.instant import SECOND_US, duration_text, temperature_text, to_datetime
from service.domain.lifecycle import AlertState, came_late
from service.domain.limit_rules import LIMIT_CROSSED
from service.domain.profiles import Limit, Profile
from service.domain.reasons import Severity
from service.domain.spans import Spans
from service.evaluator.alarms import container_subject
from service.store import alerts, registry
from service.store.lots import lots_in_during
from service.store.pool import Connection
from service.store.records import load_records

#: What comes to light within so long of an upload's first part is told with it.
_TOGETHER = timedelta(minutes=15)


def tell_of_past(
    connection: Connection,
    windows: Mapping[str, Spans],
    changed: Collection[str],
    profiles: Mapping[tuple[str, int], Profile],
    now_us: int,
) -> None:
    """Alerts for excursions in these windows that nobody was told of and that are over."""
    containers = registry.containers_by_id(connection, sorted(set(windows) & set(changed)))
    for container_id, row in sorted(containers.items()):
        if not len(windows[container_id]):
            continue
        profile = profiles[row["profile_id"], row["profile_version"]]
        window = (int(windows[container_id][0, 0]), int(windows[container_id][-1, 1]))
        record = load_records(connection, [container_id], *window).get((container_id, profile.max_gap_s))
        if record is None:
            continue
        # What was beyond when it was last heard of, long ago, is no news of now either.
        stale = now_us - record.measured_until_us > profile.max_gap_s * SECOND_US
        for limit in reversed(profile.limits):
            key = threshold_of(limit)
            beyond = record.beyond.get(key, spans.NONE)
            long = beyond[beyond[:, 1] - beyond[:, 0] >= limit.alarm_delay_s * SECOND_US]
            over = long[:-1] if key in record.open_beyond and not stale else long
            untold = _untold(connection, f"container:{container_id}", over)
            if len(untold):
                _tell(connection, row, limit, untold, now_us)


def _untold(connection: Connection, subject: str, over: Spans) -> Spans:
    untold = [
        not alerts.overlapping_alerts(connection, subject, LIMIT_CROSSED, to_datetime(from_us), to_datetime(until_us))
        for from_us, until_us in over.tolist()
    ]
    return over[untold]


def _tell(connection: Connection, row: alerts.Row, limit: Limit, untold: Spans, now_us: int) -> None:
    now, subject_key = to_datetime(now_us), f"container:{row['id']}"
    began, ended = to_datetime(int(untold[0, 0])), to_datetime(int(untold[-1, 1]))
    earlier = alerts.past_alert_told_of_since(connection, subject_key, LIMIT_CROSSED, now - _TOGETHER)
    if earlier is not None:
        began, ended = min(began, earlier["began_at"]), max(ended, earlier["resolved_at"])
    lot_ids = lots_in_during(connection, row["id"], began, ended)
    subject = container_subject(row, lot_ids)
    lasted = f"for {duration_text(spans.total_us(untold))}"
    if len(untold) > 1 or earlier is not None:
        lasted = "several times"
    summary = subject.summary(f"was {limit.direction} {temperature_text(limit.threshold_c)} {lasted}")
    if earlier is not None:
        alerts.extend_past(connection, earlier["id"], began_at=began, resolved_at=ended, summary=summary)
        return
    step = came_late()
    alert_id = alerts.add_alert(
        connection,
        subject=subject.key,
        name=subject.name,
        container_id=row["id"],
        site_id=row["site_id"],
        cause=LIMIT_CROSSED,
        state=AlertState.RESOLVED,
        severity=Severity.WARNING,
        began_at=began,
        due_at=None,
        fired_at=now,
        resolved_at=ended,
        past=True,
        summary=summary,
        lot_ids=lot_ids,
        figures={},
    )
    alerts.add_step(connection, alert_id, at=now, was=None, becomes=AlertState.RESOLVED, reason=step.reason)
    alerts.wake_tellers(connection)
