"""Containers to which the lots of another could be taken."""

from dataclasses import dataclass

from service.domain.identity.caller import Sites
from service.store.pool import Connection
from service.store.rows import all_rows
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class ContainerLike:
    """A container of the same profile as another, with what tells whether it is well.

    Attributes:
        measured_until_us: None: it was never measured.
        beyond: by its last readings it may be beyond a limit of its profile.
        lots: how many lots are in it.
    """

    id: str
    name: str
    kind: str
    site_id: str
    site_name: str
    same_site: bool
    max_gap_s: int
    measured_until_us: int | None
    beyond: bool
    alarmed: bool
    lots: int


def containers_like(connection: Connection, container_id: str, seen_at: Sites = None) -> list[ContainerLike]:
    """The other containers of a container's profile, in no order."""
    return all_rows(
        connection,
        ContainerLike,
        f"""
        SELECT other.id, other.name, other.kind, other.site_id, sites.name AS site_name,
               other.site_id = own.site_id AS same_site, (document->>'max_gap_s')::integer AS max_gap_s,
               measured_until_us,
               EXISTS (SELECT FROM jsonb_array_elements(open_possible) AS beyond
                       JOIN jsonb_array_elements(document->'limits') AS of_profile
                       ON of_profile->'direction' = beyond->0 AND of_profile->'threshold_c' = beyond->1) AS beyond,
               EXISTS (SELECT FROM alerts WHERE alerts.container_id = other.id AND state <> 'resolved'
                       AND severity <> 'info') AS alarmed,
               (SELECT count(*) FROM stays WHERE stays.container_id = other.id AND until_at IS NULL) AS lots
        FROM containers AS own JOIN containers AS other ON other.profile_id = own.profile_id AND other.id <> own.id
        JOIN sites ON sites.id = other.site_id
        JOIN profiles ON (profiles.id, profiles.version) = (other.profile_id, other.profile_version)
        LEFT JOIN container_records ON container_records.container_id = other.id
            AND container_records.max_gap_s = (document->>'max_gap_s')::integer
        WHERE own.id = %(container)s AND other.retired_at IS NULL AND {visible("container", "other.id", seen_at)}
        """,
        {"container": container_id, **visible_at(seen_at)},
    )
