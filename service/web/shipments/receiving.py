"""The form by which a shipment is received: scan, look, confirm; a scanner that ends each code with Enter is enough."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from service.acts.shipments import look_into, receive_shipment
from service.answers.arriving import Scans, read_scans
from service.answers.scanning import Asking
from service.auth.access import Access, access_of
from service.domain.corrections import Word
from service.domain.shipments.receipt import Arrived, Finding
from service.domain.wall_clock import from_wall, is_to_come, zone_named
from service.errors import ConflictError, RefusedError, UnbrokenError
from service.settings import Settings
from service.store.pool import Connection
from service.store.registry.containers import containers
from service.store.registry.sites import sites
from service.store.retry import retried
from service.store.shipments import shipments as store
from service.store.shipments.shipments import KeptShipment
from service.store.visible import is_held
from service.web.answering import answered
from service.web.forms import A_REASON, Field, TheForm, sentence, typed
from service.web.frame import frame
from service.web.plain_form import zone_text
from service.web.rendering import page
from service.web.shipments.views import FoundView, found_views, shipment_view
from service.web.words import moment

router = APIRouter(include_in_schema=False)

#: As many codes are read at once; of more than that, `POST /v1/shipments/{id}/receipt` takes the lots by their ids.
MOST_CODES = 1_000
_LONGEST_CODE = 200


@dataclass(frozen=True, slots=True)
class Given:
    """What stands in the form.

    Attributes:
        codes: one a line.
        seals: by container, one a line: those that were found whole.
        looked: what was looked at, as a hash; empty: nothing yet.
    """

    codes: str = ""
    seals: Mapping[str, str] | None = None
    container_id: str = ""
    received_at: str = ""
    reason: str = ""
    looked: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in what was scanned, to be confirmed. `seen`: a hash of it, and of what was scanned."""

    scans: Scans
    findings: tuple[Finding, ...]
    expected: int
    seen: str

    @property
    def found(self) -> list[FoundView]:
        """The same in words."""
        return found_views(self.findings)

    @property
    def matching(self) -> int:
        """Lots on the manifest that were scanned."""
        missing = sum(1 for one in self.findings if one.found == "missing")
        return self.expected - missing


@router.get("/shipments/{shipment_id}/receipt")
def show_receipt_form(request: Request, shipment_id: str) -> Response:
    """An empty form, ready for a scanner."""
    access = access_of(request)

    def show(connection: Connection, _: Settings, now: datetime) -> Response:
        kept = store.shipment(connection, shipment_id)
        if kept.state != "under_way" or not is_held(connection, "site", kept.to_site_id, access.acts):
            return RedirectResponse(f"/shipments/{quote(shipment_id, safe='')}", 303)
        return _page(connection, kept, access, now, Given())

    return answered(request, show)


@router.post("/shipments/{shipment_id}/receipt")
def send_receipt_form(request: Request, shipment_id: str, form: TheForm) -> Response:
    """Look into what was scanned, or confirm what was looked at; what was changed since is looked at again."""
    access = access_of(request)

    def do(connection: Connection, settings: Settings, now: datetime) -> Response:
        if typed(form, "act") not in {"look", "confirm"}:
            raise RefusedError("act", "the form was not sent whole; press the button again")
        kept = store.shipment(connection, shipment_id)
        access.refuse_elsewhere(connection, "site", kept.to_site_id)
        given = _given(form, [one.container_id for one in store.shipped_containers(connection, shipment_id)])
        asking = Asking(settings, now, access.acts)
        looked: Looked | None = None
        try:
            at = _received_at(given, _zone(connection, kept), now)
            looked = _look(connection, asking, kept, given, at)
            confirms = typed(form, "act") == "confirm" and given.looked == looked.seen and not looked.scans.unread
            if not confirms:
                return _page(connection, kept, access, now, given, looked)
            if given.container_id:
                access.refuse_elsewhere(connection, "container", given.container_id, "container_id")
            word = Word(
                access.caller.actor, now, settings.scan_delay_s, settings.clock_tolerance_s, given.reason or None, None
            )
            retried(receive_shipment)(
                connection,
                shipment_id,
                _arrived(looked.scans, given),
                at,
                settings,
                word,
                container_id=given.container_id or None,
                positions={},
            )
        except UnbrokenError as error:
            return _page(connection, kept, access, now, given, looked, error)
        return RedirectResponse(f"/shipments/{quote(shipment_id, safe='')}?done=received", 303)

    return answered(request, do)


def _given(form: FormData, container_ids: Sequence[str]) -> Given:
    return Given(
        codes=_lines(form, "codes"),
        seals={one: _lines(form, f"seals.{one}") for one in container_ids},
        container_id=typed(form, "container_id"),
        received_at=typed(form, "received_at"),
        reason=typed(form, "reason", A_REASON),
        looked=typed(form, "looked"),
    )


def _lines(form: FormData, name: str) -> str:
    text = form.get(name)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "") if isinstance(text, str) else ""


def _received_at(given: Given, zone: tzinfo, now: datetime) -> datetime:
    if not given.received_at:
        return now
    try:
        at = from_wall(given.received_at, zone, now)
    except (ValueError, OverflowError):
        raise RefusedError("received_at", "type a time such as 2026-11-30 14:05") from None
    if is_to_come(at, now):
        raise RefusedError("received_at", "it lies in the future; record it when it has arrived")
    return at


def _look(connection: Connection, asking: Asking, kept: KeptShipment, given: Given, at: datetime) -> Looked:
    codes = given.codes.split("\n")
    if len(codes) > MOST_CODES:
        raise RefusedError("codes", f"these are more than {MOST_CODES} lines; send them over the API")
    if long := next((number for number, one in enumerate(codes, 1) if len(one) > _LONGEST_CODE), None):
        raise RefusedError("codes", f"line {long} is longer than any code; scan it again, one code a line")
    scans = read_scans(connection, asking, kept.id, codes)
    found = look_into(connection, kept.id, _arrived(scans, given), at, asking.settings, asking.now)
    looked_at = (scans, sorted((given.seals or {}).items()), given.container_id, given.received_at, found)
    seen = hashlib.sha256(repr(looked_at).encode()).hexdigest()
    return Looked(scans, found, len(store.expected_lots(connection, kept.id)), seen)


def _arrived(scans: Scans, given: Given) -> Arrived:
    return Arrived(scans.lot_ids, {one: lines.split() for one, lines in (given.seals or {}).items()})


def _zone(connection: Connection, kept: KeptShipment) -> tzinfo:
    there = next((one for one in sites(connection) if one.id == kept.to_site_id), None)
    return frame().zone if there is None else zone_named(there.time_zone)


def _page(
    connection: Connection,
    kept: KeptShipment,
    access: Access,
    now: datetime,
    given: Given,
    looked: Looked | None = None,
    error: UnbrokenError | None = None,
) -> Response:
    zone = _zone(connection, kept)
    names = {one.id: one.name for one in sites(connection)}
    there = containers(connection, kept.to_site_id, seen_at=access.acts, retired=False)
    field = error.field if isinstance(error, RefusedError) else ""
    why = "" if error is None else sentence(str(error))
    status = 200 if error is None else 409 if isinstance(error, ConflictError) else 422
    return page(
        "receipt.html",
        status,
        as_of=moment(now, zone),
        shipment=shipment_view(kept, names, zone, now),
        given=given,
        sealed=[
            (one.container_id, one.seals, (given.seals or {}).get(one.container_id, ""))
            for one in store.shipped_containers(connection, kept.id)
        ],
        where=Field(
            "container_id",
            "Where it is put",
            given.container_id,
            kind="choice",
            choices=(("", "It stays in what it came in"), *((one.id, one.name) for one in there)),
            required=False,
            problem=why if field == "container_id" else "",
        ),
        arrived=Field(
            "received_at",
            f"Arrived ({zone_text(zone, now)})",
            given.received_at,
            hint="Left empty: now.",
            kind="datetime-local",
            required=False,
            problem=why if field == "received_at" else "",
        ),
        looked=looked,
        codes_problem=why if field == "codes" else "",
        reason_problem="Say why it is received so: nothing was recorded." if field == "reason" else "",
        refused="" if field in {"container_id", "received_at", "codes", "reason"} else why,
    )
