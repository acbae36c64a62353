"""People who look at a site in the morning, and record what they saw."""

from datetime import datetime, timedelta

from service.answers.checks import look
from service.domain.checks.seen import why_not_recorded
from service.domain.identity.actor import Actor
from service.errors import ConflictError, RefusedError
from service.store.acting import acting
from service.store.checks.checks import Check, add_check, check
from service.store.pool import Connection

#: What was shown longer ago is looked at again: much may have become of it.
_SHOWN_WITHIN = timedelta(minutes=15)


def record_check(
    connection: Connection, actor: Actor, site_id: str, *, comment: str, shown_at: datetime, now: datetime
) -> Check:
    """Record that a site was looked at, with what was shown at `shown_at`. What came after it is in the next check.

    Raises:
        ConflictError: somebody else has just recorded it.
        RefusedError: something was odd, and nothing is said about it; or it was shown too long ago.
    """
    if not now - _SHOWN_WITHIN <= shown_at <= now:
        raise RefusedError(
            "as_of", "what you saw is not from the last 15 minutes; look at it as it is now, and record that"
        )
    with acting(connection, actor, comment or None):
        seen = look(connection, site_id, shown_at)
        if seen.last is not None and seen.last.until_at >= shown_at:
            raise ConflictError(
                f"{seen.last.recorded_by} has recorded the check of site {site_id!r} meanwhile; look at what came since"
            )
        if why := why_not_recorded(seen.seen, comment):
            raise RefusedError("comment", why)
        check_id = add_check(connection, site_id, seen.from_at, seen.until_at, seen.seen, comment)
        return check(connection, check_id)
