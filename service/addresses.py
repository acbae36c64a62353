"""Addresses of the database, the broker and the pages: what is one, and how one may be shown."""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import unquote

#: As PostgreSQL's client divides it: the user ends at the first @ before any /.
_DATABASE_URL = re.compile(
    r"postgres(?:ql)?://(?:[^@/]*@)?(?P<hosts>[^/?]*)(?:/(?P<name>[^?]*))?(?:\?(?P<parameters>.*))?"
)
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>.*))?")
_PARAMETER = re.compile(r"([^=&]+)=([^=&]*)")
#: In the client's other form, `host=… dbname=…`.
_WORD_AND_VALUE = re.compile(r"\s*(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*|)(?=\s|$)\s*")
_NOT_AN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})|%00|\s")

_PASSWORD = re.compile(r"(?<=//)([^@/:]*:)[^@/]*(?=@)|(password=)(?:'[^']*'|[^\s&]*)")


def is_database_url(text: str) -> bool:
    """Whether PostgreSQL's client can take it, and reads no piece of a password as a host.

    Whether it knows the names of the parameters, it says itself.
    """
    parts = _parts_of(text)
    return parts is not None and not any(
        ("@" in value and name in {"host", "dbname"}) or (name == "port" and not _is_port(value))
        for name, value in parts
    )


def address_of(host: str, port: int, *, tls: bool = False) -> str:
    """Where pages and API are, as a browser takes it."""
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is one that this machine alone reaches."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def without_password(url: str) -> str:
    """An address of the database or the broker as it may be shown."""
    return _PASSWORD.sub(lambda found: f"{found[1] or found[2]}…", url)


def _parts_of(text: str) -> Iterable[tuple[str, str]] | None:
    """Names and values of its parts without user and password; None: it has neither form."""
    if not text.startswith(("postgresql://", "postgres://")):
        found = list(_WORD_AND_VALUE.finditer(text))
        whole = "".join(one[0] for one in found) == text
        return [(one[1], one[2].strip("'")) for one in found] if whole else None
    url = _DATABASE_URL.fullmatch(text)
    if url is None or _NOT_AN_ESCAPE.search(text):
        return None
    parts = [("dbname", url["name"] or "")]
    for one in url["hosts"].split(","):
        found_host = _HOST_AND_PORT.fullmatch(one)
        if found_host is None:
            return None
        parts += [("host", found_host["host"]), ("port", found_host["port"] or "")]
    for one in url["parameters"].split("&") if url["parameters"] else ():
        parameter = _PARAMETER.fullmatch(one)
        if parameter is None:
            return None
        parts.append((parameter[1], parameter[2]))
    try:
        return [(name, unquote(value, errors="strict")) for name, value in parts]
    except UnicodeDecodeError:
        return None


def _is_port(text: str) -> bool:
    """Whether it is a port, several, or none."""
    return all(one == "" or (one.isdecimal() and 0 < int(one) < 1 << 16) for one in text.split(","))
