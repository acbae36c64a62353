"""What a logger can measure, as it becomes known: an end that is recorded stays."""

from dataclasses import dataclass

from service.errors import ConflictError, RefusedError


@dataclass(frozen=True, slots=True)
class LoggerRange:
    """What a logger can measure, °C; None: an end is not known."""

    id: str
    range_min_c: float | None
    range_max_c: float | None


def completed(known: LoggerRange, given: LoggerRange) -> LoggerRange:
    """What is known, with what is given where nothing is known yet."""
    return LoggerRange(
        known.id,
        given.range_min_c if known.range_min_c is None else known.range_min_c,
        given.range_max_c if known.range_max_c is None else known.range_max_c,
    )


def why_contradicted(known: LoggerRange, given: LoggerRange) -> ConflictError | None:
    """Why a range cannot be recorded of a logger of which another is known; None: it can."""
    ends = (
        ("range_min_c", known.range_min_c, given.range_min_c),
        ("range_max_c", known.range_max_c, given.range_max_c),
    )
    for name, recorded_c, given_c in ends:
        if recorded_c is not None and given_c is not None and given_c != recorded_c:
            return ConflictError(f"{name} of logger {known.id!r} is recorded as {recorded_c:g}; leave it as it is")
    becomes = completed(known, given)
    low, high = becomes.range_min_c, becomes.range_max_c
    if low is not None and high is not None and low >= high:
        return ConflictError(f"the range of logger {known.id!r} would be {low:g} to {high:g}; its ends are wrong")
    return None


def why_unexplained(reason: str | None) -> RefusedError | None:
    """Why a range that decides what judged readings prove cannot be recorded; None: somebody says how it is known."""
    if reason:
        return None
    return RefusedError(
        "reason",
        "lots have been judged by this logger's readings, and its range decides what they prove: say in "
        "`reason` how it is known; it is listed",
    )
