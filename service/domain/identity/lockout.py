"""When a login is closed because of failed tries: longer each time, but never so long that its owner is shut out."""

from datetime import datetime, timedelta

#: So many are people who do not remember.
FREE_TRIES = 5

_FIRST = timedelta(minutes=1)
LONGEST = timedelta(minutes=15)

#: At so many tries, and at each time as many again, the log says so: nobody is as forgetful as that.
_SAID_EVERY = 10

#: Failures this old are forgotten.
_FORGOTTEN_AFTER = timedelta(days=1)


def counted(failures: int, failed_at: datetime | None, now: datetime) -> int:
    """How many tries have failed, with the one that fails now."""
    old = failed_at is None or now - failed_at > _FORGOTTEN_AFTER
    return 1 if old else failures + 1


def is_said(failures: int) -> bool:
    """Whether whoever reads the log is told of the try that failed now."""
    return failures % _SAID_EVERY == 0


def closed_until(failures: int, now: datetime) -> datetime | None:
    """Until when a login stays closed after this many failed tries; None: it does not."""
    if failures < FREE_TRIES:
        return None
    longer = 1 << min(failures - FREE_TRIES, 10)
    return now + min(_FIRST * longer, LONGEST)
