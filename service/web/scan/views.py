"""What the page at the chair says of a scanned code: pure, from what it leads to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import quote, urlencode

from service.answers.scanning import Scan
from service.domain.answers.answer import Answer
from service.domain.answers.paper_reasons import PAPER_CODES
from service.domain.scan.label import Label
from service.store.lots.lots import Lot
from service.store.registry.sites import Site
from service.web.lots.views import ADVICE, ANSWER_TEXTS
from service.web.words import Moment, moment


@dataclass(frozen=True, slots=True)
class Why:
    """A reason: what it says, and since when."""

    text: str
    since: Moment | None


@dataclass(frozen=True, slots=True)
class Link:
    """What a code may stand for, and its page."""

    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Chair:
    """The answer about a vial in somebody's hand.

    Attributes:
        answer: the name that styles go by.
        reason: the worst; others: all the others.
        advice: what to do now; empty: it may be used.
        ways: what would make it usable, cheapest first.
        lot_id: empty: no lot is known.
    """

    answer: str
    answer_text: str
    at_risk: bool
    reason: str
    since: Moment | None
    others: tuple[Why, ...]
    advice: str
    ways: tuple[str, ...]
    lot_id: str = ""
    lot_number: str = ""
    product: str = ""
    where: str = ""
    expires_on: str = ""


def chair(found: Scan, lot: Lot | None, site: Site | None, zone: tzinfo = UTC, *, names_people: bool = True) -> Chair:
    """What is said of a scan.

    Args:
        lot: None: it leads to none.
        names_people: False: whoever passes by may read it, and nobody's name is told.
    """
    answer = found.answer or Answer.NOT_PROVEN
    first, *others = [_why(reason, zone, names_people) for reason in found.reasons]
    status = found.status or {}
    advice = found.to_do or ("" if answer is Answer.USABLE else ADVICE)
    said = Chair(
        answer=answer.value,
        answer_text=ANSWER_TEXTS[answer],
        at_risk=status.get("verdict") == "at_risk",
        reason=first.text,
        since=first.since,
        others=tuple(others),
        advice=advice,
        ways=tuple(way["text"] for way in status.get("way_back") or () if way["helps"] and names_people),
        product="" if found.product is None else found.product.name,
        lot_number=found.label.lot_number or "",
    )
    if lot is None:
        return said
    return replace(
        said,
        lot_id=lot.id,
        lot_number=lot.lot_number,
        product=lot.product_name,
        where=where_it_is(lot, site),
        expires_on="" if lot.expires_on is None else lot.expires_on.isoformat(),
    )


def where_it_is(lot: Lot, site: Site | None) -> str:
    """Where a lot is recorded to be. `site`: where that is, or where somebody stands who may not see that site."""
    if lot.container_id is None:
        return "recorded in no container"
    at = lot.site_id if site is None or site.id != lot.site_id else site.name
    return f"{lot.container_name}, {at}"


def links(found: Scan) -> Sequence[Link]:
    """The pages of what a code may stand for."""
    return [Link(f"{thing.kind} {thing.id}", f"/{thing.kind}s/{quote(thing.id, safe='')}") for thing in found.things]


def digital_link(label: Label) -> str:
    """The address of the page of a label on our own host: its GS1 Digital Link."""
    parts = [("01", label.gtin), ("10", label.lot_number), ("21", label.serial)]
    path = "".join(f"/{ai}/{quote(held, safe='')}" for ai, held in parts if held)
    return path + (f"?{urlencode({'17': f'{label.expires_on:%y%m%d}'})}" if label.expires_on else "")


def _why(reason: Mapping[str, Any], zone: tzinfo, names_people: bool) -> Why:
    since = reason["since"]
    # What papers say may name who decided, or who recorded something.
    text = reason["text"] if names_people else PAPER_CODES.get(reason["code"], reason["text"])
    return Why(str(text), None if since is None else moment(datetime.fromisoformat(since), zone))
