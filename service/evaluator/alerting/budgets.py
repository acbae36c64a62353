"""The shares of their budgets that lots have used: each is told of once, however, wherever and whenever it was used.

What is used up while a container is beyond a limit is told by its alert (limit_alerts.py). What is left is told here,
in the past tense: pieces of minutes, uploads, what a correction brought to light.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.answers.judging import JudgedLot, judge_lots
from service.domain.alerting.at_stake import is_condemning
from service.domain.alerting.details import MOST_NAMED, BudgetUsed, LotBudgetsUsed, LotBudgetUsed
from service.domain.alerting.given_up import why_given_up
from service.domain.alerting.limit_rules import BUDGET_USED, budget_used_of, share_used, stage_of
from service.domain.alerting.rule_table import container_rule
from service.domain.alerting.rules import Override, at_most_warning, overridden
from service.domain.clocks import AsOf
from service.domain.exposure.container import threshold_of
from service.domain.exposure.lot import LimitExposure
from service.domain.instant import SECOND_US, to_datetime
from service.domain.profiles import Limit
from service.evaluator.alerting.findings import PastFinding, Subject, add_past_alert, container_subject, isolate_failure
from service.store.alerting import budget_stages
from service.store.alerting.overrides import alerting_of, profile_overrides
from service.store.pool import Connection
from service.store.registry.containers import containers_by_id

#: An upload comes in parts, and an alert that goes on tells of it better: what is not told by then is told here.
_QUIET = timedelta(minutes=2)

#: What was used up longer ago is history, for the pages to show.
_TOLD_WITHIN_US = 30 * 86_400 * SECOND_US


@dataclass(frozen=True, slots=True)
class _Used:
    """A budget of a lot of which people are to be told how much is used, since when, and when it grew last."""

    key: budget_stages.Key
    limit: Limit
    used: float
    reached_us: int
    until_us: int

    @property
    def lot_id(self) -> str:
        return self.key[0]


def note_budgets(connection: Connection, judged: Sequence[JudgedLot], now_us: int, *, by_people: bool) -> None:
    """Remember which shares were passed, in the pass that judged these lots. `by_people`: not by readings alone."""
    used = {
        (one.lot.id, threshold_of(found.limit)): (found, _share(found))
        for one in judged
        for found in one.judgement.exposure.limits
        if is_condemning(found.limit) and found.limit.budget_s is not None
    }
    if not by_people and not any(stage_of(share) > 0 for _, share in used.values()):
        return
    known = budget_stages.stages(connection, sorted({lot_id for lot_id, _ in used}))
    fresh: dict[budget_stages.Key, float] = {}
    old: dict[budget_stages.Key, float] = {}
    less: dict[budget_stages.Key, float] = {}
    for key, (found, share) in used.items():
        stage, before = stage_of(share), known.get(key)
        if before is not None and share < before.share:
            less[key] = stage
        elif before is None or stage > before.share:
            reached_us = _reached_us(found, stage)
            if stage > 0 and reached_us is not None:
                (fresh if reached_us >= now_us - _TOLD_WITHIN_US else old)[key] = stage
    budget_stages.put(connection, fresh, to_datetime(now_us))
    budget_stages.put(connection, old, None)
    budget_stages.lower(connection, less)


def _share(found: LimitExposure) -> float:
    return share_used(found.limit, found.total_us(found.certain))


def _reached_us(found: LimitExposure, stage: float) -> int | None:
    """When a share of a budget was used up."""
    wanted_us = round(stage * (found.limit.budget_s or 0) * SECOND_US)
    at_us = found.reached_us(found.certain, wanted_us)
    # To the microsecond, and no further.
    return _last_us(found) if at_us is None else at_us


def _last_us(found: LimitExposure) -> int | None:
    """When a budget was used last: before its readings begin, if at all then; None: never."""
    if len(found.certain):
        return int(found.certain[-1, 1])
    return found.from_us if found.carried_us else None


def lots_to_tell_of(connection: Connection, now_us: int) -> list[str]:
    """The lots of which it is time to tell that a share of a budget is used."""
    return budget_stages.waiting(connection, to_datetime(now_us) - _QUIET)


def tell_of_budgets(connection: Connection, lot_ids: Sequence[str], now_us: int) -> None:
    """Alerts for what these lots have used and nobody was told of: one for each container, one for a lot in none."""
    known = budget_stages.stages(connection, lot_ids)
    at_one_place: defaultdict[str | None, list[JudgedLot]] = defaultdict(list)
    for one in judge_lots(connection, lot_ids, AsOf(now_us)):
        here = next((x.container_id for x in one.lot.stays if x.from_us <= now_us < x.until_us), None)
        at_one_place[here].append(one)
    alone = at_one_place.pop(None, [])
    containers = containers_by_id(connection, [x for x in at_one_place if x is not None])
    alerting = alerting_of(connection, containers)
    profiles = profile_overrides(connection, {one.profile.id for one in alone})
    for container_id, container in containers.items():
        lots = at_one_place[container_id]
        subject = container_subject(container, [one.lot.id for one in lots])
        _tell(connection, subject, lots, alerting[container_id].overrides, known, now_us)
    for one in alone:
        subject = Subject(f"lot:{one.lot.id}", f"Lot {one.lot.id}", lot_ids=(one.lot.id,))
        _tell(connection, subject, [one], (profiles.get(one.profile.id, {}),), known, now_us)


def _tell(
    connection: Connection,
    subject: Subject,
    lots: Sequence[JudgedLot],
    overrides: tuple[Mapping[str, Override], ...],
    known: Mapping[budget_stages.Key, budget_stages.Stage],
    now_us: int,
) -> None:
    rule = overridden(container_rule(BUDGET_USED), overrides)
    waiting = {lot.lot.id: list(_used(lot, known)) for lot in lots}
    told = sorted(
        (
            x
            for lot in lots
            if not rule.off and why_given_up(lot.answered.reason_codes) is None
            for x in waiting[lot.lot.id]
            if stage_of(x.used, rule.at or 0) > 0
        ),
        key=lambda x: -x.used,
    )
    with isolate_failure(subject.key), connection.transaction():
        budget_stages.put(connection, {x.key: stage_of(x.used) for some in waiting.values() for x in some}, None)
        if not told:
            return
        worst = told[0]
        found = PastFinding(
            cause=BUDGET_USED,
            # There is nothing left to save, unless somebody uses what is lost.
            severity=rule.severity if worst.used >= 1 else at_most_warning(rule.severity),
            from_us=min(x.reached_us for x in told),
            until_us=max(x.until_us for x in told),
            details=_details(subject, told, rule.at or 0),
            lot_ids=tuple(dict.fromkeys(x.lot_id for x in told)),
            used=worst.used,
            threshold=threshold_of(worst.limit),
        )
        alert_id = add_past_alert(connection, subject, found, now_us)
        budget_stages.note_told(connection, {x.key: (stage_of(x.used), alert_id) for x in told})


def _used(lot: JudgedLot, known: Mapping[budget_stages.Key, budget_stages.Stage]) -> Iterator[_Used]:
    """The budgets of a lot of which people are still to be told."""
    for found in lot.judgement.exposure.limits:
        key = (lot.lot.id, threshold_of(found.limit))
        stage = known.get(key)
        reached_us = None if stage is None or not stage.waits else _reached_us(found, stage.share)
        if reached_us is not None:
            yield _Used(key, found.limit, _share(found), reached_us, _last_us(found) or reached_us)


def _details(subject: Subject, told: Sequence[_Used], at: float) -> BudgetUsed | LotBudgetsUsed:
    used = [LotBudgetUsed(x.lot_id, budget_used_of(x.limit, stage_of(x.used, at))) for x in told[:MOST_NAMED]]
    if subject.container_id is None:
        return used[0].used
    return LotBudgetsUsed(tuple(used), max(0, len(told) - MOST_NAMED))
