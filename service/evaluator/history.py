"""The history of verdicts: what each lot's verdict became, and why."""

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field

import structlog

from service.answers.documents import instant, status_document
from service.answers.judging import JudgedLot
from service.domain.instant import SECOND_US, to_datetime
from service.domain.verdicts.causes import Cause, cause_of, cause_of_readings
from service.domain.verdicts.verdict import Verdict
from service.evaluator.windows import Change
from service.store.corrections import Effect, add_effects
from service.store.dirty import Mark
from service.store.lots import verdicts
from service.store.pool import Connection

log = structlog.get_logger()


@dataclass(slots=True)
class Touched:
    """What happened to one lot or container since the last pass: causes, and the corrections among them."""

    causes: set[Cause] = field(default_factory=set)
    corrections: set[int] = field(default_factory=set)


class Touches:
    """What happened to which lots since the last pass, as far as it can have changed their verdicts."""

    def __init__(self, marks: Iterable[Mark], changes: Iterable[Change], changed: Set[str]) -> None:
        """`changed`: the containers whose record is not what it was."""
        self._lots: defaultdict[str, Touched] = defaultdict(Touched)
        self._containers: defaultdict[str, Touched] = defaultdict(Touched)
        self._read_from_us: dict[str, int] = {}
        for mark in marks:
            if mark.lot_id is not None:
                _add(self._lots[mark.lot_id], mark)
            elif mark.container_id is not None:
                _add(self._containers[mark.container_id], mark)
        for change in changes:
            for container_id in changed & set(change.container_ids):
                earliest_us = self._read_from_us.get(container_id, change.from_us)
                self._read_from_us[container_id] = min(earliest_us, change.from_us)

    def of(self, judged: JudgedLot, now_us: int) -> Touched:
        """What happened to one lot, where it was or is."""
        found = Touched()
        for touched in (
            self._lots.get(judged.lot.id),
            *(self._containers.get(stay.container_id) for stay in judged.lot.stays),
        ):
            if touched is not None:
                found.causes |= touched.causes
                found.corrections |= touched.corrections
        for stay in judged.lot.stays:
            from_us = self._read_from_us.get(stay.container_id)
            if from_us is not None and from_us < stay.until_us:
                found.causes.add(cause_of_readings(from_us, judged.profile.max_gap_s * SECOND_US, now_us))
        return found


def _add(touched: Touched, mark: Mark) -> None:
    if mark.cause is not None:
        touched.causes.add(Cause(mark.cause))
    if mark.correction_id is not None:
        touched.corrections.add(mark.correction_id)


def record(connection: Connection, judged: Sequence[JudgedLot], touches: Touches, now_us: int) -> int:
    """Keep the latest state of each lot, and a row of history where verdict or reason codes changed; returns how many.

    A correction that changed a verdict is marked as such, so that someone looks at it.
    """
    known = verdicts.lot_states(connection, [found.lot.id for found in judged])
    now = to_datetime(now_us)
    states: list[verdicts.LotState] = []
    lapses: dict[str, int] = {}
    changed: list[verdicts.NewVerdict] = []
    effects: list[Effect] = []
    for found in judged:
        lot_id, judgement = found.lot.id, found.judgement
        codes = judgement.reason_codes
        before = known.get(lot_id)
        if before is not None and before.changes_at_us is not None and before.changes_at_us < now_us:
            lapses[lot_id] = before.changes_at_us
        state = verdicts.LotState(lot_id, judgement.verdict.value, codes, judgement.exposure.changes_at_us)
        if state != before:
            states.append(state)
        if before is not None and (before.verdict, before.reason_codes) == (judgement.verdict, codes):
            continue
        touched = touches.of(found, now_us)
        cause = cause_of(touched.causes, first=before is None)
        was = None if before is None else Verdict(before.verdict)
        log.info("verdict", lot=lot_id, verdict=judgement.verdict.value, was=was and was.value, cause=cause.value)
        status = {**status_document(found, now), "as_of": instant(now_us)}
        changed.append(verdicts.NewVerdict(lot_id, cause.value, status))
        if was is not None and was is not judgement.verdict:
            effects += [Effect(x, lot_id, was.value, judgement.verdict.value, now) for x in sorted(touched.corrections)]
    verdicts.add_lapses(connection, lapses, now_us)
    verdicts.save_lot_states(connection, states)
    verdicts.add_verdicts(connection, now, changed)
    add_effects(connection, effects)
    return len(changed)
