"""Excursions that were over before their readings arrived: told once, in the past tense."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from service.answers.judging import judge_lots
from service.domain import spans
from service.domain.alerting.at_stake import is_condemning
from service.domain.alerting.given_up import why_given_up
from service.domain.alerting.limit_rules import LIMIT_CROSSED, is_gone, is_of, is_outdated, share_used
from service.domain.alerting.past_excursions import (
    BeyondSpans,
    LookBack,
    beyond_spans,
    look_backs,
    meeting,
    past_details,
    together,
    untold_spans,
)
from service.domain.alerting.rule_table import container_rule
from service.domain.alerting.rules import ContainerFacts, Rule, at_most_warning, overridden
from service.domain.clocks import AsOf
from service.domain.exposure.container import Record, left_beyond, threshold_of
from service.domain.instant import END_US, SECOND_US, to_datetime
from service.domain.profiles import Limit, Profile
from service.domain.spans import Spans
from service.evaluator.alerting.findings import PastFinding, add_past_alert, container_subject, isolate_failure
from service.store.alerting.alerts import open_alerts, told_spans
from service.store.alerting.overrides import alerting_of
from service.store.alerting.past_windows import (
    PastWindow,
    forget_past_window,
    note_past_windows,
    past_windows,
    settled_windows,
)
from service.store.exposure.records import load_records
from service.store.lots.lives import load_lives
from service.store.lots.lots import lots_in_during
from service.store.pool import Connection
from service.store.registry.containers import Container, containers_by_id

#: An upload comes in parts: what was beyond a limit is told of as a whole, once no more of it came for this long …
_QUIET = timedelta(minutes=2)

#: … or where it never ends. There is nothing left to save meanwhile, and the verdicts say at once what it cost.
_LONGEST = timedelta(minutes=15)

#: What ended longer ago is history, for the pages to show: an installation that imports its years tells nobody.
_TOLD_WITHIN_US = 30 * 86_400 * SECOND_US

#: While a container is beyond a limit, what ended this shortly before its last reading counts as going on.
_STILL_US = 3_600 * SECOND_US


@dataclass(frozen=True, slots=True)
class _Past:
    """What a container may have been beyond limits of one direction and came back from.

    Attributes:
        beyond: each limit, the least serious first, with the time beyond it.
        whole: beyond any of them, each excursion from its begin to its end.
        untold: what of it nobody was told of, though it lasted long enough.
        told: what alerts tell of already.
    """

    record: Record
    beyond: Sequence[BeyondSpans]
    whole: Spans
    untold: Spans
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
    containers = containers_by_id(connection, [window.container_id for window in windows])
    alerting = alerting_of(connection, containers)
    for window in windows:
        container_id = window.container_id
        rule = overridden(container_rule(LIMIT_CROSSED), alerting[container_id].overrides)
        with isolate_failure(f"container:{container_id}"), connection.transaction():
            if not rule.off:
                _look_back(connection, containers[container_id], profiles, rule, window, now_us)
            forget_past_window(connection, container_id)


def _look_back(
    connection: Connection,
    container: Container,
    profiles: Mapping[tuple[str, int], Profile],
    rule: Rule[ContainerFacts],
    window: PastWindow,
    now_us: int,
) -> None:
    # To the end: which excursion is the last one, and may still go on, is not told by those in the window.
    records = {x: record for (_, x), record in load_records(connection, [container.id], window.from_us, END_US).items()}
    since = to_datetime(max(window.from_us, now_us - _TOLD_WITHIN_US))
    were_there = load_lives(connection, lots_in_during(connection, container.id, since, to_datetime(now_us)))
    of_lots = [
        (
            profiles[lot.profile_key],
            spans.spans((x.from_us, x.until_us) for x in lot.stays if x.container_id == container.id),
        )
        for lot in were_there
    ]
    for group in look_backs(profiles[container.profile_key], rule.delay_s, of_lots):
        past = _past(connection, container.id, records, group, window.until_us, now_us)
        for some in together(meeting(past.whole, past.untold)):
            _tell(connection, container, past, some, rule, now_us)


def _past(
    connection: Connection,
    container_id: str,
    records: Mapping[int, Record],
    group: Sequence[LookBack],
    until_us: int,
    now_us: int,
) -> _Past:
    record = records.get(group[0].max_gap_s, Record())
    beyond = [beyond_spans(one, records) for one in group]
    whole = spans.union(*(one.possible for one in beyond))
    keys = {threshold_of(one.limit) for one in group}
    goes_on = bool(keys & record.open_possible) and not is_outdated(record, now_us)
    # Nobody has seen the end of what was so when its probe was taken out. Where nobody was called, it is told here.
    goes_on |= bool(keys & left_beyond(record).keys()) and _has_alert(connection, container_id)
    if goes_on and len(whole) and whole[-1, 1] >= record.measured_until_us - _STILL_US:
        whole = whole[:-1]
    whole = whole[(whole[:, 0] <= until_us) & (whole[:, 1] >= now_us - _TOLD_WITHIN_US)]
    if len(whole) == 0:
        return _Past(record, (), whole, spans.NONE, spans.NONE)
    told = told_spans(connection, f"container:{container_id}", LIMIT_CROSSED, int(whole[0, 0]), int(whole[-1, 1]))
    beyond = [
        replace(x, possible=spans.intersect(x.possible, whole), certain=spans.intersect(x.certain, whole))
        for x in beyond
    ]
    found = [untold_spans(one, x.possible, told) for one, x in zip(group, beyond, strict=True)]
    return _Past(record, beyond, whole, spans.union(*found), told)


def _has_alert(connection: Connection, container_id: str) -> bool:
    return any(alert.cause == LIMIT_CROSSED for alert in open_alerts(connection, [f"container:{container_id}"]))


def _used(
    connection: Connection, container_id: str, lot_ids: Sequence[str], limit: Limit, past: _Past, now_us: int
) -> float:
    """The largest share that is used of a budget of a lot, but for lots given up, or lost without it as well.

    A lot that was lost by it in another way has used up all.
    """
    shares = [0.0]
    for found in judge_lots(connection, lot_ids, AsOf(now_us)):
        if why_given_up(found.answered.reason_codes) is not None:
            continue
        here = spans.spans((x.from_us, x.until_us) for x in found.lot.stays if x.container_id == container_id)
        for one in found.judgement.exposure.limits:
            if not is_condemning(one.limit) or not is_of(one.limit, limit):
                continue
            # What is too short to be told of, or crossed another limit, is part of the same excursion.
            whole = meeting(one.certain, spans.intersect(past.untold, here))
            without = spans.subtract(one.certain, spans.subtract(whole, past.told))
            if not is_gone(one.limit, without, one.carried_us):
                lost = float(is_gone(one.limit, one.certain, one.carried_us))
                shares.append(max(lost, share_used(one.limit, one.total_us(one.certain))))
        thaw = found.judgement.exposure.thaw
        if thaw is not None and thaw.passed_us is not None:
            shares.append(float(spans.contains(spans.intersect(past.untold, here), thaw.passed_us)))
    return max(shares)


def _tell(
    connection: Connection, container: Container, past: _Past, some: Spans, rule: Rule[ContainerFacts], now_us: int
) -> None:
    from_us, until_us = int(some[0, 0]), int(some[-1, 1])
    lot_ids = lots_in_during(connection, container.id, to_datetime(from_us), to_datetime(until_us))
    beyond = [
        replace(x, possible=found, certain=spans.intersect(x.certain, some))
        for x in past.beyond
        if len(found := spans.intersect(x.possible, some))
    ]
    used = _used(connection, container.id, lot_ids, beyond[-1].limit, past, now_us)
    unmeasured = until_us in past.record.gaps[:, 0] or until_us == past.record.measured_until_us
    past_finding = PastFinding(
        cause=LIMIT_CROSSED,
        # There is nothing left to save, unless somebody uses what is lost.
        severity=rule.severity if used >= 1 else at_most_warning(rule.severity),
        from_us=from_us,
        until_us=until_us,
        details=past_details(beyond, unmeasured=unmeasured),
        lot_ids=tuple(lot_ids),
        used=used or None,
    )
    add_past_alert(connection, container_subject(container, lot_ids), past_finding, now_us)
