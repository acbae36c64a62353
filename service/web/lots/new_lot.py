"""The form of a new lot."""

from datetime import date, datetime
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.acts.lots import register_lot
from service.auth.access import access_of
from service.domain.registry.ids import why_no_id
from service.store.lots.lots import NewLot
from service.store.pool import Connection
from service.store.registry.products import products
from service.store.retry import retried
from service.web.forms import Field, TheForm, in_one_line
from service.web.frame import frame
from service.web.plain_form import Checks, PlainForm, Sent, sent_form, shown_form, zone_text

router = APIRouter(include_in_schema=False)

#: As GS1 has it (AI 10).
_LONGEST_NUMBER = 20
_MOST_UNITS = 1_000_000_000
_EARLIEST, _LATEST = date(1900, 1, 1), date(2199, 12, 31)

#: An address under /v1/lots of its own.
_NO_LOT = "counts"


@router.get("/new/lot")
def show_new_lot(request: Request, product: str = "", container: str = "") -> Response:
    """An empty form; the product that is named is chosen. `container`: where it will be put."""
    given = {"product_id": in_one_line(product)} if product else {}
    return shown_form(request, _made, given | {"container": in_one_line(container)})


@router.post("/new/lot")
def send_new_lot(request: Request, form: TheForm) -> Response:
    """Register it, and lead on to where it is put; what is wrong is told beside its field."""
    actor = access_of(request).caller.actor

    def do(sent: Sent) -> str:
        check = sent.check
        product_id = check.chosen(sent.fields["product_id"])
        number = check.words("lot_number", "type what stands on its label")
        if len(number) > _LONGEST_NUMBER:
            check.wrong("lot_number", f"a lot number has at most {_LONGEST_NUMBER} characters")
        lot_id = check.id_like("id", number)
        if lot_id == _NO_LOT or (number and not check.text("id") and why_no_id(lot_id)):
            check.wrong("id", "choose another short name")
        units = check.number("units", "how many vials there are", 1, _MOST_UNITS)
        if units is not None and not units.is_integer():
            check.wrong("units", "type a whole number")
        begins = check.instant("life_starts_at", frame().zone, sent.now)
        expires_on = _day(check)
        check.refuse()
        lot = NewLot(
            id=lot_id,
            product_id=product_id,
            lot_number=number,
            units=None if units is None else int(units),
            life_starts_at=begins,
            life_ends_at=None,
            expires_on=expires_on,
        )
        retried(register_lot)(sent.connection, lot, sent.word(actor))
        asked = {"done": "registered"} | ({"container": check.text("container")} if check.text("container") else {})
        return f"/lots/{quote(lot_id, safe='')}/place?{urlencode(asked)}"

    return sent_form(request, form, _made, do)


def _day(check: Checks) -> date | None:
    if not (text := check.text("expires_on")):
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not _EARLIEST <= found <= _LATEST:
        check.wrong("expires_on", "type the day on its label, such as 2028-01-31")
        return None
    return found


def _made(connection: Connection, now: datetime) -> tuple[PlainForm, list[Field]]:
    known = tuple((one.id, one.name) for one in products(connection, retired=False))
    form = PlainForm(
        "Register a lot",
        "/new/lot",
        "Register this lot",
        "lots",
        ("One lot is one manufacturing batch. Its life begins at the end of filling: each minute since then counts.",),
        lacks="" if known else "There is no product yet of which this could be a lot.",
        lacks_path="/new/product",
    )
    return form, [
        Field(
            "product_id",
            "Product",
            kind="choice",
            choices=known if len(known) == 1 else (("", "Choose …"), *known),
        ),
        Field("lot_number", "Lot number", hint="As printed on the vial."),
        Field("units", "Vials", hint="How many there are.", required=False),
        Field(
            "life_starts_at",
            f"End of filling ({zone_text(frame().zone, now)})",
            hint="Not known: nothing is proven until it is. More than 15 minutes ago: quality signs it.",
            kind="datetime-local",
            required=False,
        ),
        Field("expires_on", "Expires on", hint="The day on its label.", kind="date", required=False),
        Field("id", "Short name", hint="For addresses; left out, it is the lot number.", required=False),
        Field("container", "", kind="hidden", required=False),
    ]
