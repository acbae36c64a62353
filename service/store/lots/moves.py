"""Everything in a container moved to another, by one act."""

from datetime import datetime
from typing import Any

from service.store.pool import Connection

Row = dict[str, Any]

_MOVE = "SELECT id, container_id, to_id, moved_at, lot_ids, recorded_by, recorded_at FROM moves "


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
