"""Who answered for a lot, as its page tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from service.domain.custody.custody import How, carrier_text
from service.store.custody.custody import CustodyLine
from service.web.words import Moment, moment

_HOW: dict[How, str] = {
    "began": "taken",
    "handover": "handed over",
    "receipt": "received",
    "split": "with the lot it was split off",
}


@dataclass(frozen=True, slots=True)
class HeldLine:
    """Somebody who answered for a lot; `until` is None where they do now. `by`: whose word it rests on."""

    who: str
    from_at: Moment
    until: Moment | None
    how: str
    by: str


def held_lines(rows: Sequence[CustodyLine], zone: tzinfo) -> tuple[HeldLine, ...]:
    """Who answered for a lot, in the order in which they are given."""
    return tuple(_line(row, zone) for row in rows)


def _line(row: CustodyLine, zone: tzinfo) -> HeldLine:
    carried = row.carrier is not None and row.waybill is not None
    given = [f"given by {row.given_by}"] if row.given_by else []
    # What a carrier has, its receiver confirms when it is out of the carrier's hands.
    taken = [f"{'brought to' if carried else 'taken by'} {row.taken_by}"] if row.taken_by else []
    return HeldLine(
        carrier_text(row.carrier, row.waybill) if row.carrier and row.waybill else row.organisation_name or "",
        moment(row.from_at, zone),
        None if row.until_at is None else moment(row.until_at, zone),
        _HOW[row.how],
        ", ".join(given + taken),
    )
