"""What was scanned when a shipment was unpacked: which lots, what was scanned twice, and what cannot be read."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.answers.scanning import Asking, Scan, scan
from service.store.pool import Connection
from service.store.shipments.shipments import expected_lots
from service.store.visible import is_seen


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that leads to no lot. `line`: from 1, as it stands in the field; `why`: in words, with what to do."""

    line: int
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Scans:
    """What was scanned.

    Attributes:
        lot_ids: each once, in the order in which they were scanned.
        repeats: of them, those that were scanned more than once.
    """

    lot_ids: tuple[str, ...]
    repeats: tuple[str, ...]
    unread: tuple[Unread, ...]


def read_scans(connection: Connection, asking: Asking, shipment_id: str, lines: Sequence[str]) -> Scans:
    """The lots that lines of codes lead to: those of the shipment, and others that whoever asks may see.

    Empty lines and the number of the shipment itself are left out.
    """
    coming = set(expected_lots(connection, shipment_id))
    # What is in the shipment may be scanned by its receiver, who sees nothing else of who sends it.
    anywhere = Asking(asking.settings, asking.now, None)
    counts: dict[str, int] = {}
    unread: list[Unread] = []
    for number, line in enumerate(lines, 1):
        code = line.strip()
        if not code:
            continue
        found = scan(connection, anywhere, code)
        if found.kind == "shipment" and found.id == shipment_id:
            continue
        lot_id = _lot_of(found, coming)
        if lot_id is not None and (lot_id in coming or is_seen(connection, "lot", lot_id, asking.seen_at)):
            counts[lot_id] = counts.get(lot_id, 0) + 1
        else:
            unread.append(Unread(number, code, _why(scan(connection, asking, code))))
    return Scans(tuple(counts), tuple(one for one, times in counts.items() if times > 1), tuple(unread))


def _lot_of(found: Scan, coming: set[str]) -> str | None:
    """The lot; of several the one that is in the shipment, if one alone is."""
    if found.kind == "several":
        fitting = [thing.id for thing in found.things if thing.kind == "lot" and thing.id in coming]
        return fitting[0] if len(fitting) == 1 else None
    return found.id if found.kind == "lot" else None


def _why(found: Scan) -> str:
    if found.kind in {"container", "logger", "shipment"}:
        return f"It is that of {found.kind} {found.id}: scan what is in it, vial by vial."
    if found.kind == "lot":
        return "It fits more than one lot of this shipment: scan the code that has the vial’s serial."
    said = " ".join(str(reason["text"]) for reason in found.reasons[:1])
    return f"{said} {found.to_do}".strip()
