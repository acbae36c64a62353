"""The fields of the form for a certificate: what its specification asks for stands beside each. Pure."""

from collections.abc import Mapping

from service.domain.answers.specification import Item, ItemKind, Specification
from service.web.forms import Field, Problems

#: How the name of an item's field begins.
ITEMS = "items."


def own_fields(given: Mapping[str, str], wrong: Problems) -> list[Field]:
    """What a certificate states beside its items. `given`: what was typed, by field."""
    number = "Type it from the certificate itself: so one of another lot is found out."
    return [
        Field("lot_number", "Lot number on it", given.get("lot_number", ""), number, wrong["lot_number"]),
        Field("issued_on", "Issued on", given.get("issued_on", ""), "", wrong["issued_on"], "date"),
        Field("signatory", "Signed at its issuer by", given.get("signatory", ""), "", wrong["signatory"]),
    ]


def item_fields(asked: Specification, given: Mapping[str, str], wrong: Problems) -> list[Field]:
    """A field for each item of the specification, in its order."""
    return [_field(one, asked, given, wrong) for one in asked.items]


def other_fields(asked: Specification, given: Mapping[str, str], wrong: Problems) -> list[Field]:
    """What was stated beside what the specification asks for: it is kept, and not judged."""
    names = [name for name in given if name.startswith(ITEMS) and name.removeprefix(ITEMS) not in asked.by_name]
    hint = "The specification does not ask for it."
    return [
        Field(name, name.removeprefix(ITEMS), given[name], hint, wrong[name], required=False) for name in sorted(names)
    ]


def _field(item: Item, asked: Specification, given: Mapping[str, str], wrong: Problems) -> Field:
    name = f"{ITEMS}{item.name}"
    label = f"{item.label}, {item.unit}" if item.unit else item.label
    told = Field(name, label, given.get(name, ""), asked_text(item, asked), wrong[name], required=item.required)
    if item.kind is ItemKind.DATE and not told.problem:
        return Field(name, label, told.value, told.hint, told.problem, "date", required=item.required)
    return told


def asked_text(item: Item, asked: Specification) -> str:
    """What is asked of an item, in words."""
    unit = f" {item.unit}" if item.unit else ""
    if item.kind is ItemKind.NUMBER:
        ends = (("at least", item.minimum), ("at most", item.maximum))
        return " and ".join(f"{how} {_figure(end)}{unit}" for how, end in ends if end is not None) or "any number"
    if item.kind is ItemKind.DATE:
        others = (("not before", item.not_before), ("not after", item.not_after))
        told = [f"{how} {_date_name(name, asked)}" for how, name in others if name is not None]
        return ", ".join(told) or "a date"
    if item.kind is ItemKind.TEXT:
        return f"one of: {', '.join(item.allowed)}" if item.allowed else "as it states it"
    words = "".join(f" or “{word}”" for word in item.allowed)
    return f"asked for: {item.kind}{words}"


def _figure(number: float) -> str:
    """As certificates write it: `1e8`, and not `1e+08`."""
    digits, _, power = f"{number:g}".partition("e")
    return f"{digits}e{int(power)}" if power else digits


def _date_name(name: str, asked: Specification) -> str:
    its = asked.by_name.get(name)
    return "the day it was issued" if its is None else f"“{its.label}”"
