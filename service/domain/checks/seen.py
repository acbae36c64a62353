"""What somebody sees who makes the morning check of a site; its fields are JSON, to be stored as they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from service.domain.instant import temperature_text
from service.domain.profiles import Direction, Limit
from service.domain.series.bounded import Bound, Bounded

#: A temperature as it is shown: "HI" is warmer, and "LO" colder, than the logger can show.
Shown = float | Literal["HI", "LO"]


def shown(found: Bounded | None) -> Shown | None:
    """A temperature as it is shown; None: there is none."""
    if found is None or found.bound is Bound.EXACT:
        return _rounded(found)
    return "HI" if found.bound is Bound.AT_LEAST else "LO"


def proven_c(found: Bounded | None) -> float | None:
    """What "HI" or "LO" proves, °C; None: it is a number, or no number is proven."""
    return None if found is None or found.bound is Bound.EXACT else _rounded(found)


def _rounded(found: Bounded | None) -> float | None:
    # To the thousandth: what a calibration adds behind it, nobody measured.
    return None if found is None or found.temperature_c is None else round(found.temperature_c, 3)


def as_bounded(found: Shown | None, proven_c: float | None) -> Bounded | None:
    """What was shown, as far as it was proven: the opposite of `shown` and `proven_c`."""
    if found is None or not isinstance(found, str):
        return None if found is None else Bounded(found)
    return Bounded(proven_c, Bound.AT_LEAST if found == "HI" else Bound.AT_MOST)


def allowed(limits: Iterable[Limit]) -> str:
    """Between which temperatures something is within all these limits: ``'−90 to −60 °C'``; empty: at any."""
    limits = list(limits)
    warmest = min((one.threshold_c for one in limits if one.direction is Direction.ABOVE), default=None)
    coldest = max((one.threshold_c for one in limits if one.direction is Direction.BELOW), default=None)
    if warmest is None or coldest is None:
        ends = (("at most", warmest), ("at least", coldest))
        return "".join(f"{word} {temperature_text(end)}" for word, end in ends if end is not None)
    return f"{temperature_text(coldest).removesuffix(' °C')} to {temperature_text(warmest)}"


@dataclass(frozen=True, slots=True)
class Odd:
    """Something that was not as it should be.

    Attributes:
        text: what, after the name of whom it is said: ``'above −60 °C for 20 min'``.
        from_us, until_us: from when to when; None: it is not known, or it still is so.
        asks: whoever sees it has to say what they did about it.
    """

    text: str
    from_us: int | None = None
    until_us: int | None = None
    asks: bool = False


@dataclass(frozen=True, slots=True)
class ContainerSeen:
    """What is shown of one container.

    Attributes:
        allowed: between which temperatures it is within all limits of its profile: ``'−90 to −60 °C'``.
        coldest_c, warmest_c: of all that its judged probes measured since the last check; None: they measured nothing.
        now_c, now_us: its newest reading, and when it was measured.
        coldest_proven_c, warmest_proven_c, now_proven_c: where that is "HI" or "LO": at least, or at most, so warm;
            None: the range of its logger was not known, or it was recorded before this was told.
        beyond: it is beyond a limit now, or may be, by its last readings.
        measured: a probe that counts was there since the last check.
    """

    id: str
    name: str
    allowed: str
    coldest_c: Shown | None
    warmest_c: Shown | None
    now_c: Shown | None
    now_us: int | None
    beyond: bool
    measured: bool
    odd: tuple[Odd, ...] = ()
    coldest_proven_c: float | None = None
    warmest_proven_c: float | None = None
    now_proven_c: float | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What is shown of a site. `others`: what is odd there, and of no container."""

    containers: tuple[ContainerSeen, ...]
    others: tuple[Odd, ...] = ()

    @property
    def odd(self) -> list[Odd]:
        """All that is odd."""
        return [*self.others, *(one for container in self.containers for one in container.odd)]

    @property
    def asks(self) -> bool:
        """Whether a word is asked for of what was done."""
        return any(one.asks for one in self.odd) or any(container.beyond for container in self.containers)


def why_not_recorded(seen: Seen, comment: str) -> str | None:
    """Why what was seen cannot be recorded without another word; None: it can."""
    if seen.asks and not comment:
        return "something was odd since the last check; say what you did about it, or whom you told"
    return None
