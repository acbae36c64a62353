"""The form by which somebody says that a lot is used up or gone."""

from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.acts.lot_changes import change_lot
from service.auth.access import access_of
from service.domain.lots.changes import why_over
from service.store.lots.lots import lot
from service.store.pool import Connection
from service.store.retry import retried
from service.web.forms import Field, LotId, TheForm
from service.web.frame import frame
from service.web.plain_form import Make, PlainForm, Sent, sent_form, shown_form, zone_text

router = APIRouter(include_in_schema=False)


@router.get("/lots/{lot_id}/end")
def show_end_form(request: Request, lot_id: LotId) -> Response:
    """An empty form."""
    return shown_form(request, _making(lot_id))


@router.post("/lots/{lot_id}/end")
def send_end_form(request: Request, lot_id: LotId, form: TheForm) -> Response:
    """Record that its life has ended; what is wrong is told beside its field."""
    actor = access_of(request).caller.actor

    def do(sent: Sent) -> str:
        check = sent.check
        ended_at = check.instant("life_ends_at", frame().zone, sent.now) or sent.now
        check.words("reason", "say what became of it")
        check.refuse()
        if refused := why_over(lot(sent.connection, lot_id).life_ends_at, sent.now):
            raise refused
        retried(change_lot)(sent.connection, lot_id, {"life_ends_at": ended_at}, sent.word(actor))
        return f"/lots/{quote(lot_id, safe='')}?done=ended"

    return sent_form(request, form, _making(lot_id), do)


def _making(lot_id: str) -> Make:
    def make(connection: Connection, now: datetime) -> tuple[PlainForm, list[Field]]:
        its = lot(connection, lot_id)
        here = f"/lots/{quote(lot_id, safe='')}"
        form = PlainForm(
            f"Lot {its.lot_number} is used up or gone",
            f"{here}/end",
            "Its life has ended",
            "lots",
            (
                "Say so once nothing of it is left: from then on nothing of it may be used, and nobody is called "
                "to measure it. Its record stays. To take this back needs quality's signature.",
            ),
            back=here,
            back_text=f"Lot {its.lot_number}",
        )
        return form, [
            Field(
                "life_ends_at",
                f"Since ({zone_text(frame().zone, now)})",
                hint="Left empty: now.",
                kind="datetime-local",
                required=False,
            ),
            Field(
                "reason",
                "What became of it",
                hint="For example: the last vial was used; returned to the maker; destroyed, with the record's number.",
                kind="lines",
            ),
        ]

    return make
