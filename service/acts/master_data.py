"""Many rows registered by one act: each for the reasons it would be taken or refused alone, and all of them or none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from service.errors import RefusedError, UnbrokenError
from service.formats.table import WHOLE_ROW, CellProblem
from service.store.pool import Connection


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to register.

    Attributes:
        row: the row it stands in.
        add: registers it in the transaction that is open; False: it is there already, and the same.
        fields: those of its row, one of which a refusal may name.
    """

    row: int
    id: str
    add: Callable[[Connection], bool]
    fields: frozenset[str] = frozenset()


class SeveralProblemsError(UnbrokenError):
    """One thing is refused for several reasons, each of a field."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems))
        self.problems = problems


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
        # What a refused row had begun is undone, and the rows after it are looked at all the same.
        with connection.transaction():
            (outcome.added if entry.add(connection) else outcome.there_already).append(entry.id)
    except SeveralProblemsError as error:
        outcome.problems += [CellProblem(entry.row, name, problem) for name, problem in error.problems]
    except RefusedError as error:
        named = error.field if error.field in entry.fields else WHOLE_ROW
        words = str(error) if named == error.field else f"{error.field}: {error}"
        outcome.problems.append(CellProblem(entry.row, named, words))
    except UnbrokenError as error:
        outcome.problems.append(CellProblem(entry.row, WHOLE_ROW, str(error)))
