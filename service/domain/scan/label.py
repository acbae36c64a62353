"""What stands on a label, and why a scan may not lead to an answer."""

from dataclasses import dataclass
from datetime import date

#: Every reason code that only a scan has, and what it says (docs/scan.md).
SCAN_CODES = {
    "unknown_code": "Nothing that may be seen here bears this code.",
    "wrong_check_digit": "The last digit of its number does not fit the others: it was read or typed wrongly.",
    "unreadable": "It begins as a GS1 code does, and does not go on as one.",
    "no_separator": "The scanner leaves out what divides the fields of the code: where one ends can only be guessed.",
    "lot_awaited": "It names the product alone; its lot stands in a second barcode, to be scanned within ten seconds.",
    "gtin_awaited": "It names a lot number alone; the barcode with the product's number is to be scanned first.",
    "serial_awaited": "It names a lot that is split into parts: the serial of the vial says in which it is.",
    "serial_unknown": "No vial of the lot that may be seen here has this serial.",
    "several": "It fits more than one thing.",
    "label_contradicts": "The label says another expiry date than the one that is recorded.",
    "shipment_unknown": "It is the number of a shipping unit (SSCC), and no shipment that may be seen here bears it.",
}


@dataclass(frozen=True, slots=True)
class Label:
    """What a code says, as GS1 has it; None: it does not say that.

    Attributes:
        gtin: 14 digits.
        sscc: the number of a shipping unit, 18 digits.
    """

    gtin: str | None = None
    lot_number: str | None = None
    expires_on: date | None = None
    serial: str | None = None
    sscc: str | None = None


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a code may say.

    Attributes:
        read: as it stands; more than one only where two barcodes were put together.
        guessed: what it says instead if the scanner left out what divides its fields.
    """

    read: tuple[Label, ...]
    guessed: tuple[Label, ...] = ()


class WrongCodeError(ValueError):
    """A code of GS1 that is none: `code` is one of `SCAN_CODES`."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(said)
        self.code = code
