"""What a logger says of itself on its status topic."""

import pytest

from service.formats.coldchain_v1 import take
from service.formats.dialect import Arrival, Clock
from service.formats.reading import Decoded, Rejection


def status(payload: bytes) -> Decoded:
    """As heard on the topic of logger "tag"."""
    return take(payload, Arrival("coldchain/v1/zurich/tag/status", 0, False, Clock(0, 0)))


@pytest.mark.parametrize(
    ("payload", "online", "firmware"),
    [
        (b"online", True, None),
        (b"offline", False, None),
        (b'{"status": "online"}', True, None),
        (b'{"status": "online", "firmware": "1.4.2", "uptime_s": 5}', True, "1.4.2"),
        (b'{"status": "offline", "firmware": null}', False, None),
    ],
)
def test_a_logger_says_whether_it_is_there_and_what_it_runs(payload: bytes, online: bool, firmware: str | None) -> None:
    """A recall of one firmware finds its loggers."""
    decoded = status(payload)
    assert (decoded.online, decoded.site, decoded.firmware) == (("tag", online), "zurich", firmware)
    assert decoded.readings == []


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"ONLINE",
        b"{}",
        b'"online"',
        b'{"status": "away"}',
        b'{"status": "online", "firmware": 2}',
        b'{"status": "online", "firmware": "\\u0000"}',
        b'{"status": "online", "firmware": "' + b"x" * 201 + b'"}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_any_other_status_is_rejected(payload: bytes) -> None:
    """A logger that says "maybe" is neither online nor offline."""
    with pytest.raises(Rejection) as caught:
        status(payload)
    assert caught.value.code == "status_unknown"
