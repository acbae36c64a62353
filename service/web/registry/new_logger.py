"""The form of a new logger."""

from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.acts.loggers import register_logger
from service.auth.access import access_of
from service.domain.identity.caller import Sites
from service.formats.dialect import LONGEST_NAME, is_name
from service.store.pool import Connection
from service.store.retry import retried
from service.web.choices import site_choices
from service.web.forms import Field, TheForm, in_one_line
from service.web.frame import frame
from service.web.plain_form import Make, PlainForm, Sent, sent_form, shown_form

router = APIRouter(include_in_schema=False)

_COLDEST_C, _HOTTEST_C = -273.15, 1_000.0


@router.get("/new/logger")
def show_new_logger(request: Request, id: str = "", of: str = "") -> Response:  # noqa: A002  what the address says
    """An empty form. `id`: of a logger that was heard already; `of`: the container that it is to measure."""
    return shown_form(request, _making(access_of(request).acts), {"id": in_one_line(id), "of": in_one_line(of)})


@router.post("/new/logger")
def send_new_logger(request: Request, form: TheForm) -> Response:
    """Register it, and lead on; what is wrong is told beside its field."""
    access = access_of(request)

    def do(sent: Sent) -> str:
        check = sent.check
        logger_id = check.words("id", "type the name by which it sends: it stands on it, or in its settings")
        if logger_id and not is_name(logger_id):
            check.wrong("id", f"use 1 to {LONGEST_NAME} printable characters")
        site_id = check.chosen(sent.fields["site_id"])
        low_c = check.number("range_min_c", "degrees", _COLDEST_C, _HOTTEST_C)
        high_c = check.number("range_max_c", "degrees", _COLDEST_C, _HOTTEST_C)
        if low_c is not None and high_c is not None and low_c >= high_c:
            check.wrong("range_max_c", "it must be above the coldest")
        check.refuse()
        access.refuse_elsewhere(sent.connection, "site", site_id, "site_id")
        access.refuse_taken_elsewhere(sent.connection, "logger", logger_id)
        retried(register_logger)(
            sent.connection, access.caller.actor, logger_id, site_id, check.text("model"), low_c, high_c
        )
        if of := check.text("of"):
            return f"/containers/{quote(of, safe='')}/attach?logger={quote(logger_id, safe='')}"
        return f"/loggers/{quote(logger_id)}?done=registered"

    return sent_form(request, form, _making(access.acts), do)


def _making(held_at: Sites) -> Make:
    def make(connection: Connection, _: datetime) -> tuple[PlainForm, list[Field]]:
        sites = site_choices(connection, held_at)
        site = frame().site
        form = PlainForm(
            "Register a logger",
            "/new/logger",
            "Register this logger",
            "loggers",
            ("It may have been heard already: what it sent is kept.",),
            lacks="" if sites[-1][0] else "There is no site yet at which you may register a logger.",
        )
        return form, [
            Field("id", "Its name", hint="By which it sends, exactly: it stands on it or in its settings."),
            Field(
                "site_id",
                "Site",
                site.id if site is not None and site.id in dict(sites) else "",
                kind="choice",
                choices=sites,
            ),
            Field("model", "Model", hint="As its maker calls it.", required=False),
            Field(
                "range_min_c",
                "The coldest it can measure, °C",
                hint="By its data sheet: it decides what “LO” and “HI” prove.",
                required=False,
            ),
            Field("range_max_c", "The warmest it can measure, °C", required=False),
            Field("of", "", kind="hidden", required=False),
        ]

    return make
