"""Everything in a container moved to another, by one act."""

from datetime import datetime
from typing import Any

from service.errors import ConflictError, NotFoundError, RefusedError
from service.store import lots, placing, registry
from service.store.pool import Connection
from service.store.rewriting import Word
from service.store.row_locks import lock_lots

Row = dict[str, Any]

_MOVE = "SELECT id, container_id, to_id, moved_at, lot_ids, recorded_by, recorded_at FROM moves "


def move(connection: Connection, container_id: str, to_id: str, *, at: datetime, recorded_by: str, word: Word) -> Row:
    """Place every lot that is in a container now into another, from `at` on: all of them, or none.

    Call it inside a transaction. The same act once more changes nothing. Where it changes time already judged, it is
    listed for each lot.

    Raises:
        NotFoundError: there is no such container.
        RefusedError: there is no such container to move to, it is the same, or the past is changed without a reason.
        ConflictError: there is no lot in it, or one was not in it yet at that time.
    """
    if to_id == container_id:
        raise RefusedError("to", "the lots are in this container already; name the one they were moved to")
    registry.container(connection, container_id)
    try:
        registry.container(connection, to_id)
    except NotFoundError as error:
        raise RefusedError("to", str(error)) from error
    lock_lots(connection, lots.lots_now_in(connection, container_id))
    # Once more: a button pressed twice must find what the first press did, and somebody may have moved one of them.
    lot_ids = lots.lots_now_in(connection, container_id)
    if not lot_ids:
        done = connection.execute(
            _MOVE + "WHERE (container_id, to_id, moved_at) = (%s, %s, %s) ORDER BY id DESC LIMIT 1",
            [container_id, to_id, at],
        ).fetchone()
        if done is None:
            raise ConflictError(f"there is no lot in {container_id!r} now; nothing was moved")
        return done
    [row] = connection.execute(
        "INSERT INTO moves (container_id, to_id, moved_at, lot_ids, recorded_by) VALUES (%s, %s, %s, %s, %s) "
        "RETURNING id, container_id, to_id, moved_at, lot_ids, recorded_by, recorded_at",
        [container_id, to_id, at, lot_ids, recorded_by],
    ).fetchall()
    for number, lot_id in enumerate(lot_ids, 1):
        placing.place(
            connection,
            placement_id=f"move-{row['id']}-{number}",
            lot_id=lot_id,
            container_id=to_id,
            from_at=at,
            until_at=None,
            word=word,
        )
    return row


def moves_from(connection: Connection, container_id: str, since: datetime) -> list[Row]:
    """What was moved out of a container since then, in order."""
    return connection.execute(
        "SELECT moves.id, container_id, to_id, containers.name AS to_name, moved_at, lot_ids, recorded_by, "
        "moves.recorded_at FROM moves JOIN containers ON containers.id = to_id "
        "WHERE container_id = %s AND moved_at >= %s ORDER BY moves.id",
        [container_id, since],
    ).fetchall()


def containers_like(connection: Connection, container_id: str) -> list[Row]:
    """The other containers of a container's profile, with what tells whether they are well; its own site's first.

    `beyond`: by their last readings they may be beyond a limit of their profile; `measured_until_us` may be
    null.
    """
    return connection.execute(
        """
        SELECT other.id, other.name, other.site_id, sites.name AS site_name, other.site_id = own.site_id AS same_site,
               (document->>'max_gap_s')::integer AS max_gap_s, measured_until_us,
               EXISTS (SELECT FROM jsonb_array_elements(open_possible) AS beyond
                       JOIN jsonb_array_elements(document->'limits') AS of_profile
                       ON of_profile->'direction' = beyond->0 AND of_profile->'threshold_c' = beyond->1) AS beyond,
               EXISTS (SELECT FROM alerts WHERE alerts.container_id = other.id AND state <> 'resolved'
                       AND severity <> 'info') AS alarmed,
               (SELECT count(*) FROM placements WHERE placements.container_id = other.id AND until_at IS NULL) AS lots
        FROM containers AS own JOIN containers AS other ON other.profile_id = own.profile_id AND other.id <> own.id
        JOIN sites ON sites.id = other.site_id
        JOIN profiles ON (profiles.id, profiles.version) = (other.profile_id, other.profile_version)
        LEFT JOIN container_records ON container_records.container_id = other.id
            AND container_records.max_gap_s = (document->>'max_gap_s')::integer
        WHERE own.id = %s ORDER BY same_site DESC, sites.name, other.name, other.id
        """,
        [container_id],
    ).fetchall()
