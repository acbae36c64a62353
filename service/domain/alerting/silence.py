"""What nobody is told of for a while: silences, and maintenance that lies ahead."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from service.domain.alerting.alert import Alert
from service.domain.alerting.rule_table import causes
from service.errors import ConflictError, RefusedError

#: Longer is no silence but a rule that should be off, or a container out of use.
_LONGEST = timedelta(days=30)


class SilenceState(StrEnum):
    """Whether a silence is in force."""

    PLANNED = "planned"
    IN_FORCE = "in_force"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Silence:
    """Over ``[from_at, until_at)`` nobody is told of what it matches; None: any. Maintenance is one that lies ahead."""

    site_id: str | None
    container_id: str | None
    cause: str | None
    from_at: datetime
    until_at: datetime

    def matches(self, alert: Alert) -> bool:
        """Whether it is about this alert."""
        return (
            self.site_id in (None, alert.site_id)
            and self.container_id in (None, alert.container_id)
            and self.cause in (None, alert.cause)
        )


@dataclass(frozen=True, slots=True)
class RecordedSilence(Silence):
    """A silence that somebody recorded.

    Attributes:
        planned_until: of one that was ended before its time, by `ended_by`: until when it was to be.
    """

    id: int
    planned_until: datetime | None
    reason: str
    recorded_by: str
    recorded_at: datetime
    ended_by: str | None

    def state(self, now: datetime) -> SilenceState:
        """Whether it is in force."""
        if self.ended_by is not None or self.until_at <= now:
            return SilenceState.OVER
        return SilenceState.PLANNED if self.from_at > now else SilenceState.IN_FORCE


def check_silence(silence: Silence) -> None:
    """Whether a silence may be recorded.

    Raises:
        RefusedError: it is about everything or an unknown cause, its end is not to come, or it is too long.
    """
    if silence.site_id is None and silence.container_id is None and silence.cause is None:
        raise RefusedError("site_id", "name a site, a container or a cause; everything at once cannot be silenced")
    if silence.cause is not None and silence.cause not in causes():
        raise RefusedError("cause", f"there is no cause {silence.cause!r}; there are {', '.join(causes())}")
    if silence.until_at <= silence.from_at:
        raise RefusedError("until", f"{silence.until_at.isoformat()} is past; give an end that is still to come")
    if silence.until_at - silence.from_at > _LONGEST:
        raise RefusedError("until", f"it is longer than {_LONGEST.days} days; silence it again when it is still needed")


def check_end(silence: RecordedSilence, now: datetime) -> None:
    """Whether a silence may be ended before its time.

    Raises:
        ConflictError: it is over.
    """
    if silence.state(now) is SilenceState.OVER:
        over_since = silence.until_at.isoformat()
        raise ConflictError(f"silence {silence.id} is over since {over_since}; there is nothing to end")
