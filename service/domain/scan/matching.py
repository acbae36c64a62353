"""Which of the lots that are known a label stands on: one and no other, or none is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from service.domain.scan.label import Label, Scanned


@dataclass(frozen=True, slots=True)
class KnownLot:
    """A lot as its label names it.

    Attributes:
        today: what day it is where the lot is.
    """

    id: str
    gtin: str
    lot_number: str
    expires_on: date | None
    today: date


@dataclass(frozen=True, slots=True)
class Matched:
    """What a label leads to.

    Attributes:
        label: what is sure of it.
        lot_ids: the lot; several, where it does not tell them apart; none: it is known of none.
        code: one of `SCAN_CODES`, why there is no answer; empty: there is.
    """

    label: Label
    lot_ids: tuple[str, ...]
    code: str = ""


def matched(scanned: Scanned, known: Sequence[KnownLot]) -> Matched:
    """The lot that a label names.

    A guess of where fields end is believed where it alone fits a lot that is known, and the expiry date on the label is
    the one that is recorded: that nothing contradicts it proves nothing.

    Args:
        known: all lots that any of its readings may name.
    """
    read = _fitting(scanned.read, known)
    guessed = _fitting(scanned.guessed, known)
    sure = scanned.read[0] if scanned.read else scanned.guessed[0]
    product = Label(gtin=sure.gtin)
    lots = {lot.id for _, lot in read + guessed}
    if len(lots) == 1:
        if read:
            return Matched(read[0][0], (read[0][1].id,))
        confirmed = [(label, lot) for label, lot in guessed if label.expires_on == lot.expires_on is not None]
        if confirmed:
            return Matched(confirmed[0][0], (confirmed[0][1].id,))
    if lots:
        return Matched(product, (), "no_separator") if guessed else Matched(product, tuple(sorted(lots)), "several")
    named = {lot.id: label for label in scanned.read for lot in lots_named(label, known)}
    if named:
        return Matched(sure, tuple(named), "label_contradicts" if len(named) == 1 else "several")
    # Digits at the end of nearly every lot number could be a field: only with an expiry date they are likely one.
    if any(label.expires_on and not sure.expires_on for label in scanned.guessed) or not scanned.read:
        return Matched(product, (), "no_separator")
    return Matched(sure, (), "lot_awaited" if sure.lot_number is None else "unknown_code")


def lots_named(label: Label, known: Sequence[KnownLot]) -> list[KnownLot]:
    """The lots whose number is that of the label, as it is printed; if there is none, in any case."""
    number = label.lot_number
    if number is None:
        return []
    of_product = [lot for lot in known if lot.gtin == label.gtin]
    exact = [lot for lot in of_product if lot.lot_number == number]
    return exact or [lot for lot in of_product if lot.lot_number.lower() == number.lower()]


def contradicts(label: Label, lot: KnownLot) -> bool:
    """Whether a label's expiry date is another than the recorded one; or over, where none is recorded."""
    if label.expires_on is None:
        return False
    return label.expires_on < lot.today if lot.expires_on is None else label.expires_on != lot.expires_on


def _fitting(labels: Sequence[Label], known: Sequence[KnownLot]) -> list[tuple[Label, KnownLot]]:
    return [(label, lot) for label in labels for lot in lots_named(label, known) if not contradicts(label, lot)]
