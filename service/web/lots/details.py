"""What the page of one lot says beyond its answer: the figures and the history that answer rests on."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.answers.documents import VERDICT_TEXTS
from service.domain import spans
from service.domain.answers.answer import Answered
from service.domain.exposure.excursions import Ended, Excursion
from service.domain.exposure.figures import LimitFigures
from service.domain.instant import SECOND_US, duration_text, from_datetime, temperature_text
from service.domain.lots.placements import Placement
from service.domain.profiles import Effect, Limit
from service.domain.spans import Spans
from service.domain.verdicts.causes import CAUSES, Cause
from service.domain.verdicts.verdict import Judgement, Verdict
from service.store.lots.verdicts import VerdictChange
from service.web.words import Moment, moment

_POSSIBLY = "possibly "

_ENDED_TEXTS = {None: "still", Ended.RECOVERED: "", Ended.UNKNOWN: "how it went on, nobody measured"}

#: Most rows of one table on the page; the API gives all.
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One reason, and since when it holds. `tells`: it stands in the way of nothing, and is told beside."""

    text: str
    since: Moment | None
    tells: bool


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One limit with its figures, in words."""

    limit: str
    effect: str
    allowed: str
    certain: str
    possible: str
    exceeded_at: Moment | None


@dataclass(frozen=True, slots=True)
class SpanLine:
    """A stretch of time, and what it was; `until` is None where it has not ended."""

    what: str
    from_at: Moment
    until: Moment | None
    duration: str


@dataclass(frozen=True, slots=True)
class ExcursionLine:
    """A stretch beyond a limit, in words; `until` is None while it lasts."""

    limit: str
    from_at: Moment
    until: Moment | None
    ended: str
    duration: str
    counted: str
    peak: str
    degree_minutes: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change of the verdict or of its reasons; `cause` is empty for what was recorded before causes were."""

    decided_at: Moment
    verdict: str
    cause: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """The tables of a lot's page, newest rows first except the placements."""

    reasons: tuple[ReasonLine, ...]
    limits: tuple[LimitLine, ...]
    placements: tuple[SpanLine, ...]
    excursions: tuple[ExcursionLine, ...]
    gaps: tuple[SpanLine, ...]
    changes: tuple[ChangeLine, ...]


def details(
    judgement: Judgement,
    answered: Answered,
    excursions: Iterable[Excursion],
    placements: Sequence[Placement],
    containers: Mapping[str, str],
    changes: Sequence[VerdictChange],
    now: datetime,
) -> Details:
    """The tables of one lot.

    Args:
        excursions: of the lot, in any order.
        containers: names of the containers and their sites, by id.
        changes: oldest first.
    """
    return Details(
        reasons=tuple(
            ReasonLine(
                reason.text,
                None if reason.since_us is None else moment(reason.since_us),
                reason not in answered.against,
            )
            for reason in answered.reasons
        ),
        limits=tuple(_limit_line(figures) for figures in judgement.limits),
        placements=tuple(_placement_line(one, containers, now) for one in placements),
        excursions=tuple(_beyond(judgement, list(excursions), placements, now))[:MOST_ROWS],
        gaps=tuple(_gaps(judgement))[:MOST_ROWS],
        changes=tuple(_change_line(change) for change in reversed(changes[-MOST_ROWS:])),
    )


def _limit_line(figures: LimitFigures) -> LimitLine:
    limit = figures.limit
    allowed = [
        f"{duration_text(allowed_s * SECOND_US)} {how}"
        for allowed_s, how in ((limit.budget_s, "in total"), (limit.single_s, "at a stretch"))
        if allowed_s is not None
    ]
    return LimitLine(
        limit=limit.text,
        effect="condemns" if limit.effect is Effect.CONDEMNS else "warns",
        allowed=", ".join(allowed) or "any time",
        certain=duration_text(figures.certain_us),
        possible=duration_text(figures.possible_us),
        exceeded_at=None if figures.exceeded_at_us is None else moment(figures.exceeded_at_us),
    )


def _placement_line(one: Placement, containers: Mapping[str, str], now: datetime) -> SpanLine:
    lasted_us = from_datetime(one.until_at or now) - from_datetime(one.from_at)
    return SpanLine(
        what=f"{containers.get(one.container_id, '')} ({one.container_id})",
        from_at=moment(one.from_at),
        until=None if one.until_at is None else moment(one.until_at),
        duration=duration_text(max(0, lasted_us)),
    )


def _beyond(
    judgement: Judgement, found: Sequence[Excursion], placements: Sequence[Placement], now: datetime
) -> list[ExcursionLine]:
    """Excursions, and the time beside them in which it was possibly beyond a limit though it was measured."""
    arrivals = {from_datetime(one.from_at) for one in placements}
    lines = [(one.from_us, _excursion_line(one, judgement.exposure.pending, arrivals)) for one in found]
    for limit, from_us, until_us in _disputed(judgement, found):
        lines.append((from_us, _disputed_line(limit, from_us, until_us, from_datetime(now))))
    return [line for _, line in sorted(lines, key=lambda pair: pair[0], reverse=True)]


def _excursion_line(one: Excursion, pending: Spans, arrivals: Collection[int]) -> ExcursionLine:
    ended = _ENDED_TEXTS[one.ended]
    if one.ended is Ended.UNKNOWN and spans.contains(pending, one.until_us):
        # What is still to come is no gap yet.
        ended = f"waiting for the {'first reading there' if one.until_us in arrivals else 'next reading'}"
    return ExcursionLine(
        limit=one.limit.text,
        from_at=moment(one.from_us),
        until=None if one.ended is None else moment(one.until_us),
        ended=ended,
        duration=duration_text(one.until_us - one.from_us),
        counted=duration_text(one.certain_us),
        peak="—" if one.peak_c is None else temperature_text(round(one.peak_c, 1)),
        degree_minutes=f"{one.degree_minutes:.0f} °C·min",
    )


def _disputed(judgement: Judgement, found: Sequence[Excursion]) -> Iterator[tuple[Limit, int, int]]:
    exposure = judgement.exposure
    for of_limit in exposure.limits:
        told = spans.spans([(one.from_us, one.until_us) for one in found if one.limit == of_limit.limit])
        known = spans.union(told, of_limit.certain, exposure.gaps, exposure.pending)
        for from_us, until_us in spans.subtract(of_limit.possible, known).tolist():
            yield of_limit.limit, from_us, until_us


def _disputed_line(limit: Limit, from_us: int, until_us: int, now_us: int) -> ExcursionLine:
    lasts = until_us == now_us
    return ExcursionLine(
        limit=_POSSIBLY + limit.text,
        from_at=moment(from_us),
        until=None if lasts else moment(until_us),
        ended=_ENDED_TEXTS[None] if lasts else "",
        duration=duration_text(until_us - from_us),
        counted=duration_text(0),
        peak="—",
        degree_minutes="—",
    )


def _gaps(judgement: Judgement) -> list[SpanLine]:
    exposure = judgement.exposure
    kinds: dict[str, Spans] = {
        "not measured": spans.subtract(exposure.gaps, exposure.unplaced),
        "in no container": exposure.unplaced,
    }
    found = [(from_us, until_us, kind) for kind, lacking in kinds.items() for from_us, until_us in lacking.tolist()]
    return [
        SpanLine(kind, moment(from_us), moment(until_us), duration_text(until_us - from_us))
        for from_us, until_us, kind in sorted(found, reverse=True)
    ]


def _change_line(change: VerdictChange) -> ChangeLine:
    return ChangeLine(
        moment(change.decided_at),
        VERDICT_TEXTS[Verdict(change.verdict)],
        CAUSES[Cause(change.cause)] if change.cause else "",
        tuple(reason.text for reason in change.reasons),
    )
