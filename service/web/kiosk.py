"""What a kiosk shows first: where to scan, and whose kiosk it is. It names nobody, and no answer is left standing."""

from datetime import datetime

from fastapi.responses import Response

from service.settings import Settings
from service.store.pool import Connection
from service.web.frame import frame
from service.web.rendering import page
from service.web.words import moment


def first_page(_connection: Connection, _settings: Settings, now: datetime) -> Response:
    """Where to scan."""
    site = frame().site
    return page("kiosk.html", now=moment(now), zone="UTC" if site is None else site.time_zone)
