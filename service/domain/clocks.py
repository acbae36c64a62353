"""Whether the clocks of the service's parts agree, and whose is wrong if they do not.

Nobody can say that a lot was measured until now who does not know what time it is now.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.instant import END_US, SECOND_US, duration_text

#: The reason of a verdict and the cause of an alert.
CLOCKS_DISAGREE = "clocks_disagree"

DATABASE = "the database"

#: Kept by NTP, clocks differ by milliseconds; set by hand, by a minute at most. No delay of an alarm is so short.
CLOCK_TOLERANCE_US = 60 * SECOND_US


@dataclass(frozen=True, slots=True)
class AsOf:
    """The instant as of which something is judged, and what the clocks that tell it are worth.

    Attributes:
        disagreement: how the clocks of the service disagree; None: they agree, so far as anybody knows.
        believed_until_us: nothing that was accepted can have been measured later, if the clocks are right.
    """

    now_us: int
    disagreement: str | None = None
    believed_until_us: int = END_US


@dataclass(frozen=True, slots=True)
class Clock:
    """How far the clock of a part of the service is ahead of the database's; behind it: negative."""

    who: str
    ahead_us: int


@dataclass(frozen=True, slots=True)
class Times:
    """What the database says of the time.

    Attributes:
        database_us: by its own clock.
        latest_us: by the clock of whoever recorded what was recorded last; None: nothing was.
    """

    database_us: int
    latest_us: int | None


def disagreement(now_us: int, times: Times, tolerance_us: int) -> str | None:
    """Why no good answer can be given at what our clock calls `now_us`; None: the clocks agree well enough."""
    later = known_later(now_us, times.latest_us, tolerance_us)
    if later is not None:
        return later
    ahead_us = now_us - times.database_us
    if abs(ahead_us) > tolerance_us:
        return f"our clock is {_off(ahead_us)} that of the database"
    return None


def known_later(now_us: int, latest_us: int | None, tolerance_us: int) -> str | None:
    """How far what was recorded last is from after now; None: it is not, but for the tolerance."""
    if latest_us is None or latest_us <= now_us + tolerance_us:
        return None
    return f"what was recorded last is from {_by(latest_us - now_us)} after now"


def agreed_ahead_us(clocks: Sequence[Clock], tolerance_us: int) -> int:
    """How far what most clocks say is ahead of the database's; of two opinions held by as many, the database's."""
    known_us = [0, *(clock.ahead_us for clock in clocks)]
    return max(known_us, key=lambda one_us: sum(abs(one_us - other_us) <= tolerance_us for other_us in known_us))


def wrong_clocks(clocks: Sequence[Clock], tolerance_us: int) -> list[Clock]:
    """The clocks that most others contradict, the database's among them; each against what most say."""
    agreed_us = agreed_ahead_us(clocks, tolerance_us)
    all_clocks = [Clock(DATABASE, 0), *clocks]
    against = [Clock(clock.who, clock.ahead_us - agreed_us) for clock in all_clocks]
    return [clock for clock in against if abs(clock.ahead_us) > tolerance_us]


def clocks_text(wrong: Sequence[Clock]) -> str:
    """Whose clock is wrong, and by how much."""
    return "; ".join(f"the clock of {clock.who} is {_off(clock.ahead_us)} the others" for clock in wrong)


def _off(ahead_us: int) -> str:
    return f"{_by(abs(ahead_us))} {'ahead of' if ahead_us > 0 else 'behind'}"


def _by(duration_us: int) -> str:
    return duration_text(duration_us)
