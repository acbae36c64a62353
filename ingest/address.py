"""Where the broker is."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from service.errors import SettingError


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, from ``mqtt[s]://[user:password@]host[:port]``."""

    host: str
    port: int
    tls: bool
    username: str | None
    password: str | None


def parse_broker(url: str) -> Broker:
    """Read UNBROKEN_MQTT_URL.

    Raises:
        SettingError: it is not of that form.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise SettingError(
            f"UNBROKEN_MQTT_URL is {url!r}; write it as mqtt://host:1883 or mqtts://user:password@host:8883"
        )
    tls = parts.scheme == "mqtts"
    return Broker(
        parts.hostname,
        parts.port or (8883 if tls else 1883),
        tls,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
    )
