"""Who answers for a lot over time, and for what time nobody does (docs/custody.md).

Custody is beside placement: a handover moves no vial, and a move hands nothing over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.domain.instant import BEGINNING_US, duration_text, to_datetime

#: By its own word, where nobody answered for the lot before; by the word of both sides; out of a carrier's hands, by
#: the word of whoever has it then; or with the lot that it was split off.
How = Literal["began", "handover", "receipt", "split"]


@dataclass(frozen=True, slots=True)
class Custody:
    """An organisation, or a carrier without account, answers for a lot over [from_at, until_at).

    Attributes:
        organisation_id: None: it is a carrier, who is known by name and `waybill` alone.
        until_at: None: it does so now.
        handover_id: by which handover it came.
    """

    id: str
    lot_id: str
    organisation_id: str | None
    carrier: str | None
    waybill: str | None
    from_at: datetime
    until_at: datetime | None
    how: How
    handover_id: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody answered for a lot over [from_us, until_us). `by`: in words."""

    from_us: int
    until_us: int
    by: str


@dataclass(frozen=True, slots=True)
class Hole:
    """Nobody answered for a lot over [from_us, until_us).

    Attributes:
        from_us: BEGINNING_US: nobody knows when its life began.
        until_us: None: nobody does now.
        last: who did before; None: nobody ever did.
    """

    from_us: int
    until_us: int | None
    last: str | None


def holes(
    held: Sequence[Held], life_from_us: int, life_until_us: int, now_us: int, *, required: bool
) -> tuple[Hole, ...]:
    """The times within a lot's life, up to now, for which nobody answered, in order.

    Args:
        held: in order of time; no two overlap.
        life_from_us: BEGINNING_US: nobody knows.
        required: custody is asked for from the start of life on; else from the first that is recorded on, and of a lot
            without any nothing is said.
    """
    return tuple(_holes(held, life_from_us, life_until_us, now_us, required=required))


def _holes(
    held: Sequence[Held], life_from_us: int, life_until_us: int, now_us: int, *, required: bool
) -> Iterator[Hole]:
    ends_us = min(life_until_us, now_us)
    if not held:
        if required and life_from_us < ends_us:
            yield Hole(life_from_us, ends_us if ends_us < now_us else None, None)
        return
    # With the start unknown nothing is proven anyway.
    from_first = not required or life_from_us == BEGINNING_US
    covered_us, last = max(life_from_us, held[0].from_us) if from_first else life_from_us, None
    for one in held:
        if covered_us < min(one.from_us, ends_us):
            yield Hole(covered_us, min(one.from_us, ends_us), last)
        covered_us, last = max(covered_us, one.until_us), one.by
    if covered_us < ends_us:
        yield Hole(covered_us, ends_us if ends_us < now_us else None, last)


def holes_text(found: Sequence[Hole]) -> str:
    """What is said of them: the first with its length and who answered last, and how many more there are."""
    first = found[0]
    more = "" if len(found) == 1 else f" And {len(found) - 1} more such {'time' if len(found) == 2 else 'times'}."
    if first.last is None:
        was = " Its product asks for custody from the end of filling on."
    else:
        was = f" {first.last} answered for it last."
    if first.until_us is not None and first.from_us > BEGINNING_US:
        length = duration_text(first.until_us - first.from_us)
        text = f"From {_date(first.from_us)} to {_date(first.until_us)} ({length}) nobody answered for it."
    elif first.from_us > BEGINNING_US:
        text = f"Since {_date(first.from_us)} nobody answers for it."
    else:
        text = "Nobody is recorded to have answered for it."
    return text + was + more


def carrier_text(carrier: str, waybill: str) -> str:
    """How a carrier without account is named."""
    return f"{carrier} (waybill {waybill})"


def _date(instant_us: int) -> str:
    return f"{to_datetime(instant_us):%Y-%m-%d %H:%M} UTC"
