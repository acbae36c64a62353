"""The history of verdicts and answers: what those of each lot became, and why."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import datetime

import structlog

from service.answers.documents import limits_document, reasons_document
from service.answers.judging import JudgedLot, judge_lots
from service.answers.stored import state_of
from service.domain.answers.standing import LotState
from service.domain.clocks import AsOf
from service.domain.instant import SECOND_US, from_datetime, to_datetime
from service.domain.verdicts.causes import Cause, cause_of, cause_of_readings
from service.domain.verdicts.verdict import Verdict
from service.evaluator.windows import Change
from service.store.dirty import Mark
from service.store.exposure.records import Key
from service.store.lots import verdicts
from service.store.lots.answer_history import NewAnswer, add_answers
from service.store.lots.answers import Before, save_lot_states, states_before
from service.store.lots.dispositions import lapse_releases
from service.store.pool import Connection
from service.store.row_locks import lock_lots

log = structlog.get_logger()

#: An evaluator at work looks at what time alone changed within a second or two.
_LAPSE_US = 5 * SECOND_US

#: So many lots at once are logged one by one; of a thousand parts in a warm freezer it is logged how many.
_MOST_LOGGED = 100

NONE_SILENT: Mapping[Key, int] = {}


class Touches:
    """What happened to which lots since the last pass, as far as it can have changed their verdicts."""

    def __init__(self, marks: Iterable[Mark], changes: Iterable[Change], changed: Set[str]) -> None:
        """`changed`: the containers whose record is not what it was."""
        self._lots: defaultdict[str, set[Cause]] = defaultdict(set)
        self._containers: defaultdict[str, set[Cause]] = defaultdict(set)
        self._waited_from_us: dict[tuple[str | None, str | None], int] = {}
        self._read_from_us: dict[str, int] = {}
        for mark in marks:
            if mark.cause is None:
                continue
            if mark.lot_id is not None:
                self._lots[mark.lot_id].add(Cause(mark.cause))
            elif mark.container_id is not None:
                self._containers[mark.container_id].add(Cause(mark.cause))
            if mark.marked_at is not None:
                about, since_us = (mark.lot_id, mark.container_id), from_datetime(mark.marked_at)
                self._waited_from_us[about] = min(self._waited_from_us.get(about, since_us), since_us)
        for change in changes:
            for container_id in changed & set(change.container_ids):
                earliest_us = self._read_from_us.get(container_id, change.from_us)
                self._read_from_us[container_id] = min(earliest_us, change.from_us)

    def of(self, judged: JudgedLot, now_us: int) -> set[Cause]:
        """What happened to one lot, where it was or is."""
        found = set(self._lots.get(judged.lot.id, ()))
        for stay in judged.lot.places:
            found.update(self._containers.get(stay.container_id, ()))
        for stay in judged.lot.stays:
            from_us = self._read_from_us.get(stay.container_id)
            if from_us is not None and from_us < stay.until_us:
                found.add(cause_of_readings(from_us, judged.profile.max_gap_s * SECOND_US, now_us))
        return found

    def waited_from_us(self, judged: JudgedLot) -> int | None:
        """Since when what people did to a lot, or where it was or is, has waited to be judged; None: nothing has."""
        about = [(judged.lot.id, None), *((None, stay.container_id) for stay in judged.lot.places)]
        return min((self._waited_from_us[one] for one in about if one in self._waited_from_us), default=None)


def judge_and_record(
    connection: Connection,
    lot_ids: Collection[str],
    as_of: AsOf,
    touches: Touches,
    silent_after_us: Mapping[Key, int] = NONE_SILENT,
) -> tuple[list[JudgedLot], int]:
    """Judge lots and store their answers, and a row of history where a verdict, an answer or its reason codes changed.

    Returns what was judged, and how many verdicts changed.

    It alone writes answers.

    Args:
        silent_after_us: containers that had been silent for too long, with the largest gap, before what this pass heard
            of them: the last instant at which that was no gap.
    """
    # Before anything is loaded: of two that judge the same lot, the later knows all that the earlier knew.
    lock_lots(connection, lot_ids)
    judged = judge_lots(connection, sorted(lot_ids), as_of)
    judged = _with_lapses(connection, judged, as_of)
    return judged, _record(connection, judged, touches, to_datetime(as_of.now_us), silent_after_us)


def _with_lapses(connection: Connection, judged: list[JudgedLot], as_of: AsOf) -> list[JudgedLot]:
    """The same lots, those judged again whose release has lapsed now, for they are out of limits."""
    lost = {
        found.lot.id: found.judgement.condemning[0].text
        for found in judged
        if found.judgement.verdict is Verdict.NONVIABLE
    }
    lapsed = lapse_releases(connection, lost, to_datetime(as_of.now_us)) if lost else []
    if not lapsed:
        return judged
    log.info("release lapsed", lots=lapsed)
    again = {found.lot.id: found for found in judge_lots(connection, sorted(lapsed), as_of)}
    return [again.get(found.lot.id, found) for found in judged]


def _record(
    connection: Connection,
    judged: Sequence[JudgedLot],
    touches: Touches,
    now: datetime,
    silent_after_us: Mapping[Key, int],
) -> int:
    known = states_before(connection, [found.lot.id for found in judged])
    states: list[LotState] = []
    lapses: dict[str, int] = {}
    new_verdicts: list[verdicts.NewVerdict] = []
    new_answers: list[NewAnswer] = []
    for found in judged:
        lot_id = found.lot.id
        before = known.get(lot_id)
        state = state_of(found, now)
        states.append(state)
        waited_us = touches.waited_from_us(found)
        if before is not None:
            since_us = _lapsed_from_us(before, state.judged_us, silent_after_us, waited_us)
            lapses |= {} if since_us is None else {lot_id: since_us}
        cause = cause_of(touches.of(found, state.judged_us), first=before is None).value
        if before is None or (before.verdict, before.verdict_codes) != (state.verdict, state.verdict_codes):
            if len(new_verdicts) < _MOST_LOGGED:
                log.info("verdict", lot=lot_id, verdict=state.verdict, was=before and before.verdict, cause=cause)
            told = reasons_document(found.judgement.reasons), limits_document(found.judgement)
            new_verdicts.append(verdicts.NewVerdict(lot_id, cause, state.verdict, state.answer, *told))
        if before is None or (before.answer, before.reason_codes) != (state.answer, state.reason_codes):
            if len(new_answers) < _MOST_LOGGED:
                log.info("answer", lot=lot_id, answer=state.answer, was=before and before.answer, cause=cause)
            new_answers.append(NewAnswer(lot_id, cause, state.answer, state.reason_codes, state.document))
    if max(len(new_verdicts), len(new_answers)) > _MOST_LOGGED:
        log.info("more lots", verdicts=len(new_verdicts), answers=len(new_answers))
    verdicts.add_lapses(connection, lapses, from_datetime(now))
    save_lot_states(connection, states)
    verdicts.add_verdicts(connection, now, new_verdicts)
    add_answers(connection, now, new_answers)
    return len(new_verdicts)


def _lapsed_from_us(
    before: Before, now_us: int, silent_after_us: Mapping[Key, int], waited_from_us: int | None
) -> int | None:
    """Since when time, or what waits, may have changed an answer, if so long ago that nobody can have been at work."""
    silent_us = before.silent_after_us
    if before.measured_in is not None and before.max_gap_s is not None:
        silent_us = silent_after_us.get((before.measured_in, before.max_gap_s), silent_us)
    since_us = min((x for x in (before.good_until_us, silent_us, waited_from_us) if x is not None), default=now_us)
    return since_us if since_us < now_us - _LAPSE_US else None
