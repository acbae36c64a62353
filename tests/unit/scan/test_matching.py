"""Which lot a label stands on: one, or none is named."""

from datetime import date

import pytest

from service.domain.scan.label import Label, Scanned
from service.domain.scan.matching import KnownLot, matched

GTIN, EXPIRY, TODAY = "09521234543213", date(2027, 12, 31), date(2026, 12, 1)


def lot(number: str, expires_on: date | None = EXPIRY, lot_id: str | None = None) -> KnownLot:
    return KnownLot(lot_id or number.lower(), GTIN, number, expires_on, TODAY)


def label(number: str | None, expires_on: date | None = EXPIRY) -> Label:
    return Label(GTIN, number, expires_on)


EXO, LONG = lot("EXO-24"), lot("EXO-2421A")


@pytest.mark.parametrize(
    ("read", "guessed", "known", "code", "lots"),
    [
        (label("EXO-24"), None, [EXO, LONG], "", ["exo-24"]),
        (label("exo-24"), None, [EXO], "", ["exo-24"]),
        (label("EXO-24"), None, [lot("exo-24", lot_id="other"), EXO], "", ["exo-24"]),
        (label("Exo-24"), None, [lot("exo-24", lot_id="other"), EXO], "several", ["exo-24", "other"]),
        (label("EXO-25"), None, [], "unknown_code", []),
        (label(None), None, [], "lot_awaited", []),
        # A scanner without FNC1.
        (label("EXO-2421A"), label("EXO-24"), [LONG], "", ["exo-2421a"]),
        (label("EXO-2421A"), label("EXO-24"), [EXO], "", ["exo-24"]),
        (label("EXO-2421A"), label("EXO-24"), [EXO, LONG], "no_separator", []),
        (label("EXO-2421A"), label("EXO-24"), [], "unknown_code", []),
        (label("EXO-2417271231", None), label("EXO-24"), [], "no_separator", []),
        (label("EXO-2421A", None), label("EXO-24", None), [EXO], "no_separator", []),
        (label("EXO-2421A"), label("EXO-24"), [lot("EXO-24", None)], "no_separator", []),
        (label("EXO-2417271231", None), label("EXO-24"), [lot("EXO-24", date(2028, 1, 1))], "no_separator", []),
        # What the label says of its expiry.
        (label("EXO-24"), None, [lot("EXO-24", date(2027, 1, 31))], "label_contradicts", ["exo-24"]),
        (label("EXO-24", None), None, [EXO], "", ["exo-24"]),
        (label("EXO-24"), None, [lot("EXO-24", None)], "", ["exo-24"]),
        (label("EXO-24", date(2026, 11, 30)), None, [lot("EXO-24", None)], "label_contradicts", ["exo-24"]),
    ],
)
def test_one_lot_or_none(read: Label, guessed: Label | None, known: list[KnownLot], code: str, lots: list[str]) -> None:
    """A guess of where a field ends is believed where the expiry date confirms it; what fits two lots names none."""
    found = matched(Scanned((read,), () if guessed is None else (guessed,)), known)
    assert (found.code, list(found.lot_ids)) == (code, lots)
