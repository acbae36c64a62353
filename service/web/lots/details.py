"""What the page of one lot says beyond its answer: its reasons, where it was, and how the verdict came about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from service.answers.documents import VERDICT_TEXTS
from service.domain.answers.answer import Answered
from service.domain.instant import duration_text, from_datetime
from service.domain.verdicts.causes import CAUSES, Cause
from service.domain.verdicts.verdict import Verdict
from service.store.lots.placements import NamedStay
from service.store.lots.verdicts import VerdictChange
from service.web.words import Moment, moment

#: Most rows of one table on the page, the newest; the API gives all.
MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One reason, and since when it holds. `tells`: it stands in the way of nothing, and is told beside."""

    text: str
    since: Moment | None
    tells: bool


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A stay in a container; `until` is None where it has not ended."""

    container_id: str
    container: str
    site: str
    from_at: Moment
    until: Moment | None
    duration: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change of the verdict or of its reasons; `cause` is empty for what was recorded before causes were."""

    decided_at: Moment
    verdict: str
    cause: str
    reasons: tuple[str, ...]


def reason_lines(answered: Answered, zone: tzinfo) -> tuple[ReasonLine, ...]:
    """All reasons of an answer, the worst first."""
    return tuple(
        ReasonLine(
            reason.text,
            None if reason.since_us is None else moment(reason.since_us, zone),
            reason not in answered.against,
        )
        for reason in answered.reasons
    )


def place_lines(stays: Sequence[NamedStay], now: datetime, zone: tzinfo) -> tuple[PlaceLine, ...]:
    """Where a lot was, the newest stays first. `stays`: in order of time."""
    return tuple(_place_line(one, now, zone) for one in reversed(stays[-MOST_ROWS:]))


def _place_line(one: NamedStay, now: datetime, zone: tzinfo) -> PlaceLine:
    lasted_us = from_datetime(one.until_at or now) - from_datetime(one.from_at)
    return PlaceLine(
        one.container_id,
        one.container,
        one.site,
        from_at=moment(one.from_at, zone),
        until=None if one.until_at is None else moment(one.until_at, zone),
        duration=duration_text(max(0, lasted_us)),
    )


def change_lines(changes: Sequence[VerdictChange], zone: tzinfo) -> tuple[ChangeLine, ...]:
    """Changes of the verdict, in the order in which they are given."""
    return tuple(
        ChangeLine(
            moment(change.decided_at, zone),
            VERDICT_TEXTS[Verdict(change.verdict)],
            CAUSES[Cause(change.cause)] if change.cause else "",
            tuple(reason.text for reason in change.reasons),
        )
        for change in changes
    )
