"""Whose things a browser shows: those of one site, or of all that its user may see. The browser keeps it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from service.settings import Settings
from service.store.pool import Connection
from service.web.answering import answered
from service.web.frame import SITE_COOKIE, frame
from service.web.identity.kept import own_path
from service.web.identity.login import refuse_from_elsewhere

router = APIRouter(include_in_schema=False)

_A_YEAR_S = 366 * 24 * 3600


@router.post("/my-site")
def choose_site(
    request: Request,
    site: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002  the name that such parameters have everywhere
) -> Response:
    """From now on only the things of this site are shown here; empty: those of all."""

    def choose(_connection: Connection, _settings: Settings, _now: datetime) -> Response:
        refuse_from_elsewhere(request)
        led_on = RedirectResponse(own_path(next), 303)
        if site in {one.id for one in frame().sites}:
            led_on.set_cookie(
                SITE_COOKIE,
                site,
                max_age=_A_YEAR_S,
                secure=request.url.scheme == "https",
                httponly=True,
                samesite="lax",
            )
        else:
            led_on.delete_cookie(SITE_COOKIE)
        return led_on

    return answered(request, choose)
