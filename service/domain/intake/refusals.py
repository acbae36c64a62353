"""What was refused of a logger that sends: how often, why, and what there is to look at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """So many messages of a logger, refused for one reason; instants are integer microseconds, by our clock."""

    code: str
    times: int
    since_us: int
    last_us: int


#: What is wrong with a message, by its code, and what to look at.
_LOOK_AT = {
    "time_ahead": "its clock",
    "time_too_early": "its clock",
    "time_unreadable": "its clock, and how it writes the time",
    "time_unknown": "its clock: it sends no time",
    "unit_unknown": "its unit",
    "topic_unknown": "the topic it publishes on",
    "device_mismatch": "the topic it publishes on",
    "bad_name": "its name",
    "bad_probe": "the names of its probes",
    "too_large": "the size of its messages",
    "cannot_store": "this service's own log and database",
    "status_unknown": "its status messages",
}
_ANYTHING = "what it sends: its firmware, or the decoder before us"


def look_at(code: str) -> str:
    """What to look at where messages are refused for this reason."""
    return _LOOK_AT.get(code, _ANYTHING)


def refused_since(refused: Iterable[Refused], heard_us: int | None) -> tuple[Refused, ...]:
    """By code, what was refused after something was taken last (None: nothing ever was); the most frequent first."""
    together: dict[str, Refused] = {}
    for one in refused:
        if heard_us is not None and one.last_us <= heard_us:
            continue
        known = together.get(one.code)
        together[one.code] = one if known is None else _joined(known, one)
    return tuple(sorted(together.values(), key=lambda one: (-one.times, one.code)))


def _joined(one: Refused, other: Refused) -> Refused:
    return Refused(
        one.code, one.times + other.times, min(one.since_us, other.since_us), max(one.last_us, other.last_us)
    )


def codes_text(refused: Sequence[Refused]) -> str:
    """The codes, with how often each, where there are several."""
    if len(refused) == 1:
        return refused[0].code
    return ", ".join(f"{one.times} {one.code}" for one in refused)
