"""The form of a new organisation."""

from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.acts.organisations import add_organisation
from service.auth.access import access_of
from service.store.registry.organisations import Kind, Organisation
from service.store.retry import retried
from service.web.forms import Field, TheForm
from service.web.plain_form import PlainForm, Sent, sent_form, shown_form

router = APIRouter(include_in_schema=False)

_FORM = PlainForm(
    "Register an organisation",
    "/new/organisation",
    "Register this organisation",
    "sites",
    (
        "An organisation answers for lots: a maker, a clinic, a carrier. Each site says whose it is; an organisation "
        "sees the lots that it makes, keeps, or answers for.",
    ),
)

_FIELDS = (
    Field("name", "Name", hint="As it stands on its letters."),
    Field(
        "kind",
        "Kind",
        kind="choice",
        choices=(
            ("", "Choose …"),
            ("maker", "Maker"),
            ("clinic", "Clinic"),
            ("carrier", "Carrier"),
            ("other", "Another"),
        ),
    ),
    Field("id", "Short name", hint="For addresses; left out, it is made from the name.", required=False),
)


@router.get("/new/organisation")
def show_new_organisation(request: Request) -> Response:
    """An empty form."""
    return shown_form(request, lambda _, __: (_FORM, _FIELDS))


@router.post("/new/organisation")
def send_new_organisation(request: Request, form: TheForm) -> Response:
    """Register it; what is wrong is told beside its field."""
    actor = access_of(request).caller.actor

    def do(sent: Sent) -> str:
        check = sent.check
        name = check.words("name", "type what it is called")
        kind = check.chosen(sent.fields["kind"])
        organisation_id = check.id_like("id", name)
        check.refuse()
        retried(add_organisation)(sent.connection, actor, Organisation(organisation_id, name, cast(Kind, kind)))
        return "/sites?done=organisation"

    return sent_form(request, form, lambda _, __: (_FORM, _FIELDS), do)
