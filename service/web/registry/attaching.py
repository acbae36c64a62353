"""The forms by which a logger is attached to a container, and counts once its probe has settled."""

from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.acts.attachments import attach, commission
from service.auth.access import access_of
from service.domain.identity.caller import Sites
from service.domain.wall_clock import zone_named
from service.formats.dialect import LONGEST_NAME, is_name
from service.store.pool import Connection
from service.store.registry.attachments import NewAttachment
from service.store.registry.containers import container
from service.store.registry.sites import site
from service.store.retry import retried
from service.web.choices import logger_choices
from service.web.forms import Field, TheForm, in_one_line
from service.web.plain_form import REASON, Make, PlainForm, Sent, row_id, sent_form, shown_form, zone_text

router = APIRouter(include_in_schema=False)

_PLACES = (
    ("air", "hanging in the air"),
    ("buffered", "buffered: in glycol, sand or a block"),
    ("product", "in a vial, among the product"),
    ("ambient", "beside it: recorded, and not judged"),
)

_SETTLED = (
    ("yes", "It shows what it should: it counts from then on"),
    ("no", "Not yet: it counts once a technician says so"),
)


@router.get("/containers/{container_id}/attach")
def show_attach_form(request: Request, container_id: str, logger: str = "", done: str = "") -> Response:
    """An empty form; the logger that is named is chosen already."""
    make = _making(container_id.replace("\0", ""), access_of(request).acts, done)
    return shown_form(request, make, {"logger_id": in_one_line(logger)} if logger else {})


@router.post("/containers/{container_id}/attach")
def send_attach_form(request: Request, container_id: str, form: TheForm) -> Response:
    """Attach it; what is wrong is told beside its field."""
    access = access_of(request)
    container_id = container_id.replace("\0", "")

    def do(sent: Sent) -> str:
        check, now = sent.check, sent.now
        zone = zone_named(_zone_of(sent.connection, container_id))
        logger_id = check.chosen(sent.fields["logger_id"])
        probe = check.text("probe")
        if probe and not is_name(probe):
            check.wrong("probe", f"use 1 to {LONGEST_NAME} printable characters")
        place = check.chosen(sent.fields["place"])
        from_at = check.instant("from_at", zone, now) or now
        settled = check.chosen(sent.fields["settled"]) == "yes"
        check.refuse()
        access.refuse_elsewhere(sent.connection, "logger", logger_id, "logger_id")
        new = NewAttachment(
            row_id(container_id, logger_id, probe, now=now),
            container_id,
            logger_id,
            probe,
            place,
            from_at,
            None,
            from_at if settled else None,
        )
        retried(attach)(sent.connection, new, sent.word(access_of(request).caller.actor))
        return f"/containers/{quote(container_id, safe='')}?done={'settled' if settled else 'attached'}"

    return sent_form(request, form, _making(container_id, access.acts), do)


@router.get("/containers/{container_id}/commission")
def show_commission_form(request: Request, container_id: str, attachment: str = "") -> Response:
    """A technician's word that a probe has settled. `attachment`: which."""
    make = _commissioning(container_id.replace("\0", ""))
    return shown_form(request, make, {"attachment_id": in_one_line(attachment)})


@router.post("/containers/{container_id}/commission")
def send_commission_form(request: Request, container_id: str, form: TheForm) -> Response:
    """Confirm it: its readings count from then on."""
    container_id = container_id.replace("\0", "")

    def do(sent: Sent) -> str:
        check = sent.check
        zone = zone_named(_zone_of(sent.connection, container_id))
        at = check.instant("commissioned_at", zone, sent.now) or sent.now
        check.refuse()
        word = sent.word(access_of(request).caller.actor)
        retried(commission)(sent.connection, check.text("attachment_id"), container_id, at, word)
        return f"/containers/{quote(container_id, safe='')}?done=commissioned"

    return sent_form(request, form, _commissioning(container_id), do)


def _zone_of(connection: Connection, container_id: str) -> str:
    return site(connection, container(connection, container_id).site_id).time_zone


def _making(container_id: str, held_at: Sites, done: str = "") -> Make:
    def make(connection: Connection, now: datetime) -> tuple[PlainForm, list[Field]]:
        one = container(connection, container_id)
        zone = zone_named(site(connection, one.site_id).time_zone)
        choices = logger_choices(connection, held_at)
        here = f"/containers/{quote(container_id, safe='')}"
        form = PlainForm(
            f"Attach a logger to {one.name}",
            f"{here}/attach",
            "Attach it",
            "containers",
            back=here,
            back_text=one.name,
            done="The container is registered. Now attach the logger that measures it." if done else "",
            lacks="" if len(choices) > 1 else "There is no logger yet that could be attached.",
            lacks_path=f"/new/logger?of={quote(container_id, safe='')}",
            also=((f"/new/logger?of={quote(container_id, safe='')}", "Register another logger"),),
        )
        return form, [
            Field("logger_id", "Logger", kind="choice", choices=choices),
            Field(
                "probe",
                "Probe",
                hint="Of a logger with several: the name of the one, as it sends it.",
                required=False,
            ),
            Field("place", "Where its probe is", "air", kind="choice", choices=_PLACES),
            Field(
                "from_at",
                f"Since ({zone_text(zone, now)})",
                hint="Left empty: now.",
                kind="datetime-local",
                required=False,
            ),
            Field("settled", "Has it settled?", "yes", kind="choice", choices=_SETTLED),
            REASON,
        ]

    return make


def _commissioning(container_id: str) -> Make:
    def make(connection: Connection, now: datetime) -> tuple[PlainForm, list[Field]]:
        one = container(connection, container_id)
        zone = zone_named(site(connection, one.site_id).time_zone)
        here = f"/containers/{quote(container_id, safe='')}"
        form = PlainForm(
            f"A probe in {one.name} has settled",
            f"{here}/commission",
            "It counts from then on",
            "containers",
            ("Hold what it shows against a thermometer that you trust, and say so once the two agree.",),
            back=here,
            back_text=one.name,
        )
        return form, [
            Field(
                "commissioned_at",
                f"Since ({zone_text(zone, now)})",
                hint="Left empty: now.",
                kind="datetime-local",
                required=False,
            ),
            REASON,
            Field("attachment_id", "", kind="hidden", required=False),
        ]

    return make
