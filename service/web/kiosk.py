"""What a kiosk shows first: where to scan, and whose kiosk it is. It names nobody, and no answer is left standing."""

from dataclasses import replace
from datetime import datetime

from fastapi import Request
from fastapi.responses import Response

from service.answers.listing import Told
from service.auth.cookies import kiosk_cookie_name, kiosk_token_of
from service.domain.answers.paper_reasons import PAPER_CODES
from service.web.frame import frame
from service.web.rendering import page
from service.web.words import moment

#: Browsers keep no cookie for longer.
_LONGEST_S = 400 * 24 * 3600


def first_page(request: Request, now: datetime) -> Response:
    """Where to scan. The device keeps its token for as long again: no browser keeps one for ever."""
    site = frame().site
    shown = page("kiosk.html", now=moment(now), zone="UTC" if site is None else site.time_zone)
    keep_token(request, shown, kiosk_token_of(request))
    return shown


def named_as_here(told: Told) -> Told:
    """A lot in a list, with its reason: on a kiosk in words that do not say who decided or recorded something."""
    if not frame().is_kiosk:
        return told
    return replace(told, reason=PAPER_CODES.get(told.reason_code or "", told.reason))


def keep_token(request: Request, answer: Response, token: str) -> None:
    """The browser is to keep the token of a kiosk."""
    answer.set_cookie(
        kiosk_cookie_name(request),
        token,
        max_age=_LONGEST_S,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
