"""What is said of probes that count for nothing where a lot was: which, since when, and whether they send."""

from collections.abc import Sequence

from service.domain.exposure.uncounted import AttachedProbe, Uncounted, UncountedProbe
from service.domain.instant import END_US, date_text
from service.domain.severity import Severity
from service.domain.verdicts.reasons import Reason

_CODES = {
    Uncounted.NOT_COMMISSIONED: "probe_not_commissioned",
    Uncounted.LATER: "probe_counts_later",
    Uncounted.AMBIENT: "probe_only_ambient",
}

#: As many are told of each kind.
_MOST = 3


def uncounted_reasons(found: Sequence[UncountedProbe]) -> list[Reason]:
    """A reason for each probe that counts for nothing; of many of a kind the last one says how many more there are."""
    reasons = []
    for why, code in _CODES.items():
        some = [one for one in found if one.why is why]
        more = f" So it is with {len(some) - _MOST} more." if len(some) > _MOST else ""
        for number, one in enumerate(some[:_MOST], 1):
            text = uncounted_text(one) + (more if number == _MOST else "")
            reasons.append(Reason(code, text, Severity.WARNING, one.since_us))
    return reasons


def logger_text(one: AttachedProbe) -> str:
    """A probe as people say it, and where it is: ``'logger L1 (probe top) in Freezer 1'``."""
    probe = f" (probe {one.probe})" if one.probe else ""
    return f"logger {one.logger_id}{probe} {'beside' if one.is_ambient else 'in'} {one.container_name}"


def uncounted_text(found: UncountedProbe) -> str:
    """Which probe it is, since when it is attached, why it counts for nothing, and whether it sends."""
    one = found.attached
    named = logger_text(one)
    if found.why is Uncounted.AMBIENT:
        hangs = "is" if one.until_us == END_US else "was"
        return f"Only {named} {hangs} attached, as ambient: that is recorded, and proves nothing of the inside."
    named = named[0].upper() + named[1:]
    if found.why is Uncounted.LATER:
        if one.counts_us is None:
            return f"{named} is attached only from {date_text(one.from_us)} UTC on, and is not commissioned yet."
        return f"{named} counts only from {date_text(one.counts_us)} UTC on."
    since = date_text(one.from_us)
    if one.until_us == END_US:
        attached, arrive = f"attached since {since} UTC, is not commissioned", "arrive"
    else:
        attached, arrive = f"attached {since} to {date_text(one.until_us)} UTC, was not commissioned", "arrived"
    if one.heard_us is None:
        return f"{named}, {attached}, and no reading of it has arrived."
    return f"{named}, {attached}: its readings {arrive}, the last of {date_text(one.heard_us)} UTC, and do not count."
