"""The limits of a lot with what it used of each, in words and as shares of a bar."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo

from service.domain.exposure.figures import LimitFigures
from service.domain.instant import SECOND_US, duration_text
from service.domain.profiles import Effect
from service.web.words import Moment, moment

#: From this share on what is used looks like a warning, in per cent.
_HALF = 50.0


@dataclass(frozen=True, slots=True)
class Use:
    """How much of what a limit allows is used up; the shares, in per cent of it, are of the bar to draw.

    Attributes:
        state: the name styles go by: well, warns, over, or unsure: only what is possible is too much.
    """

    text: str
    certain_percent: float
    possible_percent: float
    state: str


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One limit with its figures. `uses`: of what it allows in total, and at a stretch; empty: it allows any time."""

    limit: str
    effect: str
    condemns: bool
    uses: tuple[Use, ...]
    certain: str
    possible: str
    exceeded_at: Moment | None


def limit_lines(limits: Iterable[LimitFigures], zone: tzinfo) -> tuple[LimitLine, ...]:
    """The limits of a lot, in the order of its profile."""
    return tuple(
        LimitLine(
            limit=one.limit.text,
            effect="condemns" if one.limit.effect is Effect.CONDEMNS else "warns",
            condemns=one.limit.effect is Effect.CONDEMNS,
            uses=tuple(_uses(one)),
            certain=duration_text(one.certain_us),
            possible=duration_text(one.possible_us),
            exceeded_at=None if one.exceeded_at_us is None else moment(one.exceeded_at_us, zone),
        )
        for one in limits
    )


def _uses(one: LimitFigures) -> Iterator[Use]:
    for allowed_s, certain_us, possible_us, how in (
        (one.limit.budget_s, one.certain_us, one.possible_us, "in total"),
        (one.limit.single_s, one.longest_certain_us, one.longest_possible_us, "at a stretch"),
    ):
        if allowed_s is None:
            continue
        allowed_us = allowed_s * SECOND_US
        certain, possible = _percent(certain_us, allowed_us), _percent(possible_us, allowed_us)
        used = duration_text(certain_us)
        if possible_us // SECOND_US > certain_us // SECOND_US:
            used = f"{used}, possibly {duration_text(possible_us)},"
        state = "well"
        if certain_us > allowed_us:
            state = "over"
        elif possible_us > allowed_us:
            state = "unsure"
        elif certain >= _HALF:
            state = "warns"
        yield Use(f"{used} of {duration_text(allowed_us)} {how}", certain, round(possible - certain, 1), state)


def _percent(part_us: int, allowed_us: int) -> float:
    """Of what is allowed, at most all of it; where nothing is allowed, any time is all of it."""
    return min(100.0, round(100 * part_us / allowed_us, 1)) if allowed_us else (100.0 if part_us else 0.0)
