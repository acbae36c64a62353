"""Silences: what nobody is to be told of for a while, by whom and why. Maintenance is one that begins later."""

from datetime import datetime

from service.domain.alerting.silence import RecordedSilence, Silence, SilenceState
from service.domain.identity.caller import Sites
from service.store.new_rows import new_row
from service.store.paging import NEWEST_FIRST, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, columns, found, one_row, one_value
from service.store.visible import visible, visible_at

_SILENCE = f"SELECT {columns(RecordedSilence)} FROM silences "


def add_silence(connection: Connection, silence: Silence, *, reason: str) -> int:
    """Record a silence, and give its id.

    Raises:
        RefusedError: there is no such site or container.
    """
    with new_row("silence", "", site_id=silence.site_id or "", container_id=silence.container_id or ""):
        return int(
            one_value(
                connection,
                "INSERT INTO silences (site_id, container_id, cause, from_at, until_at, reason) "
                "VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
                [
                    silence.site_id,
                    silence.container_id,
                    silence.cause,
                    silence.from_at,
                    silence.until_at,
                    reason,
                ],
            )
        )


#: By state, what it means at an instant: in the words of the database what `RecordedSilence.state` says.
_IS_OVER = "(ended_by IS NOT NULL OR until_at <= %(now)s)"
_IN_STATE = {
    None: "true",
    SilenceState.OVER: _IS_OVER,
    SilenceState.PLANNED: f"NOT {_IS_OVER} AND from_at > %(now)s",
    SilenceState.IN_FORCE: f"NOT {_IS_OVER} AND from_at <= %(now)s",
}


def silences(
    connection: Connection, state: SilenceState | None, now: datetime, part: Part, seen_at: Sites = None
) -> list[RecordedSilence]:
    """Silences, newest first; those in one state now if asked."""
    query = f"{_SILENCE} WHERE {_IN_STATE[state]} AND {visible('silence', 'silences.id', seen_at)}"
    return rows_of_part(connection, RecordedSilence, query, {"now": now, **visible_at(seen_at)}, NEWEST_FIRST, part)


def silences_in_force(connection: Connection, now: datetime, ended_since: datetime) -> list[RecordedSilence]:
    """What is not to be told now, and what was not to be told until lately."""
    return all_rows(
        connection,
        RecordedSilence,
        _SILENCE + "WHERE from_at <= %s AND until_at > %s ORDER BY id",
        [now, ended_since],
    )


def silence(connection: Connection, silence_id: int) -> RecordedSilence:
    """One silence.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = one_row(connection, RecordedSilence, _SILENCE + "WHERE id = %s", [silence_id])
    return found(row, "silence", silence_id)


def locked_silence(connection: Connection, silence_id: int) -> RecordedSilence:
    """One silence, which nobody else changes until the transaction is over.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = one_row(connection, RecordedSilence, _SILENCE + "WHERE id = %s FOR UPDATE", [silence_id])
    return found(row, "silence", silence_id)


def end_silence(connection: Connection, silence_id: int, *, at: datetime) -> None:
    """End a silence before its time; one that has not begun never will."""
    connection.execute(
        # One that has not begun keeps a microsecond, which no alert meets: a silence ends after it begins.
        "UPDATE silences SET until_at = greatest(%(at)s, from_at + interval '1 microsecond'), "
        "planned_until = until_at, ended_by = acting_as('actor_name') WHERE id = %(id)s",
        {"at": at, "id": silence_id},
    )
