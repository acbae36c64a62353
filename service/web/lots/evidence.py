"""What a lot's answer rests on: how much of its life was measured live, what was brought, and its temperatures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from service.answers.judging import JudgedLot
from service.answers.temperature_table import By, Row
from service.domain import spans
from service.domain.brought import Resting
from service.domain.instant import duration_text, to_datetime
from service.domain.series.bounded import bounded_text
from service.web.container_views import degrees
from service.web.words import Moment, moment


@dataclass(frozen=True, slots=True)
class SourceLine:
    """How much of the life rests on something; `at`: when that was brought, None: it came by itself."""

    text: str
    at: Moment | None = None
    document: str = ""


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A row of the table of temperatures."""

    when: str
    coldest: str
    warmest: str
    mean: str
    beyond: str
    lacking: str


def source_lines(found: JudgedLot, zone: tzinfo) -> tuple[SourceLine, ...]:
    """Where the evidence of a lot's life comes from, and how much of it has none."""
    exposure = found.judgement.exposure
    measured_us = spans.total_us(exposure.measured)
    brought = tuple(_source_line(one, zone) for one in found.resting)
    lines = [SourceLine(f"{duration_text(measured_us - found.brought_us)} live from its loggers"), *brought]
    if found.resting_more:
        rest_us = found.brought_us - sum(one.length_us for one in found.resting)
        lines.append(SourceLine(f"{duration_text(rest_us)} from {found.resting_more} others, brought likewise"))
    if len(exposure.gaps):
        lines.append(SourceLine(f"{duration_text(spans.total_us(exposure.gaps))} not measured"))
    return tuple(lines)


def _source_line(one: Resting, zone: tzinfo) -> SourceLine:
    return SourceLine(one.source, moment(one.origin.recorded_us, zone), one.origin.sha256)


#: So many characters of an instant say which hour, day or month it is.
_TOLD = {By.HOUR: len("2026-03-01 14"), By.DAY: len("2026-03-01"), By.MONTH: len("2026-03")}


def figure_lines(kind: By, rows: Sequence[Row]) -> tuple[FigureLine, ...]:
    """Temperatures by hours, days or months of UTC, the newest first."""
    return tuple(
        FigureLine(
            to_datetime(row.from_us).isoformat(" ")[: _TOLD[kind]] + (":00" if kind is By.HOUR else ""),
            "—" if row.coldest is None else bounded_text(row.coldest, degrees),
            "—" if row.warmest is None else bounded_text(row.warmest, degrees),
            _mean(row),
            duration_text(row.beyond_us) if row.beyond_us else "—",
            duration_text(row.lacking_us) if row.lacking_us else "—",
        )
        for row in reversed(rows)
    )


def _mean(row: Row) -> str:
    said = "—" if row.mean_c is None else degrees(row.mean_c)
    count = f"{row.left_out} {'reading' if row.left_out == 1 else 'readings'}"
    return f"{said} without {count} (HI or LO)" if row.left_out and row.mean_c is not None else said
