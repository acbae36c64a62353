"""The parts of a lot on its page, as a tree: what was split off what, where it is, and its answer."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.answers.listing import Told, told_lots
from service.domain.identity.caller import Sites
from service.settings import Settings
from service.store.lots.listing import Chosen
from service.store.lots.lots import Lot
from service.store.paging import Part
from service.store.pool import Connection
from service.web.lots.details import MOST_ROWS
from service.web.lots.views import SHORT_TEXTS

#: Deeper than this a tree is no clearer for being set in.
_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part. `depth`: 0 of one that was split off the lot itself; `left`: its vials; `answer`: as styles have it."""

    id: str
    depth: int
    left: str
    where: str
    answer: str
    answer_text: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What is told of the parts of a lot.

    Attributes:
        parent_id: what it was split off; empty: it is no part.
        left: how many vials are in none of its parts; empty: nobody counted them.
        lines: its parts, and theirs behind each; more: there are others, which the list of lots has.
    """

    parent_id: str
    left: str
    lines: tuple[PartLine, ...]
    more: bool


def parts_view(
    connection: Connection, settings: Settings, now: datetime, lot: Lot, sites: Mapping[str, str], seen_at: Sites
) -> Parts | None:
    """The parts of a lot that may be seen, the worst of them if they are many; None: it has none, and is none."""
    if lot.part_count == 0 and lot.parent_id is None:
        return None
    chosen = Chosen(part_of=lot.id, seen_at=seen_at)
    found = told_lots(connection, chosen, Part(MOST_ROWS + 1, None), settings, now) if lot.part_count else []
    lines = tree(found[:MOST_ROWS], sites)
    return Parts(lot.parent_id or "", vials(lot.units_left), lines, len(found) > MOST_ROWS)


def tree(parts: Sequence[Told], sites: Mapping[str, str]) -> tuple[PartLine, ...]:
    """Parts in the order of a tree; one whose own lot is not among them begins a branch."""
    there = {one.lot.id for one in parts}
    below: defaultdict[str, list[Told]] = defaultdict(list)
    for one in sorted(parts, key=lambda told: told.lot.id):
        parent_id = one.lot.parent_id or ""
        below[parent_id if parent_id in there else ""].append(one)
    lines: list[PartLine] = []
    waiting = [(one, 0) for one in reversed(below[""])]
    while waiting:
        one, depth = waiting.pop()
        lines.append(_line(one, depth, sites))
        waiting += [(part, depth + 1) for part in reversed(below[one.lot.id])]
    return tuple(lines)


def _line(told: Told, depth: int, sites: Mapping[str, str]) -> PartLine:
    lot = told.lot
    where = f"{lot.container_name}, {sites.get(lot.site_id or '', lot.site_id)}" if lot.container_id else "nowhere"
    if lot.split_up_at is not None:
        where = "in its parts"
    return PartLine(
        lot.id, min(depth, _DEEPEST), vials(lot.units_left), where, told.answer.value, SHORT_TEXTS[told.answer]
    )


def vials(units: int | None) -> str:
    """How many vials these are; empty: nobody counted them."""
    return "" if units is None else f"{units} {'vial' if units == 1 else 'vials'}"
