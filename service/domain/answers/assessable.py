"""What quality may assess: a stretch of time that is what it is said to be, as a lot is judged now."""

from collections.abc import Sequence

from service.domain import spans
from service.domain.answers.papers import Assessment, Finding
from service.domain.answers.ways import listed
from service.domain.exposure.lot import Exposure
from service.domain.instant import date_text, duration_text
from service.domain.spans import Spans
from service.errors import ConflictError, RefusedError, UnbrokenError

#: What each is called.
FINDINGS = {
    Finding.GAP: "a gap, which nobody measured",
    Finding.DISPUTED: "disputed, measured by readings that prove nothing",
    Finding.EXCURSION: "an excursion",
}


def times_of(exposure: Exposure, finding: Finding) -> Spans:
    """When a lot's life is so; an excursion: as far as it is charged with it."""
    if finding is Finding.GAP:
        return exposure.gaps
    if finding is Finding.EXCURSION:
        return spans.union(*(found.certain for found in exposure.limits))
    doubted = [spans.subtract(found.possible, found.certain) for found in exposure.limits]
    if exposure.thaw is not None:
        doubted.append(spans.subtract(exposure.thaw.maybe_above, exposure.thaw.above))
    return spans.subtract(spans.union(*doubted), spans.union(exposure.gaps, exposure.unjudged))


def why_not_assessed(
    finding: Finding, from_us: int, until_us: int, accepted_us: int, times: Spans, counting: Sequence[Assessment]
) -> UnbrokenError | None:
    """Why a stretch cannot be assessed; None: it can.

    Args:
        accepted_us: so much of it is accepted as beyond the limits.
        times: when it is so.
        counting: the assessments of the same lot or container that count.
    """
    length_us = until_us - from_us
    if accepted_us > length_us:
        text = f"the stretch lasts {duration_text(length_us)}, and no more of it than that can be accepted"
        return RefusedError("accepted_s", text)
    there = spans.clip(times, from_us, until_us)
    if len(there) == 0:
        return ConflictError(
            f"from {_text(from_us, until_us)} nothing is {FINDINGS[finding]}: readings that came since may have closed "
            "it; read the lot's status again, and assess what it lacks now"
        )
    if spans.total_us(there) < length_us:
        so = listed([f"{_text(a, b)}" for a, b in there.tolist()])
        return ConflictError(f"of that time only {so} is {FINDINGS[finding]}; assess each such stretch by itself")
    for one in counting:
        if max(one.from_us, from_us) < min(one.until_us, until_us):
            return ConflictError(
                f"assessment {one.id} counts from {_text(one.from_us, one.until_us)}; strike it first, or leave it so"
            )
    return None


def _text(from_us: int, until_us: int) -> str:
    return f"{date_text(from_us)} to {date_text(until_us)} UTC"
