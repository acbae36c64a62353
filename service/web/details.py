"""What the page of one lot says beyond its answer: the figures and the history that answer rests on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.domain import spans
from service.domain.instant import SECOND_US, duration_text, from_datetime, temperature_text
from service.domain.profiles import Effect, Limit
from service.domain.spans import Spans
from service.domain.verdict import Judgement, LimitFigures, Verdict
from service.evaluator.documents import VERDICT_TEXTS
from service.web.words import Moment, moment

#: Most rows of one table on the page; the API gives all.
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One reason, and since when it holds."""

    text: str
    since: Moment | None


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
class ChangeLine:
    """A change of the verdict or of its reasons."""

    decided_at: Moment
    verdict: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """The tables of a lot's page, newest rows first except the placements."""

    reasons: tuple[ReasonLine, ...]
    limits: tuple[LimitLine, ...]
    placements: tuple[SpanLine, ...]
    excursions: tuple[SpanLine, ...]
    gaps: tuple[SpanLine, ...]
    changes: tuple[ChangeLine, ...]


def details(
    judgement: Judgement,
    placements: Iterable[Mapping[str, Any]],
    containers: Mapping[str, str],
    changes: Sequence[Mapping[str, Any]],
    now: datetime,
) -> Details:
    """The tables of one lot.

    Args:
        placements: as `service.store.lots` gives them.
        containers: names of the containers, by id.
        changes: as `service.store.verdicts` gives them, oldest first.
    """
    return Details(
        reasons=tuple(
            ReasonLine(reason.text, None if reason.since_us is None else moment(reason.since_us))
            for reason in judgement.reasons
        ),
        limits=tuple(_limit_line(figures) for figures in judgement.limits),
        placements=tuple(_placement_line(row, containers, now) for row in placements),
        excursions=tuple(_excursions(judgement))[:MOST_ROWS],
        gaps=tuple(_gaps(judgement))[:MOST_ROWS],
        changes=tuple(_change_line(row) for row in reversed(changes[-MOST_ROWS:])),
    )


def _limit_line(figures: LimitFigures) -> LimitLine:
    limit = figures.limit
    allowed = [
        f"{duration_text(allowed_s * SECOND_US)} {how}"
        for allowed_s, how in ((limit.budget_s, "in total"), (limit.single_s, "at a stretch"))
        if allowed_s is not None
    ]
    return LimitLine(
        limit=_limit_text(limit),
        effect="condemns" if limit.effect is Effect.CONDEMNS else "warns",
        allowed=", ".join(allowed) or "any time",
        certain=duration_text(figures.certain_us),
        possible=duration_text(figures.possible_us),
        exceeded_at=None if figures.exceeded_at_us is None else moment(figures.exceeded_at_us),
    )


def _limit_text(limit: Limit) -> str:
    return f"{limit.direction} {temperature_text(limit.threshold_c)}"


def _placement_line(row: Mapping[str, Any], containers: Mapping[str, str], now: datetime) -> SpanLine:
    from_at: datetime = row["from_at"]
    until: datetime | None = row["until_at"]
    return SpanLine(
        what=f"{containers.get(row['container_id'], '')} ({row['container_id']})",
        from_at=moment(from_at),
        until=None if until is None else moment(until),
        duration=duration_text(max(0, from_datetime(until or now) - from_datetime(from_at))),
    )


def _excursions(judgement: Judgement) -> list[SpanLine]:
    found = []
    for exposure in judgement.exposure.limits:
        open_us = exposure.certain[-1, 1] if exposure.beyond_since_us is not None and len(exposure.certain) else None
        for from_us, until_us in exposure.certain.tolist():
            line = _span_line(_limit_text(exposure.limit), from_us, until_us, ended=until_us != open_us)
            found.append((from_us, line))
    return _newest_first(found)


def _gaps(judgement: Judgement) -> list[SpanLine]:
    exposure = judgement.exposure
    kinds: dict[str, Spans] = {
        "not measured": spans.subtract(exposure.gaps, exposure.homeless),
        "in no container": exposure.homeless,
    }
    return _newest_first(
        (from_us, _span_line(kind, from_us, until_us, ended=True))
        for kind, lacking in kinds.items()
        for from_us, until_us in lacking.tolist()
    )


def _span_line(what: str, from_us: int, until_us: int, *, ended: bool) -> SpanLine:
    return SpanLine(what, moment(from_us), moment(until_us) if ended else None, duration_text(until_us - from_us))


def _newest_first(found: Iterable[tuple[int, SpanLine]]) -> list[SpanLine]:
    return [line for _, line in sorted(found, key=lambda pair: pair[0], reverse=True)]


def _change_line(row: Mapping[str, Any]) -> ChangeLine:
    return ChangeLine(
        moment(row["decided_at"]),
        VERDICT_TEXTS[Verdict(row["verdict"])],
        tuple(reason["text"] for reason in row["reasons"]),
    )
