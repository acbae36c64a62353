"""Whether ingest does its work: it is subscribed, hears what is published, and stores it."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.domain.instant import SECOND_US, to_datetime

#: People are told when ingest has not worked for this long.
SILENT_S = 60.0
#: A process that wrote nothing for this long and did not stop in order was taken away: nobody waits for it.
_GONE_US = 86_400 * SECOND_US


@dataclass(frozen=True, slots=True)
class IngestProcess:
    """What one ingest process wrote of itself; instants are integer microseconds.

    Attributes:
        updated_us: when it wrote.
        works_until_us: until when it is known to have worked; None: never, or it did not say.
        trouble: why it does not work, as it says; stopped: it ended in order.
    """

    name: str
    started_us: int
    updated_us: int
    works_until_us: int | None = None
    trouble: str = ""
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class NotWorking:
    """Since when ingest has not worked, and why."""

    since_us: int
    why: str


def not_working(processes: Iterable[IngestProcess], now_us: int, silent_s: float = SILENT_S) -> NotWorking | None:
    """What is wrong with ingest; None: every process that is to work does, or there never was one."""
    known = list(processes)
    if not known:
        return None
    expected = [one for one in known if not one.stopped and now_us - one.updated_us <= _GONE_US]
    # With nobody left, the one that was there last is missed.
    expected = expected or [max(known, key=lambda one: one.updated_us)]
    worst = min(expected, key=_until_us)
    until_us = _until_us(worst)
    if not worst.stopped and now_us - until_us <= silent_s * SECOND_US:
        return None
    why = _why(worst, now_us, silent_s)
    return NotWorking(until_us, f"{worst.name}: {why}" if len(expected) > 1 else why)


def _until_us(one: IngestProcess) -> int:
    if one.works_until_us is not None:
        return one.works_until_us
    return one.started_us if one.trouble else one.updated_us


def _why(one: IngestProcess, now_us: int, silent_s: float) -> str:
    if one.stopped:
        return f"it was stopped at {_time(one.updated_us)}"
    if now_us - one.updated_us > silent_s * SECOND_US:
        return f"it has counted nothing since {_time(one.updated_us)}"
    return f"it has not worked since {_time(_until_us(one))}: {one.trouble or 'nothing was heard or stored'}"


def _time(at_us: int) -> str:
    return f"{to_datetime(at_us):%Y-%m-%d %H:%M} UTC"
