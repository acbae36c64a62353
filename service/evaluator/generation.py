"""Judge everything again, as after a change of the engine: beside what is in force, then in its place in one step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.answers.judging import judge_lots
from service.domain import spans
from service.domain.clocks import AsOf
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError
from service.evaluator.containers import judge_anew
from service.evaluator.whole_records import MOST_READINGS
from service.store.dirty import mark_lots
from service.store.exposure import generations
from service.store.lots.answers import states_before
from service.store.lots.lots import all_lot_ids
from service.store.pool import Connection
from service.store.registry.containers import containers, containers_by_id
from service.store.registry.profiles import all_profiles

#: Containers judged in one transaction: alone, each would wait for its own COMMIT.
_MOST_CONTAINERS = 20

#: Lots judged at a time.
_MOST_LOTS = 500


@dataclass(frozen=True, slots=True)
class Change:
    """A lot's verdict that will be another: what it was, what it becomes, and the first reason it will have."""

    lot_id: str
    was: str | None
    becomes: str
    reason: str


def write_next(
    connection: Connection, progress: Callable[[int, int], None], most_readings: int = MOST_READINGS
) -> None:
    """Judge every container from all its readings into the next generation, and catch up with what came meanwhile.

    Args:
        progress: told how many containers are done, and of how many.
        most_readings: of one series, this many are here at a time.

    Raises:
        ConflictError: another process is writing a next generation.
    """
    if not generations.begin_next_generation(connection):
        raise ConflictError("everything is being evaluated by another process already; wait for it")
    every = {container.id: container for container in containers(connection)}
    container_ids = list(every)
    profiles = all_profiles(connection)
    for first in range(0, len(container_ids), _MOST_CONTAINERS):
        some = container_ids[first : first + _MOST_CONTAINERS]
        with connection.transaction(), generations.in_next_generation(connection):
            judge_anew(connection, dict.fromkeys(some, spans.ALWAYS), every, profiles, most_readings=most_readings)
        progress(first + len(some), len(container_ids))
    with connection.transaction():
        _catch_up(connection)


def _catch_up(connection: Connection) -> None:
    windows, profiles = generations.noted_windows(connection), all_profiles(connection)
    with generations.in_next_generation(connection):
        judge_anew(connection, windows, containers_by_id(connection, windows), profiles)


def changes(connection: Connection, now_us: int) -> list[Change]:
    """The lots whose verdict, answer or reasons the next generation changes."""
    found_changes = []
    with generations.in_next_generation(connection):
        lot_ids = all_lot_ids(connection)
        for first in range(0, len(lot_ids), _MOST_LOTS):
            judged = judge_lots(connection, lot_ids[first : first + _MOST_LOTS], AsOf(now_us))
            known = states_before(connection, [found.lot.id for found in judged])
            for found in judged:
                judgement, answered, state = found.judgement, found.answered, known.get(found.lot.id)
                told = (state.verdict, state.verdict_codes, state.answer, state.reason_codes) if state else None
                if told != (judgement.verdict, judgement.reason_codes, answered.answer, answered.reason_codes):
                    was = state.verdict if state else None
                    found_changes.append(Change(found.lot.id, was, judgement.verdict.value, judgement.reasons[0].text))
    return found_changes


def take_over(connection: Connection, changed_lot_ids: Sequence[str]) -> None:
    """Let the next generation take the place of the present one; the evaluator then judges the lots it touches."""
    with connection.transaction():
        generations.hold_passes(connection)
        _catch_up(connection)
        concerned = {*changed_lot_ids, *generations.lots_of_changed_containers(connection)}
        generations.take_over(connection)
        mark_lots(connection, sorted(concerned), Cause.RE_EVALUATION)
