"""What a dialect of MQTT is: what it is given and gives back, and the bounds that hold for all of them."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from service.domain.instant import SECOND_US, to_datetime
from service.formats.reading import Decoded, Rejection

#: A larger payload is not read.
LARGEST_PAYLOAD_BYTES = 1 << 20

LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class Clock:
    """What times of measurement are believable: [earliest_us, received_at_us + ahead_us]."""

    earliest_us: int
    ahead_us: int


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """How a message came.

    Attributes:
        live: it was published just now, as far as anyone can know: it is no redelivery, was not retained, and the
            broker was not holding messages back. Only then may our own clock stand in for a time the payload lacks.
    """

    topic: str
    received_at_us: int
    live: bool
    clock: Clock


#: A dialect: bytes in, readings out, or a Rejection and nothing else. It knows nothing but what it is given.
Dialect = Callable[[bytes, Arrival], Decoded]


def is_name(level: str) -> bool:
    """Whether a text may name a site, a logger or a probe."""
    return 0 < len(level) <= LONGEST_NAME and level.isprintable()


def refuse_too_large(payload: bytes) -> None:
    """Refuse a payload that is not read at all.

    Raises:
        Rejection: ``too_large``.
    """
    if len(payload) > LARGEST_PAYLOAD_BYTES:
        raise Rejection(
            "too_large",
            f"the payload has {len(payload)} bytes; {LARGEST_PAYLOAD_BYTES} are allowed: send smaller arrays",
        )


def unbelievable(measured_at_us: int, clock: Clock, sent: object = None) -> Rejection:
    """Why a time outside what the clock allows is refused; `sent`: what stood for it where milliseconds may stand."""
    if isinstance(sent, int) and measured_at_us < clock.earliest_us <= sent * SECOND_US:
        return Rejection(
            "time_too_early", f"{sent} looks like Unix seconds; send Unix milliseconds, or RFC 3339 with an offset"
        )
    try:
        said = to_datetime(measured_at_us).isoformat()
    except OverflowError:
        said = "a time no calendar has"
    if measured_at_us < clock.earliest_us:
        return Rejection("time_too_early", f"measured_at is {said}: set the logger's clock")
    return Rejection(
        "time_ahead",
        f"measured_at is {said}, more than {clock.ahead_us // SECOND_US} s ahead of the time it arrived: set the "
        "logger's clock",
    )
