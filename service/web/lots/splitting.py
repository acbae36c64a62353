"""The form by which parts are split off a lot."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.acts.parts import split
from service.answers.judging import lost_since
from service.auth.access import access_of
from service.domain.identity.caller import Sites
from service.domain.lots.parts import MOST_PARTS, NewPart, Splittable, equal_parts
from service.domain.lots.serials import SerialRange, serial_range
from service.domain.registry.ids import why_no_id
from service.store.lots.lots import lot
from service.store.pool import Connection
from service.store.retry import retried
from service.web.choices import container_choices
from service.web.forms import Field, LotId, TheForm
from service.web.frame import frame
from service.web.lots.parts import vials
from service.web.plain_form import REASON, Checks, Make, PlainForm, Sent, sent_form, shown_form, zone_text

router = APIRouter(include_in_schema=False)

_MOST_UNITS = 1_000_000_000


@router.get("/lots/{lot_id}/split")
def show_split_form(request: Request, lot_id: LotId) -> Response:
    """An empty form: one part of one vial, unless something else is typed."""
    return shown_form(request, _making(lot_id, access_of(request).acts))


@router.post("/lots/{lot_id}/split")
def send_split_form(request: Request, lot_id: LotId, form: TheForm) -> Response:
    """Split it, and lead back to the lot; what is wrong is told beside its field."""
    access = access_of(request)

    def do(sent: Sent) -> str:
        check, now = sent.check, sent.now
        count, units = _whole(check, "count", "how many parts", MOST_PARTS), _whole(check, "units", "how many vials")
        container_id = check.chosen(sent.fields["container_id"]) or None
        serials = _serials(check, count)
        prefix = check.text("id") or (f"{lot_id}-" if count > 1 else "")
        if why := why_no_id(prefix.rstrip("-") if count > 1 else prefix):
            check.wrong("id", why)
        at = check.instant("at", frame().zone, now) or now
        check.refuse()
        if container_id is not None:
            access.refuse_elsewhere(sent.connection, "container", container_id, "container_id")
        lost = lost_since(sent.connection, [lot_id], sent.settings, now)

        def parts(whole: Splittable, begun: int) -> Sequence[NewPart]:
            if count > 1:
                made = equal_parts(whole, count, units, prefix, begun)
            else:
                its = serials or equal_parts(whole, 1, units, prefix, begun)[0].serials
                made = [NewPart(prefix, sum(one.count for one in serials) or units, its)]
            return [replace(one, container_id=container_id) for one in made]

        retried(split)(sent.connection, lot_id, parts, at, sent.word(access.caller.actor, lost))
        return f"/lots/{quote(lot_id, safe='')}?done=split#parts"

    return sent_form(request, form, _making(lot_id, access.acts), do)


def _whole(check: Checks, field: str, what: str, most: int = _MOST_UNITS) -> int:
    found = check.number(field, what, 1, most)
    if found is not None and not found.is_integer():
        check.wrong(field, "type a whole number")
    return 1 if found is None else int(found)


def _serials(check: Checks, count: int) -> tuple[SerialRange, ...]:
    first, last = check.text("first"), check.text("last")
    if not (first or last):
        return ()
    if not first or count > 1:
        check.wrong("first", "serials are named of one part, the first of them first; many parts take them in order")
        return ()
    try:
        return (serial_range(first, last or None),)
    except ValueError as why:
        check.wrong("last" if last else "first", str(why))
        return ()


def _making(lot_id: str, held_at: Sites) -> Make:
    def make(connection: Connection, now: datetime) -> tuple[PlainForm, list[Field]]:
        its = lot(connection, lot_id)
        here = f"/lots/{quote(lot_id, safe='')}"
        left = vials(its.units_left)
        form = PlainForm(
            f"Split lot {its.lot_number}",
            f"{here}/split",
            "Split it",
            "lots",
            (
                "Each part is a lot of its own from then on, with the history of this one until then.",
                f"It has {left} left." if left else "Nobody recorded how many vials it has: record that first.",
            ),
            back=here,
            back_text=f"Lot {its.lot_number}",
        )
        return form, [
            Field("count", "Parts", "1", "How many, all alike.", kind="number"),
            Field("units", "Vials in each", "1", kind="number"),
            Field(
                "first", "First serial", hint="Of one part; left out, serials are taken in their order.", required=False
            ),
            Field("last", "Last serial", hint="Left out: the first is the only one.", required=False),
            Field("id", "Short name", hint="Of one part; of many, how each begins.", required=False),
            Field(
                "container_id",
                "Container",
                hint="Left out: where the lot is.",
                kind="choice",
                choices=_with_none(container_choices(connection, held_at)),
                required=False,
            ),
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


def _with_none(choices: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return (("", "Where the lot is"), *(one for one in choices if one[0]))
