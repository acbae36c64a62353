"""The form of a new shipment."""

from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.acts.shipments import register_shipment
from service.auth.access import access_of
from service.domain.identity.caller import Sites
from service.domain.registry.nesting import MOVABLE
from service.domain.wall_clock import from_wall
from service.store.pool import Connection
from service.store.registry.containers import containers, containers_by_id
from service.store.retry import retried
from service.store.shipments.shipments import NewShipment, ShippedContainer
from service.web.forms import Field, TheForm
from service.web.frame import frame
from service.web.plain_form import Make, PlainForm, Sent, row_id, sent_form, shown_form, zone_text

router = APIRouter(include_in_schema=False)

_SSCC_DIGITS = 18


@router.get("/shipments/new")
def show_new_shipment(request: Request) -> Response:
    """An empty form."""
    return shown_form(request, _making(access_of(request).acts))


@router.post("/shipments/new")
def send_new_shipment(request: Request, form: TheForm) -> Response:
    """Register it; what is wrong is told beside its field."""
    access = access_of(request)

    def do(sent: Sent) -> str:
        check = sent.check
        first = check.chosen(sent.fields["containers"])
        to_site_id = _destination(sent)
        carrier = check.words("carrier", "type who brings it")
        expected_at = _expected(sent)
        sscc = _sscc(sent)
        along = [ShippedContainer(first, _numbers(check.text("seals"))), *_further(check.text("more"))]
        check.refuse()
        for one in along:
            field = "containers" if one.container_id == first else "more"
            access.refuse_elsewhere(sent.connection, "container", one.container_id, field)
        from_site_id = containers_by_id(sent.connection, [first])[first].site_id
        new = NewShipment(
            id=row_id(from_site_id, to_site_id, now=sent.now),
            from_site_id=from_site_id,
            to_site_id=to_site_id,
            carrier=carrier,
            waybill=check.text("waybill") or None,
            route=check.text("route") or None,
            sscc=sscc,
            expected_at=expected_at,
        )
        retried(register_shipment)(sent.connection, new, along, sent.word(access.caller.actor))
        return f"/shipments/{quote(new.id, safe='')}?done=registered"

    return sent_form(request, form, _making(access.acts), do)


def _destination(sent: Sent) -> str:
    chosen, other = sent.check.chosen(sent.fields["to_site_id"]), sent.check.text("to_other")
    if bool(chosen) == bool(other):
        sent.check.wrong("to_site_id", "choose where it goes, or type the short name of another site; one of the two")
    return chosen or other


def _expected(sent: Sent) -> datetime:
    text = sent.check.text("expected_at")
    try:
        found = from_wall(text, frame().zone, sent.now)
    except (ValueError, OverflowError):
        sent.check.wrong("expected_at", "type when it is to arrive, such as 2026-11-30 14:05")
        return sent.now
    if found <= sent.now:
        sent.check.wrong("expected_at", "it has passed; type when it is to arrive")
    return found


def _sscc(sent: Sent) -> str | None:
    text = sent.check.text("sscc")
    digits = "".join(one for one in text if one.isascii() and one.isdigit())
    if digits and len(digits) == _SSCC_DIGITS + 2 and digits.startswith("00"):
        digits = digits[2:]
    if text and len(digits) != _SSCC_DIGITS:
        sent.check.wrong("sscc", f"type the {_SSCC_DIGITS} digits that stand after (00)")
    return digits or None


def _numbers(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _further(text: str) -> list[ShippedContainer]:
    """``'shipper-8: S-3 S-4; shipper-9'``: containers, each with the numbers of its seals."""
    found = []
    for one in text.split(";"):
        container_id, _, seals = one.partition(":")
        if container_id.strip():
            found.append(ShippedContainer(container_id.strip(), _numbers(seals)))
    return found


def _making(held_at: Sites) -> Make:
    def make(connection: Connection, now: datetime) -> tuple[PlainForm, list[Field]]:
        site = frame().site
        there = containers(connection, None if site is None else site.id, seen_at=held_at, retired=False)
        sent = tuple((one.id, f"{one.name}, {one.kind.replace('_', ' ')}") for one in there if one.kind in MOVABLE)
        to = tuple((one.id, one.name) for one in frame().sites if site is None or one.id != site.id)
        zone = zone_text(frame().zone, now)
        form = PlainForm(
            "Send a shipment",
            "/shipments/new",
            "Register it",
            "shipments",
            (
                "Put the lots into a shipper, and a logger with them, before the carrier takes it.",
                "It is under way once you record on its page that the carrier has it.",
            ),
            back="/shipments",
            back_text="Shipments",
            lacks="" if sent else "No shipper, dry-ice box, box, rack or vehicle is registered here: register one.",
            lacks_path="/new/container",
        )
        return form, [
            Field("containers", "What is sent", kind="choice", choices=(("", "Choose …"), *sent)),
            Field("seals", "Its seals", hint="Their numbers, with a space between them.", required=False),
            Field("more", "What goes along", hint="Further containers: shipper-8: S-3 S-4; shipper-9", required=False),
            Field("to_site_id", "To", kind="choice", choices=(("", "Another site"), *to), required=False),
            Field("to_other", "To another site", hint="Its short name, as its people tell it.", required=False),
            Field("carrier", "Carrier"),
            Field("waybill", "Waybill", required=False),
            Field("sscc", "Number of the shipping unit", hint="SSCC: scan it, or type 18 digits.", required=False),
            Field("route", "Route", hint="The way it is to take, in words.", required=False),
            Field("expected_at", f"Expected ({zone})", kind="datetime-local"),
        ]

    return make
