"""The form of a new container."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.acts.containers import add_container
from service.auth.access import access_of
from service.domain.identity.caller import Sites
from service.store.pool import Connection
from service.store.retry import retried
from service.web.choices import profile_choices, site_choices
from service.web.container_views import KIND_TEXTS
from service.web.forms import Field, TheForm, in_one_line
from service.web.frame import frame
from service.web.plain_form import Make, PlainForm, Sent, sent_form, shown_form

router = APIRouter(include_in_schema=False)

#: Of what kind a probe is put in, in words that say what it is for.
_KINDS = (("", "Choose …"), *((kind, text[:1].upper() + text[1:]) for kind, text in KIND_TEXTS.items()))

_COLDEST_C, _HOTTEST_C = -273.15, 1_000.0


@router.get("/new/container")
def show_new_container(request: Request, site: str = "") -> Response:
    """An empty form; the site that is named, or else shown alone, is chosen."""
    given = {"site_id": in_one_line(site)} if site else {}
    return shown_form(request, _making(access_of(request).acts), given)


@router.post("/new/container")
def send_new_container(request: Request, form: TheForm) -> Response:
    """Register it, and lead on to its logger; what is wrong is told beside its field."""
    access = access_of(request)

    def do(sent: Sent) -> str:
        check = sent.check
        site_id = check.chosen(sent.fields["site_id"])
        name = check.words("name", "type what stands on its door")
        kind = check.chosen(sent.fields["kind"])
        profile_id = check.chosen(sent.fields["profile_id"])
        declared_c = check.number("declared_c", "degrees", _COLDEST_C, _HOTTEST_C)
        container_id = check.id_like("id", name)
        check.refuse()
        access.refuse_elsewhere(sent.connection, "site", site_id, "site_id")
        retried(add_container)(
            sent.connection,
            access.caller.actor,
            container_id,
            site_id,
            name,
            kind,
            profile_id,
            declared_c=declared_c,
        )
        following = "" if kind == "ambient" else "/attach"
        return f"/containers/{container_id}{following}?done=registered"

    return sent_form(request, form, _making(access.acts), do)


def _making(held_at: Sites) -> Make:
    def make(connection: Connection, _: datetime) -> tuple[PlainForm, list[Field]]:
        sites = site_choices(connection, held_at)
        site = frame().site
        form = PlainForm(
            "Register a container",
            "/new/container",
            "Register this container",
            "containers",
            ("Its profile decides from when on people are told that it is too warm or too cold.",),
            lacks="" if sites[-1][0] else "There is no site yet at which you may register a container.",
        )
        return form, [
            Field(
                "site_id",
                "Site",
                site.id if site is not None and site.id in dict(sites) else "",
                kind="choice",
                choices=sites,
            ),
            Field("name", "Name", hint="As on its door: “Freezer 1”."),
            Field("kind", "Kind", kind="choice", choices=_KINDS),
            Field("profile_id", "What is kept in it", kind="choice", choices=profile_choices(connection)),
            Field(
                "declared_c",
                "Of a room: its declared temperature, °C",
                hint="It counts against a lot where it is beyond a limit, and proves nothing for it.",
                required=False,
            ),
            Field("id", "Short name", hint="For addresses; left out, it is made from the name.", required=False),
        ]

    return make
