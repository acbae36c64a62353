"""Many things registered by one act: each for the reasons it would be taken or refused alone, and all or none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from service.errors import RefusedError, UnbrokenError
from service.formats.table import WHOLE_ROW, CellProblem
from service.store.pool import Connection


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to register.

    Attributes:
        row: the first row in which it stands.
        add: registers it in the transaction that is open; its id, and whether it was not there already.
        place: the row and the column of a field that a refusal names.
    """

    row: int
    add: Callable[[Connection], tuple[str, bool]]
    place: Callable[[str], tuple[int, str]]


@dataclass(slots=True)
class Outcome:
    """What came of it: ids that were added, or would be, those that were there already, and what is wrong."""

    added: list[str] = field(default_factory=list)
    there_already: list[str] = field(default_factory=list)
    problems: list[CellProblem] = field(default_factory=list)


class _NotAllError(Exception):
    """Something is wrong with a row: then none is kept."""


def register_all(
    connection: Connection, entries: Sequence[Entry], problems: Sequence[CellProblem], *, dry_run: bool
) -> Outcome:
    """Register all, or none: where there is a problem, known before or found here, nothing is kept.

    Args:
        dry_run: keep nothing in any case; what is found is the same.
    """
    outcome = Outcome(problems=list(problems))
    try:
        with connection.transaction(force_rollback=dry_run):
            for entry in entries:
                _register(connection, entry, outcome)
            if outcome.problems:
                raise _NotAllError
    except _NotAllError:
        pass
    outcome.problems.sort(key=lambda one: one.row)
    return outcome


def _register(connection: Connection, entry: Entry, outcome: Outcome) -> None:
    try:
        # What a refused one had begun is undone, and those after it are looked at all the same.
        with connection.transaction():
            its_id, is_new = entry.add(connection)
    except RefusedError as error:
        for name, problem in error.wrong:
            row, column = entry.place(name)
            words = f"{name}: {problem}" if column == WHOLE_ROW else problem
            outcome.problems.append(CellProblem(row, column, words))
    except UnbrokenError as error:
        outcome.problems.append(CellProblem(entry.row, WHOLE_ROW, str(error)))
    else:
        (outcome.added if is_new else outcome.there_already).append(its_id)
