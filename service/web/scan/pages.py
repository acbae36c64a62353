"""The answer at the chair: what was scanned leads to one page, a scanner's text as well as a phone's Digital Link."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from service.answers.instead import take_instead
from service.answers.scanning import Asking, Scan, scan, scan_lot, scan_second
from service.auth.access import Access, access_of, may
from service.domain.answers.answer import Answer
from service.domain.instant import to_datetime
from service.domain.scan.label import Label
from service.domain.wall_clock import zone_named
from service.formats.gs1 import day_of, is_lot_number
from service.settings import Settings
from service.store.lots.lots import Lot
from service.store.lots.lots import lot as lot_of_id
from service.store.pool import Connection
from service.store.registry.sites import Site
from service.web.answering import answered
from service.web.frame import frame
from service.web.lots.instead import InsteadView
from service.web.rendering import page
from service.web.scan.views import chair, digital_link, links
from service.web.words import moment

router = APIRouter(include_in_schema=False)

#: So long a product's barcode waits for that of the lot: a vial is in one hand, the scanner in the other.
WAITS_FOR_LOT = timedelta(seconds=10)

_LONGEST = 2_000
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A GTIN that was scanned alone and waits for its lot.

    Attributes:
        since: microseconds since 1970, as the form brings it along.
        expires: YYMMDD, where the label with the GTIN says when it expires; empty: it does not.
        left_s: how long still.
    """

    gtin: str
    since: int
    left_s: int
    expires: str = ""


@router.get("/scan")
def show_scan(
    request: Request, code: str = "", gtin: str = "", since: str = "", expires: str = "", lot: str = ""
) -> Response:
    """May the vial be used whose code was scanned or typed? `gtin`, `since`, `expires`: of the barcode before, if it
    waits; `lot`: the id of a lot in place of a code.
    """
    access = access_of(request)

    def show(connection: Connection, settings: Settings, now: datetime) -> Response:
        asking = Asking(settings, now, access.acts)
        waiting = _waiting(gtin, since, expires, now)
        given = code.strip(" \r\n")[:_LONGEST]
        if lot:
            return _shown(connection, asking, access, scan_lot(connection, asking, lot))
        if not given:
            return _asked(now, waiting, late=bool(gtin) and waiting is None)
        if waiting is None:
            found = scan(connection, asking, given)
            # A lot number that was to follow its product's is none to be looked up alone.
            if gtin and found.label.gtin is None and found.kind not in {"container", "logger", "shipment"}:
                return _asked(now, late=True)
            return _shown(connection, asking, access, found)
        first = Label(waiting.gtin, expires_on=day_of(waiting.expires, asking.today))
        return _shown_second(connection, asking, access, scan_second(connection, asking, first, given))

    return answered(request, show)


@router.get("/01/{gtin}")
def show_product_link(request: Request) -> Response:
    """The same of a GS1 Digital Link of a product: it waits for the lot."""
    return _linked(request)


@router.get("/01/{gtin}/{qualifiers:path}")
def show_digital_link(request: Request) -> Response:
    """The same of a GS1 Digital Link whose host is ours, as the camera of a phone opens it."""
    return _linked(request)


def _linked(request: Request) -> Response:
    access = access_of(request)
    # As it was sent: a slash inside a lot number is not one between two fields.
    sent = request.scope["raw_path"].decode("ascii", "replace").partition("?")[0]
    code = f"{request.url.scheme}://{request.url.netloc}{sent}?{request.url.query}"

    def show(connection: Connection, settings: Settings, now: datetime) -> Response:
        asking = Asking(settings, now, access.acts)
        found = scan(connection, asking, code)
        return _shown(connection, asking, access, found, status_code=200 if found.kind == "lot" else 404)

    return answered(request, show)


def _waiting(gtin: str, since: str, expires: str, now: datetime) -> Waiting | None:
    """None: nothing waits, or no longer."""
    if not (gtin and since.isascii() and since.isdecimal() and len(since) < 18):
        return None
    left = to_datetime(int(since)) + WAITS_FOR_LOT - now
    in_time = timedelta() < left <= WAITS_FOR_LOT
    return Waiting(gtin, int(since), max(1, round(left.total_seconds())), expires) if in_time else None


def _asked(now: datetime, waiting: Waiting | None = None, *, late: bool = False) -> Response:
    """The field alone: nothing was scanned yet, or a product's number waits for its lot."""
    as_of = moment(now, frame().zone)
    return page("scan.html", as_of=as_of, waiting=waiting, late=late, chair=None, links=(), better=None, topic="")


def _shown(connection: Connection, asking: Asking, access: Access, found: Scan, *, status_code: int = 200) -> Response:
    """The page of what a code leads to, or its own page, where it has one."""
    if found.why == "lot_awaited":
        waits: dict[str, object] = {"gtin": found.label.gtin, "since": round(asking.now.timestamp() * 1_000_000)}
        if found.label.expires_on:
            waits["expires"] = f"{found.label.expires_on:%y%m%d}"
        return RedirectResponse(f"/scan?{urlencode(waits)}", 303, _NO_STORE)
    if found.kind in {"container", "logger", "shipment"} and may(access.caller, f"show_{found.kind}"):
        return RedirectResponse(f"/{found.kind}s/{quote(found.id or '', safe='')}", 303, _NO_STORE)
    about = lot_of_id(connection, found.id or "") if found.kind == "lot" else None
    sites = {site.id: site for site in frame().sites}
    site = sites.get((about and about.site_id) or "") or frame().site or _only(list(sites.values()))
    zone = zone_named(site.time_zone) if site else UTC
    return page(
        "scan.html",
        status_code,
        as_of=moment(asking.now, zone),
        waiting=None,
        late=False,
        chair=None if found.answer is None else chair(found, about, site, zone, names_people=not frame().is_kiosk),
        links=links(found),
        read=found.code.replace("\x1d", "␝"),
        thing=f"{found.kind} {found.id}",
        better=_better(connection, asking, found, about, site),
        topic="" if about is None else f"lot:{about.id}",
    )


def _better(
    connection: Connection, asking: Asking, found: Scan, about: Lot | None, site: Site | None
) -> InsteadView | None:
    """What to take instead; None: it may be used, or nobody knows of what product it is, or where somebody stands."""
    if found.answer in {None, Answer.USABLE} or site is None:
        return None
    if about is not None:
        product_id, product, but = about.product_id, about.product_name, about.id
    elif found.product is not None:
        product_id, product, but = found.product.id, found.product.name, ""
    else:
        return None
    better = take_instead(
        connection,
        asking.settings,
        asking.now,
        product_id=product_id,
        site_id=site.id,
        seen_at=asking.seen_at,
        but=but,
    )
    return InsteadView(product, site.name, better)


def _shown_second(connection: Connection, asking: Asking, access: Access, found: Scan) -> Response:
    """The page of two barcodes: what waited is forgotten soon, so that the answer has an address that stays true."""
    if found.label.gtin and is_lot_number(found.label.lot_number or ""):
        return RedirectResponse(digital_link(found.label), 303, _NO_STORE)
    if found.kind == "lot" and not found.to_do:
        return RedirectResponse(f"/scan?{urlencode({'lot': found.id or ''})}", 303, _NO_STORE)
    return _shown(connection, asking, access, found)


def _only(sites: list[Site]) -> Site | None:
    return sites[0] if len(sites) == 1 else None
