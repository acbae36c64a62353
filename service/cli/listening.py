"""Where the API listens: the address as people write it, and whether it can be had."""

import errno
import socket

from service.errors import SettingError


def address_of(host: str, port: int) -> str:
    """Where pages and API are, as a browser takes it."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


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
