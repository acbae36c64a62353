"""What was odd of a container since its last check, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from service.domain import spans
from service.domain.alerting.limit_rules import LIMIT_CROSSED
from service.domain.alerting.logger_rules import LOGGER_SILENT
from service.domain.checks.seen import Odd
from service.domain.exposure.container import Record, threshold_of
from service.domain.instant import SECOND_US, duration_text
from service.domain.profiles import Limit, Profile
from service.domain.severity import Severity
from service.domain.spans import Spans


@dataclass(frozen=True, slots=True)
class Happened:
    """An alert that went off, or was to go off, since the last check. `text`: what it says, after its name."""

    cause: str
    severity: Severity
    text: str
    began_us: int
    ended_us: int | None


@dataclass(frozen=True, slots=True)
class Since:
    """The time that is looked at. `first`: nobody looked before."""

    from_us: int
    until_us: int
    first: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one container.

    Attributes:
        record: None: it was never judged.
        measured_from_us: since when a probe that counts was there, if only since after the last check; None: none was.
        no_numbers: readings that are no temperature.
        impossible: readings that no such probe can show, or that contradict each other.
    """

    profile: Profile
    record: Record | None
    measured_from_us: int | None
    alerts: Sequence[Happened] = ()
    no_numbers: int = 0
    impossible: int = 0


def odd(facts: Facts, since: Since) -> tuple[Odd, ...]:
    """What was odd, the worst first."""
    limits = [*_beyond(facts, since)]
    gaps = [*_gaps(facts, since)]
    # What the record tells in full, with its times, need not be told by an alert again.
    told = {cause for cause, found in ((LIMIT_CROSSED, limits), (LOGGER_SILENT, gaps)) if found}
    alerts = [happened(one, since) for one in facts.alerts if one.cause not in told or _was_before(one, since)]
    return (*limits, *gaps, *alerts, *_numbers(facts))


def happened(alert: Happened, since: Since) -> Odd:
    """An alert. One that people knew of when they looked last is shown, and asks for no word again."""
    is_new = since.first or alert.began_us >= since.from_us or _was_before(alert, since)
    return Odd(alert.text, alert.began_us, alert.ended_us, alert.severity is not Severity.INFO and is_new)


def _was_before(alert: Happened, since: Since) -> bool:
    """Whether it was over by then: its readings came late, so that nobody had heard of it."""
    return alert.ended_us is not None and alert.ended_us <= since.from_us


def _beyond(facts: Facts, since: Since) -> Iterator[Odd]:
    record = facts.record
    if record is None:
        return
    # Between the newest reading and now nothing is odd yet; once it is silence, that is told.
    until_us = since.until_us if _is_silent(facts, since) else min(since.until_us, record.measured_until_us)
    heard = replace(since, until_us=max(until_us, since.from_us))
    for limit in _each_once(facts.profile.limits):
        threshold = threshold_of(limit)
        certain = spans.clip(record.beyond.get(threshold, spans.NONE), heard.from_us, heard.until_us)
        perhaps = spans.clip(record.disputed.get(threshold, spans.NONE), heard.from_us, heard.until_us)
        # What nobody measured is told as that.
        perhaps = spans.subtract(spans.subtract(perhaps, certain), _unmeasured(facts, since))
        yield from _told(limit.text, certain, heard, still=threshold in record.open_beyond)
        yield from _told(f"perhaps {limit.text}", perhaps, heard, still=threshold in record.open_possible)


def _each_once(limits: Sequence[Limit]) -> list[Limit]:
    return list({threshold_of(limit): limit for limit in limits}.values())


def _gaps(facts: Facts, since: Since) -> Iterator[Odd]:
    unmeasured = _unmeasured(facts, since)
    yield from _told("not measured", unmeasured, since, still=True)


def _unmeasured(facts: Facts, since: Since) -> Spans:
    """When nobody measured though a probe was there; the silence up to now, once it is longer than a gap may be."""
    if facts.record is None or facts.measured_from_us is None:
        return spans.NONE
    silent = _is_silent(facts, since)
    tail = spans.spans([(facts.record.measured_until_us, since.until_us)] if silent else [])
    return spans.clip(spans.union(facts.record.gaps, tail), facts.measured_from_us, since.until_us)


def _is_silent(facts: Facts, since: Since) -> bool:
    silent_from_us = since.until_us if facts.record is None else facts.record.measured_until_us
    return since.until_us - silent_from_us > facts.profile.max_gap_s * SECOND_US


def _told(what: str, some: Spans, since: Since, *, still: bool) -> Iterator[Odd]:
    if spans.total_us(some) < SECOND_US:
        return
    from_us, until_us = int(some[0, 0]), int(some[-1, 1])
    pieces = f" in {len(some)} pieces" if len(some) > 1 else ""
    lasted = duration_text(spans.total_us(some))
    until = None if still and until_us == since.until_us else until_us
    yield Odd(f"{what} for {lasted}{pieces}", from_us, until, asks=True)


def _numbers(facts: Facts) -> Iterator[Odd]:
    for count, what in (
        (facts.impossible, "that no such probe can show, or that contradict each other"),
        (facts.no_numbers, "without a temperature"),
    ):
        if count:
            yield Odd(f"{count} {'reading' if count == 1 else 'readings'} {what}")
