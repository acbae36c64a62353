"""Where the API listens, and when it does not listen where it was told to."""

import pytest

from service.cli.listening import listening_host, own_address
from service.errors import SettingError
from service.settings import Settings, read_settings


@pytest.mark.parametrize(
    ("settings", "host", "own"),
    [
        ({}, "127.0.0.1", "http://127.0.0.1:8000"),
        ({"http_host": "::1"}, "::1", "http://[::1]:8000"),
        ({"http_host": "localhost"}, "localhost", "http://localhost:8000"),
        ({"http_host": "10.0.0.1"}, "127.0.0.1", "http://127.0.0.1:8000"),
        ({"http_host": "fridge.example"}, "127.0.0.1", "http://127.0.0.1:8000"),
        ({"http_host": "10.0.0.1", "trusted_proxies": "10.0.0.2"}, "10.0.0.1", "http://10.0.0.1:8000"),
        ({"http_host": "10.0.0.1", "tls_certificate": "its.pem"}, "10.0.0.1", "https://10.0.0.1:8000"),
    ],
)
def test_passwords_do_not_go_over_a_network_in_the_clear(settings: dict[str, str], host: str, own: str) -> None:
    """Who logs in at a freezer's screen sends a password: only TLS keeps it from everybody on the way."""
    given = Settings(_env_file=None, **settings)
    assert listening_host(given) == host
    assert own_address(given) == own


@pytest.mark.parametrize(
    ("proxies", "said"),
    [
        ("*", "is no list of addresses"),
        ("proxy.example", "is no list of addresses"),
        ("10.0.0.2,", "is no list of addresses"),
        ("10.0.0.2,0.0.0.0/0", "would believe everybody"),
        ("::/0", "would believe everybody"),
    ],
)
def test_nobody_believes_everybody(proxies: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that anybody can pretend to be makes anybody's address out of anybody's."""
    monkeypatch.setenv("UNBROKEN_TRUSTED_PROXIES", proxies)
    with pytest.raises(SettingError, match=f"^UNBROKEN_TRUSTED_PROXIES: {said}"):
        read_settings()


def test_links_lead_to_where_pages_are() -> None:
    """At night nobody mends an address by hand."""
    assert Settings(_env_file=None, tls_certificate="its.pem").pages_url == "https://127.0.0.1:8000"
    assert Settings(_env_file=None, public_url="https://cold.example/").pages_url == "https://cold.example"
