"""The forms by which a lot, or all that is in a container, is handed over to another organisation."""

from datetime import datetime
from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.acts.custody import offer_container, offer_lot
from service.auth.access import access_of
from service.domain.custody.handover import Offer
from service.domain.identity.caller import Sites
from service.store.custody.handovers import organisations_of
from service.store.lots.lots import lot
from service.store.pool import Connection
from service.store.registry.containers import container
from service.store.registry.organisations import organisations
from service.store.retry import retried
from service.web.forms import Field, LotId, TheForm
from service.web.frame import frame
from service.web.plain_form import REASON, Make, PlainForm, Sent, sent_form, shown_form, zone_text

router = APIRouter(include_in_schema=False)

_Kind = Literal["lot", "container"]


@router.get("/lots/{lot_id}/custody")
def show_offer_form(request: Request, lot_id: LotId) -> Response:
    """An empty form."""
    return shown_form(request, _making("lot", lot_id, access_of(request).acts))


@router.post("/lots/{lot_id}/custody")
def send_offer_form(request: Request, lot_id: LotId, form: TheForm) -> Response:
    """Offer the lot, or take custody of it; what is wrong is told beside its field."""
    return _sent(request, form, "lot", lot_id)


@router.get("/containers/{container_id}/custody")
def show_container_offer(request: Request, container_id: LotId) -> Response:
    """An empty form."""
    return shown_form(request, _making("container", container_id, access_of(request).acts))


@router.post("/containers/{container_id}/custody")
def send_container_offer(request: Request, container_id: LotId, form: TheForm) -> Response:
    """Offer all lots that are in it; what is wrong is told beside its field."""
    return _sent(request, form, "container", container_id)


def _sent(request: Request, form: TheForm, kind: _Kind, its_id: str) -> Response:
    access = access_of(request)

    def do(sent: Sent) -> str:
        check, now = sent.check, sent.now
        to_id = check.chosen(sent.fields["organisation_id"])
        at = check.instant("at", frame().zone, now) or now
        check.refuse()
        text = {name: check.text(name) or None for name in ("carrier", "waybill", "account")}
        offer = Offer(to_id, at, text["carrier"], text["waybill"])
        sides = organisations_of(sent.connection, access.acts)
        done = retried(offer_lot if kind == "lot" else offer_container)(
            sent.connection, its_id, offer, sides, sent.word(access.caller.actor), text["account"]
        )
        if done.state == "offered":
            return f"/handovers?done=offered#handover-{done.id}"
        return f"/{kind}s/{quote(its_id, safe='')}{'?done=custody' if kind == 'lot' else ''}"

    return sent_form(request, form, _making(kind, its_id, access.acts), do)


def _making(kind: _Kind, its_id: str, held_at: Sites) -> Make:
    def make(connection: Connection, now: datetime) -> tuple[PlainForm, list[Field]]:
        here = f"/{kind}s/{quote(its_id, safe='')}"
        called = f"lot {lot(connection, its_id).lot_number}" if kind == "lot" else container(connection, its_id).name
        what = "it" if kind == "lot" else "all lots that are in it now"
        choices = tuple((one.id, one.name) for one in organisations(connection, seen_at=held_at, retired=False))
        form = PlainForm(
            f"Hand over {called}",
            f"{here}/custody",
            "Hand over",
            "lots" if kind == "lot" else "containers",
            (
                f"The other side is offered {what}, and answers for {what} once somebody there confirms that. Until "
                "then who offers it does. Nothing is moved by it.",
                "Where nobody answers for it yet, choose your own organisation: that takes custody at once.",
            ),
            back=here,
            back_text=called[:1].upper() + called[1:],
            lacks="" if choices else "No organisation is registered yet that could answer for it.",
            lacks_path="/new/organisation",
        )
        return form, [
            Field("organisation_id", "To", kind="choice", choices=(("", "Choose …"), *choices)),
            Field(
                "account",
                "For one person",
                hint="The login of who alone may confirm it. Left empty: anybody who may there.",
                required=False,
            ),
            Field(
                "carrier",
                "Carrier",
                hint="Only where it goes by one that has no account here: it answers until the other side confirms.",
                required=False,
                group="By a carrier",
            ),
            Field("waybill", "Waybill", required=False, group="By a carrier"),
            Field(
                "at",
                f"Since ({zone_text(frame().zone, now)})",
                hint="Left empty: now. More than 15 minutes ago: quality signs it.",
                kind="datetime-local",
                required=False,
            ),
            REASON,
        ]

    return make
