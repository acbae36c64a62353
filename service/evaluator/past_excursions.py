"""Excursions that were over before their readings arrived: told once, in the past tense."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby, pairwise
from operator import attrgetter

from service.domain import spans
from service.domain.container import Record, threshold_of
from service.domain.instant import END_US, SECOND_US, duration_text, temperature_text, to_datetime
from service.domain.lifecycle import AlertState, came_late
from service.domain.limit_rules import LIMIT_CROSSED, LIMIT_RULES, is_budget, is_gone, is_of, is_old_news, share_used
from service.domain.profiles import Direction, Limit, Profile
from service.domain.rules import ContainerFacts, Rule, at_most_warning, overridden
from service.domain.spans import Spans
from service.evaluator.judging import judge_lots
from service.evaluator.settling import container_subject, note_step, whatever_becomes_of
from service.store import alerts, registry
from service.store.alerting import alerting_of
from service.store.lots import lots_in_during
from service.store.past_windows import forget_past_window, note_past_windows, past_windows, settled_windows
from service.store.pool import Connection
from service.store.records import load_records

#: An upload comes in parts: what was beyond a limit is told of as a whole, once no more of it came for so long …
_QUIET = timedelta(minutes=2)

#: … or where it never ends. There is nothing left to save meanwhile, and the verdicts say at once what it cost.
_LONGEST = timedelta(minutes=15)

#: What ended longer ago is history, for the pages to show: an installation that imports its years tells nobody.
_NEWS = timedelta(days=30)

#: Excursions no farther apart are told of as one.
_TOGETHER_US = 6 * 3_600 * SECOND_US

#: While a container is beyond a limit, what ended so shortly before its last reading counts as going on.
_STILL_US = 3_600 * SECOND_US

[_CROSSED] = [rule for rule in LIMIT_RULES if rule.cause == LIMIT_CROSSED]


@dataclass(frozen=True, slots=True)
class _Past:
    """What a container was beyond limits of one direction and came back from.

    Attributes:
        beyond: each limit, the least serious first, with the time beyond it.
        whole: beyond any of them, each excursion from its begin to its end.
        news: what of it nobody was told of, though it lasted long enough.
        told: what alerts tell of already.
    """

    beyond: Sequence[tuple[Limit, Spans]]
    whole: Spans
    news: Spans
    told: Spans


def note_past(connection: Connection, windows: Mapping[str, Spans], changed: Collection[str], now_us: int) -> None:
    """Remember where to look once no more is to come. Call it in the pass that changed the records."""
    concerned = {container_id: windows[container_id] for container_id in windows if container_id in changed}
    note_past_windows(connection, concerned, to_datetime(now_us))


def containers_with_past(connection: Connection, now_us: int) -> list[str]:
    """The containers where it is time to look whether something is to be told of."""
    return settled_windows(connection, to_datetime(now_us), _QUIET, _LONGEST)


def tell_of_past(
    connection: Connection, container_ids: Sequence[str], profiles: Mapping[tuple[str, int], Profile], now_us: int
) -> None:
    """Alerts for excursions in these containers that nobody was told of and that are over, each in a transaction."""
    windows = past_windows(connection, container_ids)
    containers = registry.containers_by_id(connection, windows)
    alerting = alerting_of(connection, windows)
    for container_id, (from_us, until_us) in windows.items():
        row = containers[container_id]
        profile = profiles[row["profile_id"], row["profile_version"]]
        rule = overridden(_CROSSED, alerting[container_id].overrides)
        with whatever_becomes_of(f"container:{container_id}"), connection.transaction():
            if not rule.off:
                _look_back(connection, row, profile, rule, (from_us, until_us), now_us)
            forget_past_window(connection, container_id)


def _look_back(
    connection: Connection,
    row: alerts.Row,
    profile: Profile,
    rule: Rule[ContainerFacts],
    window: tuple[int, int],
    now_us: int,
) -> None:
    # To the end: which excursion is the last one, and may still go on, is not told by those in the window.
    record = load_records(connection, [row["id"]], window[0], END_US).get((row["id"], profile.max_gap_s))
    if record is None:
        return
    for _, limits in groupby(sorted(profile.limits, key=_seriousness), key=attrgetter("direction")):
        past = _past(connection, row["id"], record, list(limits), rule, window[1], now_us)
        for some in _together(_meeting(past.whole, past.news)):
            _tell(connection, row, record, past, some, rule, now_us)


def _seriousness(limit: Limit) -> tuple[Direction, float]:
    return limit.direction, limit.threshold_c if limit.direction is Direction.ABOVE else -limit.threshold_c


def _past(
    connection: Connection,
    container_id: str,
    record: Record,
    limits: Sequence[Limit],
    rule: Rule[ContainerFacts],
    until_us: int,
    now_us: int,
) -> _Past:
    beyond = [(limit, record.beyond.get(threshold_of(limit), spans.NONE)) for limit in limits]
    whole = spans.union(*(found for _, found in beyond))
    is_beyond = any(threshold_of(limit) in record.open_beyond for limit in limits) and not is_old_news(record, now_us)
    if is_beyond and len(whole) and whole[-1, 1] >= record.measured_until_us - _STILL_US:
        whole = whole[:-1]
    whole = whole[(whole[:, 0] <= until_us) & (whole[:, 1] >= now_us - _NEWS // timedelta(microseconds=1))]
    if len(whole) == 0:
        return _Past((), whole, spans.NONE, spans.NONE)
    told = alerts.told_spans(
        connection, f"container:{container_id}", LIMIT_CROSSED, int(whole[0, 0]), int(whole[-1, 1])
    )
    beyond = [(limit, spans.intersect(found, whole)) for limit, found in beyond]
    news = []
    for limit, found in beyond:
        delay_us = SECOND_US * (limit.alarm_delay_s if rule.delay_s is None else rule.delay_s)
        untold = spans.subtract(_lasting(found, delay_us), told)
        news.append(_lasting(untold, max(delay_us, 1)))
    return _Past(beyond, whole, spans.union(*news), told)


def _lasting(some: Spans, at_least_us: int) -> Spans:
    return some[some[:, 1] - some[:, 0] >= at_least_us]


def _together(some: Spans) -> list[Spans]:
    apart = (some[1:, 0] - some[:-1, 1] > _TOGETHER_US).nonzero()[0] + 1
    edges = [0, *apart.tolist(), len(some)]
    return [some[i:j] for i, j in pairwise(edges) if j > i]


def _used(
    connection: Connection,
    container_id: str,
    lot_ids: Sequence[str],
    limit: Limit,
    news: Spans,
    told: Spans,
    now_us: int,
) -> float:
    """The largest share that is used of a budget of a lot, but for lots that would be lost without the news as well."""
    shares = [0.0]
    for found in judge_lots(connection, lot_ids, now_us):
        here = spans.spans((x.from_us, x.until_us) for x in found.lot.stays if x.container_id == container_id)
        for one in found.judgement.exposure.limits:
            if not is_budget(one.limit) or not is_of(one.limit, limit):
                continue
            # What is too short to be told of, or crossed another limit, is part of the same excursion.
            whole = _meeting(one.certain, spans.intersect(news, here))
            without = spans.subtract(one.certain, spans.subtract(whole, told))
            if not is_gone(one.limit, spans.total_us(without)):
                shares.append(share_used(one.limit, spans.total_us(one.certain)))
    return max(shares)


def _meeting(some: Spans, others: Spans) -> Spans:
    """Those of the spans, whole, that have time in common with the others."""
    return spans.spans((x, y) for x, y in some.tolist() if len(spans.clip(others, x, y)))


def _text(beyond: Sequence[tuple[Limit, Spans]], *, unmeasured: bool) -> str:
    (limit, found), *more = beyond
    text = f"was {_where(limit)}"
    if len(found) > 1:
        text += f" {len(found)} times, for {duration_text(spans.total_us(found))} in all"
    else:
        text += f" for {duration_text(spans.total_us(found))}"
    for farther, some in more:
        text += f", of which {duration_text(spans.total_us(some))} {_where(farther)}"
    return f"{text}; how it went on, nobody measured" if unmeasured else text


def _where(limit: Limit) -> str:
    return f"{limit.direction} {temperature_text(limit.threshold_c)}"


def _tell(
    connection: Connection,
    row: alerts.Row,
    record: Record,
    past: _Past,
    some: Spans,
    rule: Rule[ContainerFacts],
    now_us: int,
) -> None:
    now = to_datetime(now_us)
    ended_us = int(some[-1, 1])
    began, ended = to_datetime(int(some[0, 0])), to_datetime(ended_us)
    lot_ids = lots_in_during(connection, row["id"], began, ended)
    subject = container_subject(row, lot_ids)
    beyond = [(limit, found) for limit, whole in past.beyond if len(found := spans.intersect(whole, some))]
    used = _used(connection, row["id"], lot_ids, beyond[-1][0], past.news, past.told, now_us)
    unmeasured = ended_us in record.gaps[:, 0] or ended_us == record.measured_until_us
    alert_id = alerts.add_alert(
        connection,
        subject=subject.key,
        name=subject.name,
        container_id=row["id"],
        site_id=row["site_id"],
        cause=LIMIT_CROSSED,
        state=AlertState.RESOLVED,
        # There is nothing left to save, unless somebody uses what is lost.
        severity=rule.severity if used >= 1 else at_most_warning(rule.severity),
        began_at=began,
        due_at=None,
        fired_at=now,
        resolved_at=ended,
        past=True,
        summary=subject.summary(_text(beyond, unmeasured=unmeasured)),
        lot_ids=lot_ids,
        figures={"used": used} if used else {},
    )
    note_step(connection, alert_id, subject.key, LIMIT_CROSSED, None, came_late(), now_us)
