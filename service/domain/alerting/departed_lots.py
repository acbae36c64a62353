"""What became of the lots that were at stake in an alert and are no longer where it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from service.domain.wall_clock import moment


@dataclass(frozen=True, slots=True)
class DepartedLot:
    """A lot that was in a container while something was wrong there, and left it before that was over.

    Attributes:
        left_at: None: by a correction recorded since, it was not there at all.
        to_id, to_name: the container it was put into then; None: none is recorded.
        life_ended: it left by the end of its life.
    """

    lot_id: str
    left_at: datetime | None
    to_id: str | None = None
    to_name: str | None = None
    life_ended: bool = False

    def text(self, zone: tzinfo) -> str:
        """What became of it, after its name."""
        if self.left_at is None:
            where = f", but in {self.to_name}" if self.to_name else ""
            return f"by a correction was not there{where}"
        at = moment(self.left_at, zone)
        if self.life_ended:
            return f"ended its life on {at}"
        return f"moved to {self.to_name} on {at}" if self.to_name else f"taken out on {at}"


def departed_texts(gone: Iterable[DepartedLot], zone: tzinfo) -> list[tuple[tuple[str, ...], str]]:
    """Lots with what became of them, those of the same fate together."""
    found: dict[str, list[str]] = {}
    for one in gone:
        found.setdefault(one.text(zone), []).append(one.lot_id)
    return [(tuple(lot_ids), text) for text, lot_ids in found.items()]
