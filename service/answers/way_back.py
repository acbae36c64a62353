"""What is known around lots that are not proven, as their way back is found of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from service.domain.answers.ways import Around, Place, Waiting
from service.domain.softening import KINDS, Change
from service.store.lots.lives import LotLife
from service.store.lots.way_back import places, waiting_papers
from service.store.pool import Connection


@dataclass(frozen=True, slots=True)
class KeptAround:
    """By container id where lots were, by lot id which papers wait for signatures."""

    places: Mapping[str, Place] = field(default_factory=dict)
    papers: Mapping[str, Sequence[Waiting]] = field(default_factory=dict)


def kept_around(connection: Connection, lots: Sequence[LotLife]) -> KeptAround:
    """What is known around these lots; asked only for such as are not proven."""
    if not lots:
        return KeptAround()
    container_ids = sorted({stay.container_id for lot in lots for stay in lot.stays})
    return KeptAround(places(connection, container_ids), waiting_papers(connection, [lot.id for lot in lots]))


def around(kept: KeptAround, lot: LotLife, touching: Sequence[Change], due_us: int | None) -> Around:
    """What is known around one lot.

    Args:
        touching: the changes that touch it.
        due_us: until when a reading is due where it is.
    """
    return Around(
        {stay.container_id: kept.places[stay.container_id] for stay in lot.stays if stay.container_id in kept.places},
        kept.papers.get(lot.id, ()),
        [
            Waiting(change.id, change.kind, "", f"{KINDS[change.kind]} by {change.author_name}")
            for change in touching
            if not change.freed_by_author
        ],
        due_us,
    )
