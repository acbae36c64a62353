"""A limit of a profile in words."""

from dataclasses import dataclass

from service.domain.instant import SECOND_US, duration_text
from service.domain.profiles import Effect, Limit


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A limit in words: what it does to a lot, what is allowed, and when people are told."""

    text: str
    effect: str
    allowed: str
    alarm: str


def limit_row(limit: Limit) -> LimitRow:
    """What is shown of it."""
    allowed = []
    if limit.budget_s is not None:
        allowed.append(f"{duration_text(limit.budget_s * SECOND_US)} in all of a lot's life")
    if limit.single_s is not None:
        allowed.append(f"{duration_text(limit.single_s * SECOND_US)} at a stretch")
    return LimitRow(
        f"{limit.text[:1].upper()}{limit.text[1:]}",
        "loses a lot" if limit.effect is Effect.CONDEMNS else "warns",
        ", ".join(allowed) or "not counted",
        f"after {duration_text(limit.alarm_delay_s * SECOND_US)}" if limit.alarm_delay_s else "at once",
    )
