"""What a scanned code leads to: a lot and its answer, a container, a logger, a shipment, or nothing, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

from service.answers.stored import status_now
from service.domain.answers.answer import Answer
from service.domain.answers.standing import Document
from service.domain.identity.caller import Sites
from service.domain.scan.holding import Holding, held
from service.domain.scan.label import SCAN_CODES, Label, Scanned, WrongCodeError
from service.domain.scan.matching import KnownLot, matched
from service.domain.severity import Severity
from service.domain.wall_clock import known_zone
from service.formats.gs1 import gtin_alone, read_gs1, unmarked, with_gtin
from service.settings import Settings
from service.store.lots.serials import holders_of
from service.store.pool import Connection
from service.store.scan.codes import (
    NumberedLot,
    NumberedProduct,
    Thing,
    holders,
    lots_numbered,
    product_of_gtin,
    things_called,
)
from service.store.shipments.shipments import shipment_of_sscc
from service.store.visible import is_seen, is_there

Kind = Literal["lot", "container", "logger", "shipment", "several", "none"]

#: What to do where a scan leads to no lot. Whatever was scanned, it stays cold meanwhile.
TO_DO = {
    "unknown_code": "Scan it again, or type the lot number that is printed on the vial. If it stays unknown: do not "
    "use it yet; keep it cold, set it apart, tell quality.",
    "wrong_check_digit": "Scan it again, or type the code from the label digit by digit.",
    "unreadable": "Scan it again, or type what is printed under the barcode, brackets included: (01)…(10)…",
    "no_separator": "Type what is printed under the barcode, brackets included: (01)…(10)…; and have the scanner set "
    "to send FNC1 as GS (ASCII 29): docs/scan.md says how.",
    "lot_awaited": "Now scan or type the lot number.",
    "gtin_awaited": "Scan the barcode with the product’s number first, then this one.",
    "serial_awaited": "Scan the code that has the vial’s serial; or choose the part by what is written on its box.",
    "serial_unknown": "Scan it again. If it stays unknown: set it apart, keep it cold, tell quality.",
    "several": "Choose by what is printed on the vial.",
    "label_contradicts": "Set it apart, keep it cold, tell quality: the label or what is recorded is wrong.",
    "shipment_unknown": "Scan it again. If it stays unknown: keep it cold, set it apart, and ask its sender.",
}


#: Of a lot in many parts as many are told as somebody looks through.
MOST_THINGS = 50


@dataclass(frozen=True, slots=True)
class Scan:
    """What a code leads to.

    Attributes:
        label: what is sure of what stands on it.
        id: of the lot, container, logger or shipment.
        things: what it may be, where it is several.
        answer: None: it is no lot that could be used.
        status: of the lot, with the answer and the reasons of this scan.
    """

    code: str
    kind: Kind
    label: Label = field(default_factory=Label)
    id: str | None = None
    things: tuple[Thing, ...] = ()
    product: NumberedProduct | None = None
    answer: Answer | None = Answer.NOT_PROVEN
    reasons: Sequence[Mapping[str, Any]] = ()
    to_do: str = ""
    status: Document | None = None

    @property
    def why(self) -> str:
        """The code of the first reason."""
        return str(self.reasons[0]["code"]) if self.reasons else ""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and when. `seen_at`: where they may see lots and what keeps them."""

    settings: Settings
    now: datetime
    seen_at: Sites

    @property
    def today(self) -> date:
        """By which two digits of a year are read."""
        return self.now.astimezone(UTC).date()


def scan(connection: Connection, asking: Asking, code: str) -> Scan:
    """What a code leads to that was scanned or typed."""
    code = code.replace("\0", "")
    try:
        scanned = read_gs1(code, asking.today)
    except WrongCodeError as wrong:
        return _of_things(connection, asking, code) or _nothing(code, wrong.code, str(wrong))
    if scanned is None:
        # All lots of a product bear its number: whatever else is called so, it does not tell of which lot a vial is.
        named = _of_gtin_alone(connection, code) or _of_things(connection, asking, code)
        return named or _nothing(code, "unknown_code")
    return _of_label(connection, asking, code, scanned)


def scan_lot(connection: Connection, asking: Asking, lot_id: str) -> Scan:
    """What a lot leads to that is named by its id: one that may be seen here."""
    lot_id = lot_id.replace("\0", "")
    if not is_seen(connection, "lot", lot_id, asking.seen_at) or not is_there(connection, "lot", lot_id):
        return _nothing(lot_id, "unknown_code")
    told = status_now(connection, lot_id, asking.settings, asking.now)
    return _told(Scan(lot_id, "lot", id=lot_id), told)


def scan_second(connection: Connection, asking: Asking, first: Label, code: str) -> Scan:
    """What the second of two barcodes leads to, after one with the GTIN and no lot, and perhaps an expiry date."""
    code = code.replace("\0", "")
    try:
        found = _of_label(connection, asking, code, with_gtin(first.gtin or "", code, asking.today, first.expires_on))
    except WrongCodeError as wrong:
        return _nothing(code, wrong.code, str(wrong))
    if found.kind != "none":
        return found
    # Another product, or a door: not a lot of another product that bears the same number.
    other = scan(connection, asking, code)
    return other if other.kind in {"container", "logger", "shipment"} or other.why == "lot_awaited" else found


def scan_document(found: Scan) -> Document:
    """What ``GET /v1/scan`` answers."""
    expires_on = found.label.expires_on
    return {
        "code": found.code,
        "kind": found.kind,
        "id": found.id,
        "read": {
            "gtin": found.label.gtin,
            "lot_number": found.label.lot_number,
            "expires_on": None if expires_on is None else expires_on.isoformat(),
            "serial": found.label.serial,
            "sscc": found.label.sscc,
        },
        "answer": None if found.answer is None else found.answer.value,
        "reasons": found.reasons,
        "to_do": found.to_do,
        "things": [{"kind": thing.kind, "id": thing.id} for thing in found.things],
        "status": found.status,
    }


def _of_label(connection: Connection, asking: Asking, code: str, scanned: Scanned) -> Scan:
    labels = (*scanned.read, *scanned.guessed)
    if any(label.sscc and not label.gtin for label in labels):
        return _of_sscc(connection, asking, code, labels[0])
    gtins = {label.gtin for label in labels if label.gtin}
    numbers = {label.lot_number for label in labels if label.lot_number}
    if not gtins:
        return replace(_nothing(code, "gtin_awaited"), label=labels[0])
    known = [_known(lot, asking.now) for lot in lots_numbered(connection, gtins, numbers, asking.seen_at)]
    found = matched(scanned, known)
    if len(found.lot_ids) == 1:
        [lot] = [lot for lot in known if lot.id == found.lot_ids[0]]
        return _of_lot(connection, asking, Scan(code, "lot", found.label, lot.id), lot if found.code else None)
    if found.lot_ids:
        things = tuple(Thing("lot", lot_id, True) for lot_id in found.lot_ids)
        return replace(_nothing(code, "several"), kind="several", label=found.label, things=things)
    product = product_of_gtin(connection, found.label.gtin or "")
    return replace(_unmatched(code, found.code, found.label, product), label=found.label, product=product)


def _of_sscc(connection: Connection, asking: Asking, code: str, label: Label) -> Scan:
    """The shipment whose unit bears the number: one that may be seen here."""
    shipment_id = shipment_of_sscc(connection, label.sscc or "")
    if shipment_id is None or not is_seen(connection, "shipment", shipment_id, asking.seen_at):
        return replace(_nothing(code, "shipment_unknown"), label=label)
    return Scan(code, "shipment", label, shipment_id, answer=None)


def _of_lot(connection: Connection, asking: Asking, by_label: Scan, contradicted: KnownLot | None) -> Scan:
    """The answer of a lot, or of the part of it that has the vial. `contradicted`: the lot, if its label does that."""
    found = _held(connection, asking, by_label)
    if found.kind != "lot":
        return replace(found, product=product_of_gtin(connection, found.label.gtin or ""))
    told = status_now(connection, found.id or "", asking.settings, asking.now)
    return _told(found, told) if contradicted is None else _contradicted(found, told, contradicted)


def _unmatched(code: str, why: str, label: Label, product: NumberedProduct | None) -> Scan:
    if product is None:
        return _nothing(code, "unknown_code", f"No product has the number (GTIN) {label.gtin}.")
    if why == "unknown_code":
        return _nothing(code, why, f"No lot {label.lot_number} of {product.name} is registered that may be seen here.")
    if why == "lot_awaited":
        return _nothing(code, why, f"It names the product alone, {product.name}; its lot stands in a second barcode.")
    return _nothing(code, why)


def _of_things(connection: Connection, asking: Asking, code: str) -> Scan | None:
    """What bears a code that is none of GS1's; None: nothing does."""
    codes = {code.strip("\r\n"), code.strip(), unmarked(code)} - {""}
    called = things_called(connection, codes, asking.seen_at)
    found = [thing for thing in called if thing.exact] or called
    if not found:
        return None
    if len(found) > 1:
        return replace(_nothing(code, "several"), kind="several", things=tuple(found))
    [thing] = found
    if thing.kind != "lot":
        return Scan(code, thing.kind, id=thing.id, answer=None)
    found_lot = _held(connection, asking, Scan(code, "lot", id=thing.id))
    if found_lot.kind != "lot":
        return found_lot
    return _told(found_lot, status_now(connection, found_lot.id or "", asking.settings, asking.now))


def _held(connection: Connection, asking: Asking, of_lot: Scan) -> Scan:
    """The part of a lot that has the vial with its label; of what holds no vial nothing is told but where to look."""
    family = holders(connection, of_lot.id or "", asking.seen_at)
    label = of_lot.label
    having = holders_of(connection, label.gtin, label.serial) if label.gtin and label.serial else []
    found = held([Holding(one.id, one.units_left, one.has_serials) for one in family], label.serial, having)
    seen = {one.id for one in family if one.is_seen}
    if found.lot_id in seen:
        return replace(of_lot, id=found.lot_id)
    if found.lot_id is not None:
        return replace(_nothing(of_lot.code, "unknown_code"), label=label)
    among = [lot_id for lot_id in found.among if lot_id in seen]
    things = tuple(Thing("lot", lot_id, True) for lot_id in among[:MOST_THINGS])
    code = found.code if among or found.code != "several" else "serial_unknown"
    return replace(_nothing(of_lot.code, code), kind="several" if things else "none", label=label, things=things)


def _of_gtin_alone(connection: Connection, code: str) -> Scan | None:
    """The barcode of a product, as it is printed on boxes; None: it is none of a product that is known."""
    gtin = gtin_alone(code)
    product = None if gtin is None else product_of_gtin(connection, gtin)
    if gtin is None or product is None:
        return None
    label = Label(gtin=gtin)
    return replace(_unmatched(code, "lot_awaited", label, product), label=label, product=product)


def _known(lot: NumberedLot, now: datetime) -> KnownLot:
    zone = known_zone(lot.time_zone) if lot.time_zone else None
    return KnownLot(lot.id, lot.gtin, lot.lot_number, lot.expires_on, now.astimezone(zone or UTC).date())


def _told(of_lot: Scan, status: Document) -> Scan:
    answer = Answer(status["answer"])
    return replace(of_lot, answer=answer, reasons=status["reasons"], status=status)


def _contradicted(of_lot: Scan, status: Document, lot: KnownLot) -> Scan:
    """The lot's answer, but for what its label says: for this scan it is not proven; a no stays a no."""
    recorded = "none is recorded, and that day is over" if lot.expires_on is None else f"recorded is {lot.expires_on}"
    said = f"The label says that it expires on {of_lot.label.expires_on}; {recorded}."
    reason = _reason("label_contradicts", said)
    if status["answer"] == Answer.DO_NOT_USE.value:
        told = {**status, "reasons": [*status["reasons"], reason]}
    else:
        told = {**status, "answer": Answer.NOT_PROVEN.value, "reasons": [reason, *status["reasons"]]}
    return replace(_told(of_lot, told), to_do=TO_DO["label_contradicts"])


def _nothing(code: str, why: str, said: str = "") -> Scan:
    text = said or SCAN_CODES[why]
    return Scan(code, "none", reasons=[_reason(why, text[:1].upper() + text[1:])], to_do=TO_DO[why])


def _reason(code: str, text: str) -> Document:
    return {"code": code, "text": text, "severity": Severity.CRITICAL.value, "since": None}
