"""The list of shipments, and the page of one, from which it is handed over to its carrier or cancelled."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from service.acts.shipments import cancel_shipment, hand_over_shipment
from service.auth.access import Access, access_of, may
from service.domain.corrections import Word
from service.domain.identity.caller import Sites
from service.domain.identity.permissions import PERMISSIONS
from service.domain.wall_clock import from_wall, is_to_come
from service.errors import RefusedError, UnbrokenError
from service.settings import Settings
from service.store.paging import Part
from service.store.pool import Connection
from service.store.registry.sites import sites
from service.store.retry import retried
from service.store.shipments import shipments as store
from service.store.shipments.shipments import LATEST_FIRST
from service.store.visible import is_held
from service.web.answering import answered
from service.web.forms import TheForm, sentence, typed
from service.web.frame import frame
from service.web.plain_form import zone_text
from service.web.rendering import page
from service.web.shipments.views import found_views, open_first, shipment_view
from service.web.turning import leaf
from service.web.words import moment

router = APIRouter(include_in_schema=False)

#: As many that are not over are shown: more than one clinic sends in a month.
_MOST_OPEN = 200
_A_PAGE = 50

_DONE = {
    "registered": "It is registered. Once the carrier has it, record that here.",
    "handed-over": "Recorded: the carrier has it.",
    "cancelled": "It is cancelled.",
    "received": "It is received.",
}


@router.get("/shipments")
def show_shipments(request: Request, after: str = "", before: str = "") -> Response:
    """What is under way or prepared, and what is over, a page at a time."""
    access = access_of(request)
    return answered(request, lambda *found: _list(*found, turned=(after, before), access=access))


@router.get("/shipments/{shipment_id}")
def show_shipment(request: Request, shipment_id: str, done: str = "") -> Response:
    """One shipment: how far it is, what is in it, and what was found on arrival."""
    access = access_of(request)
    return answered(request, lambda *found: _one(*found, shipment_id=shipment_id, access=access, done=done))


@router.post("/shipments/{shipment_id}/handover")
def send_shipment_handover(request: Request, shipment_id: str, form: TheForm) -> Response:
    """The carrier has it."""
    return _acted(request, shipment_id, form, retried(hand_over_shipment), "handed-over")


@router.post("/shipments/{shipment_id}/cancel")
def send_shipment_cancel(request: Request, shipment_id: str, form: TheForm) -> Response:
    """It does not happen, or came back."""
    return _acted(request, shipment_id, form, retried(cancel_shipment), "cancelled")


def _acted(
    request: Request,
    shipment_id: str,
    form: FormData,
    act: Callable[[Connection, str, datetime, Word], object],
    done: str,
) -> Response:
    access = access_of(request)

    def do(connection: Connection, settings: Settings, now: datetime) -> Response:
        access.refuse_elsewhere(connection, "site", store.shipment(connection, shipment_id).from_site_id)
        try:
            at = _typed_time(typed(form, "at"), now)
            reason = typed(form, "reason") or None
            word = Word(
                access.caller.actor, now, settings.scan_delay_s, settings.clock_tolerance_s, reason, lost_since=None
            )
            act(connection, shipment_id, at, word)
        except UnbrokenError as error:
            said = sentence(str(error))
            return _one(connection, settings, now, shipment_id=shipment_id, access=access, refused=said)
        return RedirectResponse(f"/shipments/{quote(shipment_id, safe='')}?done={done}", 303)

    return answered(request, do)


def _typed_time(text: str, now: datetime) -> datetime:
    if not text:
        return now
    try:
        at = from_wall(text, frame().zone, now)
    except (ValueError, OverflowError):
        raise RefusedError("at", "type a time such as 2026-11-30 14:05") from None
    if is_to_come(at, now):
        raise RefusedError("at", "it lies in the future; record it when it has happened")
    return at


def _shown_of(access: Access) -> Sites:
    """Of which sites shipments are shown: of the chosen one alone, if one is."""
    site = frame().site
    return access.acts if site is None else frozenset({site.id})


def _list(connection: Connection, _: Settings, now: datetime, *, turned: tuple[str, str], access: Access) -> Response:
    shown = _shown_of(access)
    names = {one.id: one.name for one in sites(connection)}
    is_open = store.shipments(connection, Part(_MOST_OPEN, None), shown, is_open=True)
    over = leaf(lambda part: store.shipments(connection, part, shown, is_open=False), LATEST_FIRST, _A_PAGE, *turned)
    zone = frame().zone
    return page(
        "shipments.html",
        as_of=moment(now, zone),
        open=[shipment_view(one, names, zone, now) for one in open_first(is_open)],
        over=[shipment_view(one, names, zone, now) for one in over.rows],
        before=over.before,
        after=over.after,
        first=over.is_first,
        may_add=may(access.caller, "show_new_shipment"),
    )


def _one(
    connection: Connection,
    _: Settings,
    now: datetime,
    *,
    shipment_id: str,
    access: Access,
    done: str = "",
    refused: str = "",
) -> Response:
    kept = store.shipment(connection, shipment_id)
    names = {one.id: one.name for one in sites(connection)}
    zone = frame().zone
    received = store.receipt(connection, shipment_id)
    manifest = store.manifest(connection, shipment_id)
    acts_at = access.caller.sites(PERMISSIONS["send_shipment_handover"].roles or ())
    return page(
        "shipment.html",
        409 if refused else 200,
        as_of=moment(now, zone),
        shipment=shipment_view(kept, names, zone, now),
        containers=store.shipped_containers(connection, shipment_id),
        manifest=manifest,
        inside=store.lots_inside(connection, shipment_id) if kept.state == "prepared" else (),
        receipt=received,
        received=None if received is None else moment(received.recorded_at, zone),
        found=[] if received is None else found_views(received.findings),
        sends=is_held(connection, "site", kept.from_site_id, acts_at),
        receives=is_held(connection, "site", kept.to_site_id, acts_at),
        zone=zone_text(zone, now),
        done=_DONE.get(done, ""),
        refused=refused,
    )
