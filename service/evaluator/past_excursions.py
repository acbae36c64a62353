"""Excursions that were over before their readings arrived: told once, in the past tense."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from service.domain import spans
from service.domain.container import threshold_of
from service.domain.instant import SECOND_US, duration_text, temperature_text, to_datetime
from service.domain.lifecycle import AlertState, came_late
from service.domain.limit_rules import LIMIT_CROSSED, LIMIT_RULES, is_of, is_old_news
from service.domain.profiles import Limit, Profile
from service.domain.reasons import Severity
from service.domain.rules import overridden
from service.domain.spans import Spans
from service.evaluator.alarms import at_stake, container_subject, note_step
from service.store import alerts, registry
from service.store.alerting import alerting_of
from service.store.lots import lots_in_during
from service.store.pool import Connection
from service.store.records import load_records

#: What ended longer ago is history, for the pages to show: an installation that imports its years tells nobody.
_NEWS = timedelta(days=30)

#: Excursions no farther apart are told of as one.
_TOGETHER_US = 6 * 3_600 * SECOND_US

[_CROSSED] = [rule for rule in LIMIT_RULES if rule.cause == LIMIT_CROSSED]


def tell_of_past(
    connection: Connection,
    windows: Mapping[str, Spans],
    changed: Collection[str],
    profiles: Mapping[tuple[str, int], Profile],
    now_us: int,
) -> None:
    """Alerts for excursions in these windows that nobody was told of and that are over."""
    concerned = sorted(set(windows) & set(changed))
    if not concerned:
        return
    containers = registry.containers_by_id(connection, concerned)
    alerting = alerting_of(connection, containers)
    for container_id, row in sorted(containers.items()):
        rule = overridden(_CROSSED, alerting[container_id].overrides)
        if rule.off or not len(windows[container_id]):
            continue
        profile = profiles[row["profile_id"], row["profile_version"]]
        window = (int(windows[container_id][0, 0]), int(windows[container_id][-1, 1]))
        record = load_records(connection, [container_id], *window).get((container_id, profile.max_gap_s))
        if record is None:
            continue
        # The most serious limit first: what is told of it is not told of the others.
        for limit in reversed(profile.limits):
            key = threshold_of(limit)
            over = record.beyond.get(key, spans.NONE)
            if key in record.open_beyond and not is_old_news(record, now_us):
                over = over[:-1]
            delay_s = limit.alarm_delay_s if rule.delay_s is None else rule.delay_s
            for untold in _untold(connection, f"container:{container_id}", over, delay_s * SECOND_US, now_us):
                _tell(connection, row, limit, untold, now_us)


def _untold(connection: Connection, subject: str, over: Spans, delay_us: int, now_us: int) -> Sequence[Spans]:
    """The spans, less what alerts tell of already, that are long enough and no history; together what belongs so."""
    recent = over[over[:, 1] >= now_us - _NEWS // timedelta(microseconds=1)]
    recent = recent[recent[:, 1] - recent[:, 0] >= delay_us]
    if len(recent) == 0:
        return []
    told = alerts.told_spans(connection, subject, LIMIT_CROSSED, int(recent[0, 0]), int(recent[-1, 1]))
    untold = spans.subtract(recent, told)
    untold = untold[untold[:, 1] - untold[:, 0] >= max(delay_us, 1)]
    apart = (untold[1:, 0] - untold[:-1, 1] > _TOGETHER_US).nonzero()[0] + 1
    edges = [0, *apart.tolist(), len(untold)]
    return [untold[i:j] for i, j in pairwise(edges) if j > i]


def _tell(connection: Connection, row: alerts.Row, limit: Limit, untold: Spans, now_us: int) -> None:
    now = to_datetime(now_us)
    began, ended = to_datetime(int(untold[0, 0])), to_datetime(int(untold[-1, 1]))
    lot_ids = lots_in_during(connection, row["id"], began, ended)
    subject = container_subject(row, lot_ids)
    used = max((x.used for x in at_stake(connection, lot_ids, now_us) if is_of(x.limit, limit)), default=0.0)
    times = f" {len(untold)} times," if len(untold) > 1 else ""
    in_all = " in all" if len(untold) > 1 else ""
    lasted = duration_text(spans.total_us(untold))
    text = f"was {limit.direction} {temperature_text(limit.threshold_c)}{times} for {lasted}{in_all}"
    alert_id = alerts.add_alert(
        connection,
        subject=subject.key,
        name=subject.name,
        container_id=row["id"],
        site_id=row["site_id"],
        cause=LIMIT_CROSSED,
        state=AlertState.RESOLVED,
        # There is nothing left to save, unless somebody uses what is lost.
        severity=Severity.CRITICAL if used >= 1 else Severity.WARNING,
        began_at=began,
        due_at=None,
        fired_at=now,
        resolved_at=ended,
        past=True,
        summary=subject.summary(text),
        lot_ids=lot_ids,
        figures={"used": used} if used else {},
    )
    note_step(connection, alert_id, subject.key, LIMIT_CROSSED, None, came_late(), now_us)
