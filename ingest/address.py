"""Where the broker is."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from service.errors import SettingError


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, from ``mqtt[s]://[user:password@]host[:port]``."""

    host: str
    port: int
    tls: bool
    username: str | None
    password: str | None = field(repr=False)


def parse_broker(url: str) -> Broker:
    """Read UNBROKEN_MQTT_URL.

    Raises:
        SettingError: it is not of that form.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        whole = parts.scheme in {"mqtt", "mqtts"} and parts.path in {"", "/"} and not (parts.query or parts.fragment)
        host = parts.hostname if whole else None
    except ValueError:
        host = port = None
    if not host:
        # What is written there may hold a password, and is not repeated.
        raise SettingError(
            "UNBROKEN_MQTT_URL is no address of a broker; write it as mqtt://host:1883 or "
            "mqtts://user:password@host:8883, and in the password %2F for /, %23 for #, %3F for ?, %25 for %"
        )
    tls = parts.scheme == "mqtts"
    return Broker(
        host,
        port or (8883 if tls else 1883),
        tls,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
    )
