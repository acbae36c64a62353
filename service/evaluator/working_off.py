"""Work off marks: judge what they are about and the lots it touches, and see to the alerts, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.answers.judging import judge_lots
from service.domain import spans
from service.domain.clocks import AsOf
from service.domain.instant import to_datetime
from service.evaluator.alerting.budgets import note_budgets
from service.evaluator.alerting.limit_alerts import update_alerts
from service.evaluator.alerting.past_excursions import note_past
from service.evaluator.containers import changes_of, judge_anew, windows_of
from service.evaluator.history import Touches, record
from service.evaluator.rollups import roll_up
from service.store import dirty
from service.store.alerting.at_stake import note_at_stake
from service.store.clocks import note_arrival
from service.store.dirty import Mark
from service.store.exposure import generations
from service.store.exposure.records import silent_containers
from service.store.lots.lives import load_lives
from service.store.lots.lots import lots_ever_in
from service.store.lots.verdicts import lots_due
from service.store.pool import Connection
from service.store.registry.profiles import all_profiles

#: Lots whose verdict time alone may have changed, judged in one transaction.
_MOST_LOTS_DUE = 2_000


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did."""

    marks: int = 0
    containers: int = 0
    lots: int = 0
    changed_verdicts: int = 0


def work_off(connection: Connection, marks: Sequence[Mark], as_of: AsOf, most_readings: int) -> Pass:
    """Judge what the marks are about and the lots it touches, and see to the alerts. Call it inside a transaction."""
    arrived = [(mark.id, mark.received_at) for mark in marks if mark.received_at is not None]
    if arrived:
        note_arrival(connection, max(arrived)[1])
    profiles = all_profiles(connection)
    lot_ids = {mark.lot_id for mark in marks if mark.lot_id is not None}
    changes = changes_of(connection, marks)
    windows = windows_of(connection, marks, changes)
    # A lot may bring a new profile to a container, whose thresholds it was not judged by so far.
    for lot in load_lives(connection, sorted(lot_ids)):
        for stay in lot.stays:
            windows.setdefault(stay.container_id, spans.NONE)
    if generations.is_being_written(connection):
        generations.note_windows(connection, windows)
    heard_of = sorted({container_id for change in changes for container_id in change.container_ids})
    changed = silent_containers(connection, heard_of, as_of.now_us)
    changed |= judge_anew(connection, windows, profiles, most_readings)
    # What a person did to a container may leave its record as it was, and yet be told of its lots.
    told = {mark.container_id for mark in marks if mark.container_id is not None}
    lot_ids |= set(lots_ever_in(connection, sorted(changed | told)))
    lot_ids |= set(lots_due(connection, as_of.now_us, _MOST_LOTS_DUE))
    judged = judge_lots(connection, sorted(lot_ids), as_of)
    changed_verdicts = record(connection, judged, Touches(marks, changes, changed), as_of.now_us)
    note_budgets(connection, judged, as_of.now_us, by_people=any(mark.cause is not None for mark in marks))
    update_alerts(connection, sorted(windows), profiles, as_of.now_us, judged)
    note_at_stake(
        connection, sorted({mark.lot_id for mark in marks if mark.lot_id is not None}), to_datetime(as_of.now_us)
    )
    note_past(connection, windows, changed, as_of.now_us)
    roll_up(connection, marks)
    dirty.delete_marks(connection, [mark.id for mark in marks])
    return Pass(len(marks), len(windows), len(judged), changed_verdicts)
