"""What stands around every page: where else one can go, who is logged in, whose things are shown, open alerts."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, tzinfo

from fastapi import Request

from service.auth.access import Access, may
from service.auth.cookies import kiosk_token_of, token_of
from service.domain.identity.caller import Caller, Role
from service.domain.identity.permissions import PERMISSIONS, READERS
from service.domain.wall_clock import zone_named
from service.store.alerting.history import count_going_off
from service.store.pool import Connection
from service.store.registry.sites import Site, sites

#: In this cookie a browser keeps the site whose things it shows.
SITE_COOKIE = "unbroken_site"


@dataclass(frozen=True, slots=True)
class Link:
    """A page that one can go to. `here`: its name, as the pages say it of themselves."""

    here: str
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a page.

    Attributes:
        links, more: pages that the caller may use; those of every day, and the others.
        name: of whoever is logged in; empty: nobody.
        going_off: alerts that go off now, or are in hand.
        sites: that the caller may see.
        site: whose things alone are shown; None: those of all.
        path: of the page itself.
        is_kiosk: a device shows it on which nobody is logged in: it names nobody, and goes back to the first page.
        number: of the latest hint of changes before it was made (docs/live.md); None: no hints for whoever this is.
    """

    links: tuple[Link, ...] = ()
    more: tuple[Link, ...] = ()
    name: str = ""
    going_off: int = 0
    sites: tuple[Site, ...] = ()
    site: Site | None = None
    path: str = "/"
    number: int | None = None
    is_kiosk: bool = False

    @property
    def zone(self) -> tzinfo:
        """By whose clock times are told that belong to no one thing: the chosen site's, or of all if they agree."""
        names = {site.time_zone for site in ([self.site] if self.site else self.sites)}
        return zone_named(names.pop()) if len(names) == 1 else UTC


#: By the function that shows it.
_LINKS = {
    "show_lots": Link("lots", "/", "Lots"),
    "show_containers": Link("containers", "/containers", "Containers"),
    "show_checks": Link("checks", "/checks", "Morning check"),
    "show_alerts": Link("alerts", "/alerts", "Alerts"),
}
_MORE = {
    "show_move": Link("move", "/move", "Move something"),
    "show_changes": Link("to-sign", "/to-sign", "To sign"),
    "show_handovers": Link("handovers", "/handovers", "Handovers"),
    "show_shipments": Link("shipments", "/shipments", "Shipments"),
    "show_moves": Link("moves", "/moves", "Moves by link"),
    "show_wall": Link("wall", "/wall", "Wall"),
    "show_downtime_sheet": Link("downtime", "/downtime", "Downtime sheet"),
    "show_sites": Link("sites", "/sites", "Sites"),
    "show_products": Link("products", "/products", "Products"),
    "show_loggers": Link("loggers", "/loggers", "Loggers"),
    "show_kiosks": Link("kiosks", "/kiosks", "Kiosks"),
    "show_start": Link("start", "/start", "First steps"),
    "show_accounts": Link("accounts", "/accounts", "Accounts"),
    "show_account": Link("account", "/account", "Your account"),
}

_OF_KIOSKS = {"show_checks": _LINKS["show_checks"], "show_wall": _MORE["show_wall"]}

_NOTHING = Frame()
_ON_KIOSK = Frame(is_kiosk=True)
_frame: ContextVar[Frame] = ContextVar("frame", default=_NOTHING)


def frame() -> Frame:
    """What stands around the page that is being made."""
    return _frame.get()


@contextmanager
def framed(around: Frame) -> Iterator[None]:
    """Pages made within it have this around them."""
    token = _frame.set(around)
    try:
        yield
    finally:
        _frame.reset(token)


def frame_of(connection: Connection, request: Request) -> Frame:
    """What stands around the page that is asked for. What it shows is to be read after that."""
    access: Access | None = getattr(request.state, "access", None)
    if access is None:
        return frame_of_device(request)
    caller = access.caller
    number = _hinted(request, caller)
    if caller.kiosk_id is not None:
        return _frame_of_kiosk(connection, caller, number)
    seen_at = caller.sites(READERS)
    seen = tuple(sites(connection, seen_at=seen_at, retired=False))
    chosen = request.cookies.get(SITE_COOKIE, "")
    return Frame(
        links=_open_to(caller, _LINKS),
        more=_open_to(caller, _MORE),
        name=caller.actor.name,
        going_off=count_going_off(connection, seen_at),
        sites=seen,
        site=next((site for site in seen if site.id == chosen), None),
        path=str(request.url.replace(scheme="", netloc="")),
        number=number,
    )


def frame_of_device(request: Request) -> Frame:
    """What stands around a page that is made without asking the database who asks."""
    return _ON_KIOSK if kiosk_token_of(request) and not token_of(request) else _NOTHING


def _frame_of_kiosk(connection: Connection, caller: Caller, number: int | None) -> Frame:
    """Also where a person acts on it: what they did is shown to whoever stands there next."""
    there = tuple(sites(connection, seen_at=caller.sites(frozenset(Role))))
    # At "/" a kiosk has the field to scan.
    links = (Link("lots", "/?answer=", "All lots here"), *_open_to(caller, _OF_KIOSKS))
    return Frame(links=links, sites=there, site=there[0] if there else None, is_kiosk=True, number=number)


def _hinted(request: Request, caller: Caller) -> int | None:
    if not may(caller, "get_events"):
        return None
    number: int = request.app.state.hints.number(caller.sites(PERMISSIONS["get_events"].roles or ()))
    return number


def _open_to(caller: Caller, links: dict[str, Link]) -> tuple[Link, ...]:
    return tuple(link for name, link in links.items() if may(caller, name))
