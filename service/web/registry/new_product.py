"""The form of a new product, and what it asks for."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.acts.products import add_product
from service.auth.access import access_of
from service.domain.registry.gtin import gtin14
from service.store.pool import Connection
from service.store.registry.specifications import specifications
from service.store.retry import retried
from service.web.choices import profile_choices
from service.web.forms import Field, TheForm, in_one_line
from service.web.plain_form import Checks, PlainForm, Sent, sent_form, shown_form

router = APIRouter(include_in_schema=False)

_FORM = PlainForm(
    "Register a product",
    "/new/product",
    "Register this product",
    "products",
    (
        "What it asks for counts once another account of quality has signed it, on the page “To sign”: until then its "
        "lots are not proven.",
        "The product's own stability data decides how it is kept; without any, begin with the profile that fits.",
    ),
    also=(("/new/profile", "Conditions of your own: another profile"),),
)

_RELEASES = (
    ("1", "signed by one account of quality"),
    ("2", "signed by two accounts of quality"),
    ("0", "no release is asked for"),
)


@router.get("/new/product")
def show_new_product(request: Request, profile: str = "") -> Response:
    """An empty form; the profile that is named is chosen."""
    return shown_form(request, _made, {"profile_id": in_one_line(profile)} if profile else {})


@router.post("/new/product")
def send_new_product(request: Request, form: TheForm) -> Response:
    """Register it; what is wrong is told beside its field."""
    actor = access_of(request).caller.actor

    def do(sent: Sent) -> str:
        check = sent.check
        name = check.words("name", "type what people call it")
        gtin = _gtin(check)
        profile_id = check.chosen(sent.fields["profile_id"])
        specification_id = check.chosen(sent.fields["specification_id"])
        release = check.chosen(sent.fields["release_signatures"])
        product_id = check.id_like("id", name)
        check.refuse()
        retried(add_product)(
            sent.connection,
            actor,
            product_id,
            name,
            profile_id,
            gtin=gtin,
            specification_id=specification_id or None,
            release_signatures=int(release),
        )
        return f"/products/{product_id}?done=registered"

    return sent_form(request, form, _made, do)


def _gtin(check: Checks) -> str | None:
    if not (written := check.text("gtin")):
        return None
    try:
        return gtin14(written)
    except ValueError as error:
        check.wrong("gtin", str(error))
        return None


def _made(connection: Connection, _: datetime) -> tuple[PlainForm, list[Field]]:
    named = {one.id: one.specification.name for one in specifications(connection)}
    return _FORM, [
        Field("name", "Name", hint="As on its label: “Exosomes A”."),
        Field("gtin", "GTIN", hint="The 8 to 14 digits under its barcode, as they stand there.", required=False),
        Field("profile_id", "How it is kept", kind="choice", choices=profile_choices(connection)),
        Field(
            "specification_id",
            "What its lots' certificates must meet",
            "exosomes" if "exosomes" in named else "",
            "Without a specification no certificate can be judged, and no lot is proven.",
            kind="choice",
            choices=(*((one, f"{name} ({one})") for one, name in named.items()), ("", "not decided yet")),
            required=False,
        ),
        Field("release_signatures", "A lot is released", "1", kind="choice", choices=_RELEASES),
        Field("id", "Short name", hint="For addresses; left out, it is made from the name.", required=False),
    ]
