"""``unbroken serve``: the API and the pages, as one application."""

import socket
import threading

import structlog
import uvicorn
from fastapi import Depends, FastAPI

from ingest.routes import Routes
from service.addresses import address_of
from service.api.app import LARGEST_HEAD_BYTES, create_app
from service.api.permitted import permitted
from service.cli.listening import listening_host, refuse_taken_port, say_if_not_as_wished
from service.errors import SettingError
from service.logs import set_up_logs
from service.settings import Settings, read_settings
from service.signals import stop_on_signal
from service.web import downtime, my_site, static_files, wall
from service.web.alerting import answers
from service.web.alerting import pages as alert_pages
from service.web.checks import month as check_month
from service.web.checks import pages as check_pages
from service.web.custody import handovers, offering
from service.web.identity import account, accounts, kiosks, login
from service.web.lots import (
    assessments,
    carried_in,
    certificates,
    decisions,
    ending,
    moves,
    moving,
    new_lot,
    pages,
    placing,
    splitting,
    to_sign,
)
from service.web.page_answers import add_page_answers
from service.web.registry import (
    attaching,
    container_list,
    loggers,
    new_container,
    new_logger,
    new_organisation,
    new_product,
    new_profile,
    new_site,
    one_container,
    products,
    sites,
    start,
)
from service.web.scan import pages as scan_pages
from service.web.shipments import new_shipment, receiving
from service.web.shipments import pages as shipment_pages

log = structlog.get_logger()


def serve() -> None:
    """Serve the API and the pages at UNBROKEN_HTTP_HOST and UNBROKEN_HTTP_PORT, until stopped."""
    settings = read_settings()
    set_up_logs(settings, "api")
    settings.required_database_url()
    say_if_not_as_wished(settings)
    host = listening_host(settings)
    refuse_taken_port(host, settings.http_port)
    served = application(settings)
    config = uvicorn.Config(
        served,
        host=host,
        port=settings.http_port,
        log_level="warning",
        access_log=False,
        ssl_certfile=settings.tls_certificate or None,
        ssl_keyfile=settings.tls_key or None,
        # uvicorn believes whoever is on loopback unless told not to: a proxy that nobody named is none.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        h11_max_incomplete_event_size=LARGEST_HEAD_BYTES,
    )
    _refuse_unusable_certificate(config)
    # Once it has shut down, uvicorn raises the signal again for whoever started it: that shall not end us as if killed.
    _Server(config, served, stop_on_signal()).run()


def application(settings: Settings) -> FastAPI:
    """The API and the pages, as one application."""
    served = create_app(settings, Routes(settings.dialects).of)
    of_lots = (pages, assessments, carried_in, certificates, decisions, ending, splitting, to_sign, moves, moving)
    of_custody = (handovers, offering)
    of_things = (container_list, one_container, loggers, sites, products)
    first_steps = (
        start,
        new_organisation,
        new_site,
        new_profile,
        new_product,
        new_container,
        new_logger,
        attaching,
        new_lot,
        placing,
    )
    # Before the page of one, whose address takes /shipments/new too.
    of_shipments = (new_shipment, receiving, shipment_pages)
    of_days = (scan_pages, check_pages, check_month, alert_pages, answers, wall, downtime)
    others = (login, account, accounts, kiosks, my_site, static_files)
    for subject in (*of_lots, *of_custody, *of_things, *of_shipments, *first_steps, *of_days, *others):
        served.include_router(subject.router, dependencies=[Depends(permitted)])
    served.mount("/static", static_files.static_files(), name="static")
    add_page_answers(served)
    return served


def _refuse_unusable_certificate(config: uvicorn.Config) -> None:
    try:
        config.load()
    except OSError as error:
        # An error of TLS is one of these too; what it says names neither file.
        raise SettingError(
            f"UNBROKEN_TLS_CERTIFICATE: {config.ssl_certfile} and {config.ssl_keyfile or 'its key in it'} cannot be "
            f"used ({error.strerror or error}); name a certificate and its key, PEM files that this user may read"
        ) from error


class _Server(uvicorn.Server):
    """Says that it serves, and where."""

    def __init__(self, config: uvicorn.Config, application: FastAPI, stop: threading.Event) -> None:
        super().__init__(config)
        self._application = application
        self._stop = stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what never ends by itself, and answer what was asked."""
        if (hints := getattr(self._application.state, "hints", None)) is not None:
            hints.end()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, unless told to stop before."""
        await super().startup(sockets)
        if self._stop.is_set():
            self.should_exit = True
        elif self.started:
            address = address_of(self.config.host, self.config.port, tls=self.config.is_ssl)
            log.info("serving", pages=f"{address}/", api=f"{address}/docs", ready=f"{address}/readyz")
