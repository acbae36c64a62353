"""The map of a container: what is at which position, as a grid where positions are such as A1, else as a list."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.store.registry.contents import Content

_CELL = re.compile(r"([A-Z])([1-9][0-9]?)")

#: A grid with more columns is no picture any more.
_MOST_COLUMNS = 24


@dataclass(frozen=True, slots=True)
class Shown:
    """A lot or a container in another. `position`: empty, it has none."""

    kind: str
    id: str
    name: str
    position: str


@dataclass(frozen=True, slots=True)
class Map:
    """What is in a container.

    Attributes:
        columns: the numbers above the grid; empty: there is none.
        rows: by letter, what is in each column; None: nothing is recorded there.
        listed: what has no place in the grid.
    """

    columns: tuple[int, ...]
    rows: tuple[tuple[str, tuple[Shown | None, ...]], ...]
    listed: tuple[Shown, ...]


def container_map(found: Sequence[Content]) -> Map:
    """The map of what was put into a container."""
    cells: dict[tuple[str, int], Shown] = {}
    listed: list[Shown] = []
    for one in found:
        shown = Shown(one.kind, one.id, one.name, one.position or "")
        cell = _CELL.fullmatch(shown.position)
        if cell is not None and int(cell[2]) <= _MOST_COLUMNS:
            cells[cell[1], int(cell[2])] = shown
        else:
            listed.append(shown)
    columns = tuple(range(1, max((column for _, column in cells), default=0) + 1))
    last = max((letter for letter, _ in cells), default="")
    letters = [chr(code) for code in range(ord("A"), ord(last) + 1)] if last else []
    rows = tuple((letter, tuple(cells.get((letter, column)) for column in columns)) for letter in letters)
    listed.sort(key=lambda one: (one.kind, one.position == "", one.position, one.name, one.id))
    return Map(columns, rows, tuple(listed))
