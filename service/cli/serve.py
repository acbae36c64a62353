"""``unbroken serve``: the API and the pages, as one application."""

import socket
import threading

import structlog
import uvicorn
from fastapi import Depends, FastAPI

from ingest.routes import Routes
from service.api.app import create_app
from service.api.permitted import permitted
from service.cli.listening import address_of, refuse_taken_port
from service.logs import set_up_logs
from service.settings import Settings, read_settings
from service.signals import stop_on_signal
from service.web.alerting import pages as alert_pages
from service.web.lots import pages, to_sign

log = structlog.get_logger()


def serve() -> None:
    """Serve the API and the pages at UNBROKEN_HTTP_HOST and UNBROKEN_HTTP_PORT, until stopped."""
    settings = read_settings()
    set_up_logs(settings, "api")
    settings.required_database_url()
    refuse_taken_port(settings.http_host, settings.http_port)
    config = uvicorn.Config(
        application(settings), host=settings.http_host, port=settings.http_port, log_level="warning", access_log=False
    )
    # Once it has shut down, uvicorn raises the signal again for whoever started it: that shall not end us as if killed.
    _Server(config, stop_on_signal()).run()


def application(settings: Settings) -> FastAPI:
    """The API and the pages, as one application."""
    served = create_app(settings, Routes(settings.dialects).of)
    for subject in (pages, to_sign, alert_pages):
        served.include_router(subject.router, dependencies=[Depends(permitted)])
    served.mount("/static", pages.static_files(), name="static")
    pages.add_page_answers(served)
    return served


class _Server(uvicorn.Server):
    """Says that it serves, and where."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event) -> None:
        super().__init__(config)
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, unless told to stop before."""
        await super().startup(sockets)
        if self._stop.is_set():
            self.should_exit = True
        elif self.started:
            address = address_of(self.config.host, self.config.port)
            log.info("serving", pages=f"{address}/", api=f"{address}/docs", ready=f"{address}/readyz")
