"""Who is to hear of an alert at this hour."""

from collections.abc import Iterable
from datetime import datetime

from alerts.on_call.config import Target
from service.domain.severity import Severity


def is_urgent(severity: str, used: float | None) -> bool:
    """Whether it wakes people: it is critical, or a lot has no time left. `used`: the largest share of a budget."""
    return severity == Severity.CRITICAL or (used or 0) >= 1


def outside_quiet_hours(targets: Iterable[Target], now: datetime, *, urgent: bool) -> tuple[Target, ...]:
    """Those of them whose quiet hours it is not; all of them where it is urgent."""
    return tuple(one for one in targets if urgent or one.person is None or not one.person.is_quiet(now))
