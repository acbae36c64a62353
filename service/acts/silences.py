"""People who silence alerts for a while, and who end that before its time."""

from datetime import datetime

from service.domain.alerting.silence import RecordedSilence, Silence, check_end, check_silence
from service.domain.identity.actor import Actor
from service.store.acting import acting
from service.store.alerting import silences
from service.store.alerting.alert_changes import notify_changed
from service.store.pool import Connection


def record_silence(connection: Connection, actor: Actor, silence: Silence, *, reason: str) -> RecordedSilence:
    """Tell nobody of some alerts for a while.

    Raises:
        RefusedError: there is no such site, container or cause, or the time cannot be.
    """
    check_silence(silence)
    with acting(connection, actor, reason):
        silence_id = silences.add_silence(connection, silence, reason=reason)
        notify_changed(connection)
        return silences.silence(connection, silence_id)


def end_silence(
    connection: Connection, actor: Actor, silence_id: int, *, reason: str | None = None, at: datetime
) -> RecordedSilence:
    """End a silence before its time; what is still so is told at once.

    Raises:
        NotFoundError: there is none of that id.
        ConflictError: it is over.
    """
    with acting(connection, actor, reason):
        check_end(silences.locked_silence(connection, silence_id), at)
        silences.end_silence(connection, silence_id, at=at)
        notify_changed(connection)
        return silences.silence(connection, silence_id)
