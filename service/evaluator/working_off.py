"""Work off marks: judge what they are about and the lots it touches, and see to the alerts, in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass

from service.domain import spans
from service.domain.clocks import AsOf
from service.domain.instant import BEGINNING_US, to_datetime
from service.domain.spans import Spans
from service.evaluator.alerting.budgets import note_budgets
from service.evaluator.alerting.limit_alerts import update_alerts_of
from service.evaluator.alerting.past_excursions import note_past
from service.evaluator.containers import judge_anew
from service.evaluator.history import Touches, judge_and_record
from service.evaluator.rollups import roll_up
from service.evaluator.windows import changes_of, windows_of
from service.store import dirty
from service.store.alerting.at_stake import note_at_stake
from service.store.clocks import note_arrival
from service.store.dirty import Mark
from service.store.exposure import generations
from service.store.exposure.ends import silent_containers
from service.store.lots.lineage import parts_of
from service.store.lots.lots import containers_of_lots, lots_there
from service.store.pool import Connection
from service.store.registry.containers import containers_by_id
from service.store.registry.profiles import all_profiles
from service.store.row_locks import lock_several_series
from service.store.series.ends import find_ends


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did."""

    marks: int = 0
    containers: int = 0
    lots: int = 0
    changed_verdicts: int = 0
    #: Of the marks, those that were worked off without loading what they are about.
    quiet: int = 0

    def __add__(self, other: "Pass") -> "Pass":
        """What both did."""
        return Pass(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def work_off(connection: Connection, marks: Sequence[Mark], as_of: AsOf, most_readings: int) -> Pass:
    """Judge what the marks are about and the lots it touches, and see to the alerts. Call it inside a transaction."""
    profiles = all_profiles(connection)
    marked = {mark.lot_id for mark in marks if mark.lot_id is not None}
    marked = marked.union(parts_of(connection, marked) if marked else ())
    lot_ids = set(marked)
    told = {mark.container_id for mark in marks if mark.container_id is not None}
    # A lot may bring a new profile to a container, whose thresholds it was not judged by so far, or take one away.
    asked = told.union(containers_of_lots(connection, lot_ids) if lot_ids else ())
    changes = changes_of(connection, marks)
    heard_of = {container_id for change in changes for container_id in change.container_ids}
    containers = containers_by_id(connection, heard_of | asked)
    windows = windows_of(connection, marks, changes, containers)
    if generations.is_being_written(connection):
        generations.note_windows(connection, windows)
    silent = silent_containers(connection, sorted(heard_of), as_of.now_us)
    latest_us = max((change.until_us for change in changes), default=BEGINNING_US)
    changed = judge_anew(
        connection, windows, containers, profiles, asked=asked, latest_us=latest_us, most_readings=most_readings
    )
    changed |= {container_id: windows[container_id] for container_id in {x for x, _ in silent} - changed.keys()}
    lot_ids |= set(lots_there(connection, _reach(changed, told, as_of.now_us)))
    touches = Touches(marks, changes, changed.keys())
    judged, changed_verdicts = judge_and_record(connection, lot_ids, as_of, touches, silent)
    note_budgets(connection, judged, as_of.now_us, by_people=any(mark.cause is not None for mark in marks))
    update_alerts_of(connection, sorted(windows), profiles, as_of.now_us, judged)
    note_at_stake(connection, sorted(marked), to_datetime(as_of.now_us))
    note_past(connection, windows, changed, as_of.now_us)
    changed_of_series = dirty.changed_spans(marks)
    lock_several_series(connection, changed_of_series)
    find_ends(connection, changed_of_series)
    roll_up(connection, changed_of_series, as_of.now_us)
    arrived = [(mark.id, mark.received_at) for mark in marks if mark.received_at is not None]
    if arrived:
        note_arrival(connection, max(arrived)[1])
    dirty.delete_marks(connection, [mark.id for mark in marks])
    return Pass(len(marks), len(windows), len(judged), changed_verdicts)


def _reach(changed: Mapping[str, Spans], told: Collection[str], now_us: int) -> dict[str, Spans]:
    """Of which times of containers the lots that were there are to be judged anew.

    Lots that left before a change, or whose life had ended, are what they were. Those that are there now are judged in
    any case: since when they are beyond a limit, and whether it is still heard, may be told by what lies farther back.

    Args:
        changed: when the records of containers changed.
        told: containers that a person did something to: it may leave the record as it was, and yet be told of its lots.
    """
    now = spans.spans([(now_us, now_us + 1)])
    found = {container_id: spans.union(some, now) for container_id, some in changed.items()}
    return found | dict.fromkeys(told, spans.ALWAYS)
