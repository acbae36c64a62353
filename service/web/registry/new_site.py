"""The form of a new site."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import available_timezones

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.acts.sites import add_site
from service.auth.access import access_of
from service.domain.identity.caller import Sites
from service.store.pool import Connection
from service.store.registry.organisations import organisations
from service.store.retry import retried
from service.web.forms import Field, TheForm
from service.web.plain_form import Make, PlainForm, Sent, sent_form, shown_form

router = APIRouter(include_in_schema=False)

_FORM = PlainForm(
    "Register a site",
    "/new/site",
    "Register this site",
    "sites",
    ("A site is a place with a clock: a clinic, a depot. Whoever works there sees its containers, loggers and lots.",),
)

#: Those of places, as people know them; not the old names of countries' zones.
_ZONES = tuple(sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "US/"))))

_FIELDS = (
    Field("name", "Name", hint="As people call it: “Zürich clinic”."),
    Field(
        "time_zone",
        "Time zone",
        hint="Its times are told by this clock.",
        kind="choice",
        choices=(("", "Choose …"), *((zone, zone.replace("_", " ")) for zone in _ZONES)),
    ),
    Field(
        "organisation_id",
        "Whose it is",
        hint="The organisation that answers for what is kept there. Left empty: nobody's.",
        kind="choice",
        required=False,
    ),
    Field("id", "Short name", hint="For addresses and topics; left out, it is made from the name.", required=False),
)


@router.get("/new/site")
def show_new_site(request: Request) -> Response:
    """An empty form."""
    return shown_form(request, _making(access_of(request).acts))


@router.post("/new/site")
def send_new_site(request: Request, form: TheForm) -> Response:
    """Register it; what is wrong is told beside its field."""
    access = access_of(request)

    def do(sent: Sent) -> str:
        check = sent.check
        name = check.words("name", "type what people call it")
        zone = check.chosen(sent.fields["time_zone"])
        site_id = check.id_like("id", name)
        organisation_id = check.chosen(sent.fields["organisation_id"]) or None
        check.refuse()
        retried(add_site)(sent.connection, access.caller.actor, site_id, name, zone, organisation_id)
        return f"/sites/{site_id}?done=registered"

    return sent_form(request, form, _making(access.acts), do)


def _making(held_at: Sites) -> Make:
    def make(connection: Connection, _: datetime) -> tuple[PlainForm, list[Field]]:
        choices = (
            ("", "Nobody's"),
            *((one.id, one.name) for one in organisations(connection, seen_at=held_at, retired=False)),
        )
        return _FORM, [replace(one, choices=choices) if one.name == "organisation_id" else one for one in _FIELDS]

    return make
