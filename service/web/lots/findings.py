"""The stretches of a lot's life that count against it, or prove nothing, each with what quality assessed of it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from urllib.parse import quote, urlencode

from service.answers.documents import instant
from service.domain import spans
from service.domain.answers.assessable import times_of
from service.domain.answers.papers import Finding
from service.domain.exposure.excursions import Ended, Excursion
from service.domain.exposure.lot import Exposure
from service.domain.instant import SECOND_US, duration_text, from_datetime
from service.domain.profiles import Limit
from service.domain.series.bounded import Bound, bounded_text
from service.domain.spans import Spans
from service.store.lots.assessments import KeptAssessment
from service.web.lots.assessments import AssessmentLine, assessment_line
from service.web.lots.details import MOST_ROWS
from service.web.words import Moment, moment

_LEAST = {Bound.EXACT: "", Bound.AT_LEAST: "at least "}

_ENDED_TEXTS = {None: "still", Ended.RECOVERED: "", Ended.UNKNOWN: "how it went on, nobody measured"}


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A stretch of a lot's life, in words; `until` is None while it lasts.

    Attributes:
        what: the limit it was beyond, or why nobody measured.
        duration, counted: how long it was, and how long certainly beyond the limit.
        assessed: what quality said of it; to_assess: where that is said, empty: it cannot be, or is said already.
    """

    what: str
    from_at: Moment
    until: Moment | None
    ended: str
    duration: str
    counted: str
    peak: str
    degree_minutes: str
    assessed: tuple[AssessmentLine, ...]
    to_assess: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What stands in the tables, the newest first. `others`: assessments of stretches that are none any more."""

    beyond: tuple[FindingLine, ...]
    gaps: tuple[FindingLine, ...]
    others: tuple[AssessmentLine, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A stretch before it is put in words."""

    finding: Finding
    from_us: int
    until_us: int
    what: str
    lasts: bool = False
    ended: str = ""
    counted_us: int = 0
    peak: str = "—"
    degree_minutes: str = "—"
    assessable: Spans = field(default_factory=lambda: spans.NONE)


def findings(
    exposure: Exposure,
    excursions: Sequence[Excursion],
    arrivals_us: Collection[int],
    assessed: Sequence[KeptAssessment],
    lot_id: str,
    now_us: int,
    zone: tzinfo,
    *,
    may_assess: bool,
) -> Findings:
    """The stretches of one lot.

    Args:
        excursions: of the lot, in any order.
        arrivals_us: when it came into a container.
        assessed: of the lot, and of where it was while it was there.
    """
    beyond = [*_excursions(exposure, excursions, arrivals_us), *_disputed(exposure, excursions, now_us)]
    address = f"/lots/{quote(lot_id, safe='')}/assessment" if may_assess else ""
    newest_beyond, newest_gaps = (
        sorted(some, key=lambda one: one.from_us, reverse=True)[:MOST_ROWS] for some in (beyond, list(_gaps(exposure)))
    )
    told = {one.id for found in (*newest_beyond, *newest_gaps) for one in _of(found, assessed)}
    return Findings(
        tuple(_line(one, assessed, address, zone) for one in newest_beyond),
        tuple(_line(one, assessed, address, zone) for one in newest_gaps),
        tuple(assessment_line(one, zone) for one in assessed if one.id not in told),
    )


def _line(found: _Found, assessed: Iterable[KeptAssessment], address: str, zone: tzinfo) -> FindingLine:
    about = _of(found, assessed)
    whole = found.assessable[found.assessable[:, 1] > found.from_us][:1].tolist()
    to_assess = ""
    # Of what still lasts nobody knows yet what it is.
    if address and whole and not found.lasts and all(one.state == "struck" for one in about):
        ends = {"from": instant(whole[0][0]), "until": instant(whole[0][1])}
        to_assess = f"{address}?{urlencode({'finding': found.finding.value, **ends})}"
    return FindingLine(
        what=found.what,
        from_at=moment(found.from_us, zone),
        until=None if found.lasts else moment(found.until_us, zone),
        ended=found.ended,
        duration=duration_text(found.until_us - found.from_us),
        counted=duration_text(found.counted_us),
        peak=found.peak,
        degree_minutes=found.degree_minutes,
        assessed=tuple(assessment_line(one, zone) for one in about),
        to_assess=to_assess,
    )


def _of(found: _Found, assessed: Iterable[KeptAssessment]) -> list[KeptAssessment]:
    """What was assessed of a stretch, or of a part of it."""
    return [
        one
        for one in assessed
        if one.finding is found.finding
        and from_datetime(one.from_at) < found.until_us
        and found.from_us < from_datetime(one.until_at)
    ]


def _excursions(exposure: Exposure, found: Iterable[Excursion], arrivals_us: Collection[int]) -> Iterator[_Found]:
    for one in found:
        ended = _ENDED_TEXTS[one.ended]
        if one.ended is Ended.UNKNOWN and spans.contains(exposure.pending, one.until_us):
            # What is still to come is no gap yet.
            ended = f"waiting for the {'first reading there' if one.until_us in arrivals_us else 'next reading'}"
        its = spans.NONE
        if one.until_us - one.from_us >= SECOND_US:
            its = spans.spans([(one.from_us, one.until_us)])
        yield _Found(
            Finding.EXCURSION,
            one.from_us,
            one.until_us,
            one.limit.text,
            lasts=one.ended is None,
            ended=ended,
            counted_us=one.certain_us,
            peak="—" if one.peak is None else bounded_text(one.peak),
            degree_minutes=f"{_LEAST[one.degree_minutes_is]}{one.degree_minutes:.0f} °C·min",
            assessable=its,
        )


def _disputed(exposure: Exposure, found: Sequence[Excursion], now_us: int) -> Iterator[_Found]:
    """The time beside excursions in which it was possibly beyond a limit though it was measured."""
    assessable = times_of(exposure, Finding.DISPUTED)
    for limit, from_us, until_us in _possibly(exposure, found):
        lasts = until_us == now_us
        ended = _ENDED_TEXTS[None] if lasts else ""
        what = f"possibly {limit.text}"
        yield _Found(Finding.DISPUTED, from_us, until_us, what, lasts=lasts, ended=ended, assessable=assessable)


def _possibly(exposure: Exposure, found: Sequence[Excursion]) -> Iterator[tuple[Limit, int, int]]:
    for of_limit in exposure.limits:
        told = spans.spans([(one.from_us, one.until_us) for one in found if one.limit == of_limit.limit])
        known = spans.union(told, of_limit.certain, exposure.gaps, exposure.pending)
        for from_us, until_us in spans.subtract(of_limit.possible, known)[-MOST_ROWS:].tolist():
            yield of_limit.limit, from_us, until_us


def _gaps(exposure: Exposure) -> Iterator[_Found]:
    kinds = {
        "not measured": spans.subtract(exposure.gaps, exposure.unplaced),
        "in no container": exposure.unplaced,
    }
    for what, lacking in kinds.items():
        for from_us, until_us in lacking[-MOST_ROWS:].tolist():
            yield _Found(Finding.GAP, from_us, until_us, what, assessable=exposure.gaps)
