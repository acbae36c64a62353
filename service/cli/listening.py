"""Where the API listens: on loopback alone unless what is said there cannot be read on the way."""

import errno
import socket

import structlog

from service.addresses import address_of, is_loopback
from service.errors import SettingError
from service.settings import Settings

log = structlog.get_logger()

_LOOPBACK = "127.0.0.1"


def listening_host(settings: Settings) -> str:
    """The address to listen on: the one wished for, or loopback where passwords could be read on their way to it.

    Without TLS, its own or that of a proxy somebody named, everybody between could.
    """
    protected = settings.tls_certificate or settings.trusted_proxies or is_loopback(settings.http_host)
    return settings.http_host if protected else _LOOPBACK


def own_address(settings: Settings) -> str:
    """Where programs of this machine reach the API."""
    return address_of(listening_host(settings), settings.http_port, tls=bool(settings.tls_certificate))


def say_if_not_as_wished(settings: Settings) -> None:
    """Warn of an address that is not listened on."""
    if listening_host(settings) != settings.http_host:
        log.warning(
            f"listening on {_LOOPBACK} alone, not on {settings.http_host}: passwords would go over the network for all "
            "to read; set UNBROKEN_TLS_CERTIFICATE, or name the proxy with TLS before it in UNBROKEN_TRUSTED_PROXIES"
        )


def refuse_taken_port(host: str, port: int) -> None:
    """Refuse where the API cannot listen.

    Raises:
        SettingError: something listens there already, or the address is not of this machine.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingError(_why_not(host, port, error)) from error


def _why_not(host: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"UNBROKEN_HTTP_HOST: {host} is no address of this machine ({error.strerror}); leave it at 127.0.0.1"
    if error.errno != errno.EADDRINUSE:
        return f"port {port} on {host} cannot be used ({error.strerror}); choose another: UNBROKEN_HTTP_PORT=8000"
    return f"port {port} on {host} is taken; stop what listens there, or choose another: UNBROKEN_HTTP_PORT={port + 1}"
