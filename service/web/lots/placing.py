"""The form by which a lot is put into a container."""

from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.acts.placements import place
from service.answers.judging import lost_since
from service.auth.access import access_of
from service.domain.identity.caller import Sites
from service.domain.lots.placements import Placement
from service.store.lots.lots import lot
from service.store.pool import Connection
from service.store.retry import retried
from service.web.choices import container_choices
from service.web.forms import Field, LotId, TheForm, in_one_line
from service.web.frame import frame
from service.web.plain_form import REASON, Make, PlainForm, Sent, row_id, sent_form, shown_form, zone_text

router = APIRouter(include_in_schema=False)


@router.get("/lots/{lot_id}/place")
def show_place_form(request: Request, lot_id: LotId, container: str = "", done: str = "") -> Response:
    """An empty form; the container that is named is chosen already."""
    given = {"container_id": in_one_line(container)} if container else {}
    return shown_form(request, _making(lot_id, access_of(request).acts, done), given)


@router.post("/lots/{lot_id}/place")
def send_place_form(request: Request, lot_id: LotId, form: TheForm) -> Response:
    """Record where it is; what is wrong is told beside its field."""
    access = access_of(request)

    def do(sent: Sent) -> str:
        check, now = sent.check, sent.now
        container_id = check.chosen(sent.fields["container_id"])
        from_at = check.instant("from_at", frame().zone, now) or now
        check.refuse()
        access.refuse_elsewhere(sent.connection, "container", container_id, "container_id")
        lost = lost_since(sent.connection, [lot_id], sent.settings, now)
        new = Placement(row_id(lot_id, container_id, now=now), lot_id, container_id, from_at, None)
        retried(place)(sent.connection, new, sent.word(access.caller.actor, lost))
        return f"/lots/{quote(lot_id, safe='')}?done=placed"

    return sent_form(request, form, _making(lot_id, access.acts), do)


def _making(lot_id: str, held_at: Sites, done: str = "") -> Make:
    def make(connection: Connection, now: datetime) -> tuple[PlainForm, list[Field]]:
        its = lot(connection, lot_id)
        here = f"/lots/{quote(lot_id, safe='')}"
        choices = container_choices(connection, held_at)
        where = f" It is in {its.container_name} now: that ends." if its.container_name else ""
        form = PlainForm(
            f"Put lot {its.lot_number} into a container",
            f"{here}/place",
            "It is there",
            "lots",
            (f"From then on it is kept as that container is.{where}",),
            back=here,
            back_text=f"Lot {its.lot_number}",
            done="The lot is registered. Now say where it is." if done else "",
            lacks="" if len(choices) > 1 else "There is no container yet into which you may put it.",
            lacks_path="/new/container",
        )
        return form, [
            Field("container_id", "Container", kind="choice", choices=choices),
            Field(
                "from_at",
                f"Since ({zone_text(frame().zone, now)})",
                hint="Left empty: now. More than 15 minutes ago: quality signs it.",
                kind="datetime-local",
                required=False,
            ),
            REASON,
        ]

    return make
