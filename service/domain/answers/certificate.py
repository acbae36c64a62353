"""A Certificate of Analysis held against its specification, item by item: pass, fail or missing, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from service.domain.answers.papers import JudgedItem, Outcome
from service.domain.answers.results import (
    ABSENT_WORDS,
    PRESENT_WORDS,
    UnreadableError,
    plain,
    read_number,
    why_no_result,
)
from service.domain.answers.specification import ISSUED_ON, Item, ItemKind, Specification
from service.errors import RefusedError

#: Where the day is latest on earth, it is so much later than in UTC.
_LATEST_DAY = timedelta(hours=14)
_EARLIEST = date(1900, 1, 1)
#: Figures with more digits than this are written with their power of ten.
_PLAIN_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Stated:
    """What a certificate states.

    Attributes:
        product_id, gtin: of which product; one of them does.
        items: what is stated of each, by its name, with its unit where one is.
        document_sha256: of its PDF, in hexadecimal; None: none was brought.
    """

    lot_number: str
    issued_on: date
    signatory: str
    items: Mapping[str, str]
    product_id: str | None = None
    gtin: str | None = None
    document_sha256: str | None = None


class UnreadableItemsError(RefusedError):
    """Items of a certificate that can be read in no one way. `problems`: what to write, by the name of the item."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        (first, problem), *others = problems.items()
        super().__init__(f"items.{first}", problem, *((f"items.{name}", why) for name, why in others))
        self.problems = problems


def latest_today(now: datetime) -> date:
    """The date where the day is latest: what is dated later is in the future everywhere."""
    return (now.astimezone(UTC) + _LATEST_DAY).date()


def why_not_issued(issued_on: date, today: date) -> str | None:
    """Why a certificate cannot have been issued on a date; None: it can."""
    return _why_not_dated(issued_on, None if issued_on < _EARLIEST else today)


def why_of_another(stated: Stated, lot_number: str, product_id: str, gtin: str | None) -> str | None:
    """Why a certificate is of another lot or product than that of this number, id and GTIN; None: it is of that."""
    if stated.product_id is not None and stated.product_id != product_id:
        return f"the certificate is of product {stated.product_id!r}, and the lot is of {product_id!r}"
    if stated.gtin is not None and gtin is None:
        return f"the certificate names GTIN {stated.gtin}, and product {product_id!r} has none; name it by product_id"
    if stated.gtin is not None and stated.gtin.zfill(14) != gtin:
        return f"the certificate is of GTIN {stated.gtin}, and the lot's product has GTIN {gtin}"
    if stated.lot_number != lot_number:
        return f"the certificate is of lot number {stated.lot_number!r}, and the lot's is {lot_number!r}"
    return None


def judge(
    specification: Specification, stated: Mapping[str, str], *, issued_on: date, today: date
) -> tuple[JudgedItem, ...]:
    """What becomes of each item. One that is not required is there only where the certificate states it.

    Args:
        stated: by the name of the item; what the specification does not name is not judged.
        today: what is dated later is refused, unless the item may be.

    Raises:
        UnreadableItemsError: something stated can be read in no one way.
    """
    dates = {ISSUED_ON: issued_on}
    problems: dict[str, str] = {}
    found = []
    for item in specification.items:
        value = stated.get(item.name, "").strip()
        if item.kind is ItemKind.DATE and why_no_result(value, figure=False) is None:
            try:
                dates[item.name] = _read_date(value, None if item.may_be_future else today)
            except UnreadableError as error:
                problems[item.name] = str(error)
    for item in specification.items:
        try:
            judged = _judged(specification, item, stated.get(item.name, "").strip(), dates)
        except UnreadableError as error:
            problems[item.name] = str(error)
            continue
        if item.required or judged.outcome is not Outcome.MISSING:
            found.append(judged)
    if problems:
        raise UnreadableItemsError(problems)
    return tuple(found)


def _judged(specification: Specification, item: Item, value: str, dates: Mapping[str, date]) -> JudgedItem:
    if plain(value) in map(plain, item.allowed):
        return _outcome(item, value, Outcome.PASS, f"{item.label}: {value}")
    lacking = why_no_result(value, figure=item.kind is ItemKind.NUMBER)
    if lacking is not None:
        return _outcome(item, value, Outcome.MISSING, f"{item.label}: {lacking}")
    return _JUDGES[item.kind](specification, item, value, dates)


def _judged_presence(_: Specification, item: Item, value: str, __: Mapping[str, date]) -> JudgedItem:
    is_present = plain(value) in PRESENT_WORDS
    if not is_present and plain(value) not in ABSENT_WORDS:
        raise UnreadableError(
            f"{value!r} says neither that {item.label} is there nor that it is not; write 'present' or 'not detected'"
        )
    if is_present == (item.kind is ItemKind.PRESENT):
        return _outcome(item, value, Outcome.PASS, f"{item.label}: {value}")
    return _outcome(item, value, Outcome.FAIL, f"{item.label} is stated as {value!r}, where it has to be {item.kind}")


def _judged_number(_: Specification, item: Item, value: str, __: Mapping[str, date]) -> JudgedItem:
    interval = read_number(value, item.unit, may_be_negative=item.may_be_negative)
    minimum, maximum = _exact(item.minimum), _exact(item.maximum)
    said = value if item.unit is None or not value[-1:].isdigit() else f"{value} {item.unit}"
    allowed = _range_text(item)
    if interval.lies_within(minimum, maximum):
        beside = f" ({allowed} is allowed)" if allowed else ""
        return _outcome(item, value, Outcome.PASS, f"{item.label} {said}{beside}")
    if interval.lies_outside(minimum, maximum):
        return _outcome(item, value, Outcome.FAIL, f"{item.label} {said}, where {allowed} is allowed")
    why = f"{item.label} {said} leaves open whether it is {allowed}, as it has to be"
    return _outcome(item, value, Outcome.FAIL, why)


def _judged_date(specification: Specification, item: Item, value: str, dates: Mapping[str, date]) -> JudgedItem:
    own = dates.get(item.name)
    if own is None:
        return _outcome(item, value, Outcome.MISSING, f"{item.label} cannot be read")
    for other, before in ((item.not_before, True), (item.not_after, False)):
        if other is None:
            continue
        of_other = "the certificate's own date" if other == ISSUED_ON else specification.by_name[other].label
        if other not in dates:
            why = f"{item.label} {own} cannot be held against {of_other}, which is not stated"
            return _outcome(item, value, Outcome.MISSING, why)
        if own < dates[other] if before else own > dates[other]:
            side = "before" if before else "after"
            why = f"{item.label} {own} is {side} {of_other}, {dates[other]}, and may not be"
            return _outcome(item, value, Outcome.FAIL, why)
    return _outcome(item, value, Outcome.PASS, f"{item.label} {own}")


def _judged_text(_: Specification, item: Item, value: str, __: Mapping[str, date]) -> JudgedItem:
    if not item.allowed:
        return _outcome(item, value, Outcome.PASS, f"{item.label}: {value}")
    why = f"{item.label} is stated as {value!r}, where {' or '.join(item.allowed)} is allowed"
    return _outcome(item, value, Outcome.FAIL, why)


_JUDGES: Mapping[ItemKind, Callable[[Specification, Item, str, Mapping[str, date]], JudgedItem]] = {
    ItemKind.PRESENT: _judged_presence,
    ItemKind.ABSENT: _judged_presence,
    ItemKind.NUMBER: _judged_number,
    ItemKind.DATE: _judged_date,
    ItemKind.TEXT: _judged_text,
}


def _outcome(item: Item, value: str, outcome: Outcome, why: str) -> JudgedItem:
    return JudgedItem(item.name, item.label, outcome, value or None, why)


def _read_date(value: str, today: date | None) -> date:
    try:
        # Python also takes 20260131 and 2026-W05-6, which people may mean otherwise.
        found = date.fromisoformat(value if len(value) == len("2026-01-31") and value.count("-") == 2 else "")
    except ValueError:
        raise UnreadableError(
            f"{value!r} is no date that can be read in one way only; write year, month and day, as 2026-01-31"
        ) from None
    if why := _why_not_dated(found, today):
        raise UnreadableError(why)
    return found


def _why_not_dated(found: date, today: date | None) -> str | None:
    if found < _EARLIEST:
        return f"{found} lies before {_EARLIEST.year}; check the year"
    if today is not None and found > today:
        return f"{found} lies in the future; check the date"
    return None


def _exact(bound: float | None) -> Decimal | None:
    # As it is written: the nearest double of 0.05 is a little more than 0.05.
    return None if bound is None else Decimal(repr(bound))


def _range_text(item: Item) -> str:
    unit = "" if item.unit is None else f" {item.unit}"
    if item.minimum is not None and item.maximum is not None:
        return f"{figure_text(item.minimum)} to {figure_text(item.maximum)}{unit}"
    if item.minimum is not None:
        return f"at least {figure_text(item.minimum)}{unit}"
    return "" if item.maximum is None else f"at most {figure_text(item.maximum)}{unit}"


def figure_text(figure: float) -> str:
    """A figure as people write it, to its last digit: ``'0.5'``, ``'1200'``, ``'1.5e9'``."""
    exact = Decimal(repr(figure)).normalize()
    return f"{exact:f}" if -_PLAIN_DIGITS < exact.adjusted() < _PLAIN_DIGITS else f"{exact:e}".replace("e+", "e")
