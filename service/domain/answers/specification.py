"""Specifications: the items that a product's certificate must meet. They are data: one more thing to state needs no
code (docs/certificates.md)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.domain.answers.results import ABSENT_WORDS, PRESENT_WORDS, is_missing, plain


class ItemKind(StrEnum):
    """How what is stated of an item is read."""

    PRESENT = "present"
    ABSENT = "absent"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


#: The date of the certificate itself, which the date of an item may be held against.
ISSUED_ON = "issued_on"

#: What a certificate states beside its items; no item has such a name.
OWN_FIELDS = (ISSUED_ON, "signatory", "product_id", "gtin", "lot_number", "document_sha256")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a certificate is to state.

    Attributes:
        required: without it the certificate lacks something; else it is judged where it is stated.
        unit, minimum, maximum: of a number; None: it has no unit, or no such end.
        allowed: of a text, all that may be stated; empty: any. Of what is present or absent, further words for that.
        not_before, not_after: of a date, the name of the item whose date it is held against, or `issued_on`.
        may_be_future: a date that may lie ahead, such as the end of a registration.
        source: where its figures come from.
    """

    name: str
    label: str
    kind: ItemKind
    required: bool = True
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    not_before: str | None = None
    not_after: str | None = None
    may_be_future: bool = False
    source: str = ""

    @property
    def may_be_negative(self) -> bool:
        """Whether a number below nothing can be meant."""
        return any(end is not None and end < 0 for end in (self.minimum, self.maximum))


@dataclass(frozen=True, slots=True)
class Specification:
    """A version of the items that a certificate must meet; it is never changed."""

    id: str
    version: int
    name: str
    items: tuple[Item, ...]
    source: str = ""

    @property
    def by_name(self) -> Mapping[str, Item]:
        """The items by their names."""
        return {item.name: item for item in self.items}


#: By attribute of an item: the kinds that have it.
_BELONGS = {
    "unit": {ItemKind.NUMBER},
    "minimum": {ItemKind.NUMBER},
    "maximum": {ItemKind.NUMBER},
    "allowed": {ItemKind.TEXT, ItemKind.PRESENT, ItemKind.ABSENT},
    "not_before": {ItemKind.DATE},
    "not_after": {ItemKind.DATE},
    "may_be_future": {ItemKind.DATE},
}


def why_not_sound(specification: Specification) -> tuple[str, str] | None:
    """Why nothing can be judged by a specification, as field and words; None: it can."""
    times = Counter(item.name for item in specification.items)
    for number, item in enumerate(specification.items):
        field = f"items.{number}"
        if times[item.name] > 1:
            return f"{field}.name", f"there are {times[item.name]} items {item.name!r}; give each a name of its own"
        if item.name in OWN_FIELDS:
            return f"{field}.name", f"{item.name!r} is stated by the certificate itself; choose another name"
        if why := _why_not_item(specification, item):
            return f"{field}.{why[0]}", why[1]
    if not any(item.required for item in specification.items):
        return "items", "no item is required, so an empty certificate would meet it; require one at least"
    return None


def _why_not_item(specification: Specification, item: Item) -> tuple[str, str] | None:
    for attribute, kinds in _BELONGS.items():
        given = getattr(item, attribute)
        if given not in (None, ()) and given is not False and item.kind not in kinds:
            having = " or ".join(sorted(kinds))
            return attribute, f"only what is {having} has it, and {item.name!r} is {item.kind}; leave it out"
    if item.minimum is not None and item.maximum is not None and item.minimum > item.maximum:
        return "minimum", f"{item.name!r} allows nothing: its minimum is above its maximum"
    opposite = {ItemKind.PRESENT: ABSENT_WORDS, ItemKind.ABSENT: PRESENT_WORDS}.get(item.kind, frozenset())
    for word in item.allowed:
        if is_missing(word) or plain(word) in opposite:
            return "allowed", f"{word!r} does not say that {item.label!r} is {item.kind}; leave it out"
    dates = {other.name for other in specification.items if other.kind is ItemKind.DATE and other is not item}
    for attribute in ("not_before", "not_after"):
        named = getattr(item, attribute)
        if named is not None and named not in {*dates, ISSUED_ON}:
            return attribute, f"it names no date item other than itself: {named!r}; name one, or {ISSUED_ON!r}"
    return None
