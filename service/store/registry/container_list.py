"""Containers as they are listed: the worst first, then by name."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from service.domain.alerting.given_up import GIVEN_UP_CODES
from service.domain.exposure.innermost import JUDGED_BY_WHAT_THEY_ARE_IN
from service.domain.identity.caller import Sites
from service.domain.instant import BEGINNING_US, SECOND_US
from service.store.instants import parameter
from service.store.paging import Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.visible import visible, visible_at

#: Of one rank by name, as people look for them.
WORST_FIRST = Order({"rank": int, "name": str, "id": str})

#: By rank, what is wrong.
CONDITIONS = ("alarm", "beyond", "silent", "warning", "well", "unwatched")


@dataclass(frozen=True, slots=True)
class ChosenContainers:
    """Which containers are asked for; None: any. `text`: part of an id or a name.

    Attributes:
        container_ids: these, the retired among them; None: all that are in use.
        seen_at: only those that may be seen at these sites.
    """

    site_id: str | None = None
    text: str | None = None
    container_ids: Sequence[str] | None = None
    seen_at: Sites = None


@dataclass(frozen=True, slots=True)
class ListedContainer:
    """A container with what its place in the list rests on.

    Attributes:
        alerts: that go off, or are in hand; severity: of the worst of them, empty without any.
        measured_until_us: the last instant any of its probes speaks for; None: it was never measured.
        beyond: by its last readings it is, or may be, beyond a limit of its profile.
        probes: how many are judged in it now.
        measured_by_id, measured_by: id and name of the container whose probes speak for a box or a rack that has none,
            for it is in that; None: none does.
        rank: its place in the list, and in `CONDITIONS`.
    """

    id: str
    name: str
    kind: str
    site_id: str
    site_name: str
    time_zone: str
    profile_id: str
    profile_version: int
    max_gap_s: int
    door_grace_s: int
    declared_c: float | None
    retired: bool
    alerts: int
    severity: str
    measured_until_us: int | None
    beyond: bool
    probes: int
    measured_by_id: str | None
    measured_by: str | None
    rank: int

    @property
    def condition(self) -> str:
        """What is wrong with it: one of `CONDITIONS`."""
        return CONDITIONS[self.rank]

    @property
    def profile_key(self) -> tuple[str, int]:
        """Id and version of its profile."""
        return self.profile_id, self.profile_version


#: Whether a container has a probe now that judges. `{of}`: its id.
_HAS_PROBE = """EXISTS (SELECT FROM attachments WHERE container_id = {of} AND place <> 'ambient'
    AND commissioned_at <= %(now)s AND from_at <= %(now)s AND coalesce(until_at, 'infinity') > %(now)s)"""

_WITHOUT_RANK = ", ".join(field.name for field in fields(ListedContainer) if field.name != "rank")


def containers_listed(
    connection: Connection, chosen: ChosenContainers, now_us: int, part: Part
) -> list[ListedContainer]:
    """Containers, worst first.

    What nobody measures is only unwatched where no lot is in it that may be used.
    """
    conditions = [
        "containers.retired_at IS NULL" if chosen.container_ids is None else "containers.id = ANY(%(containers)s)",
        visible("container", "containers.id", chosen.seen_at),
    ]
    if chosen.site_id is not None:
        conditions.append("containers.site_id = %(site)s")
    if chosen.text:
        conditions.append("strpos(lower(containers.id || ' ' || containers.name), lower(%(text)s)) > 0")
    query = f"""
        SELECT {_WITHOUT_RANK}, CASE
                   WHEN severity = 'critical' THEN 0
                   WHEN beyond THEN 1
                   WHEN (probes > 0 OR has_lots AND measured_by IS NULL) AND coalesce(measured_until_us, 0)
                        < %(now_us)s - max_gap_s * {SECOND_US}::bigint THEN 2
                   WHEN severity = 'warning' THEN 3
                   WHEN probes > 0 THEN 4
                   ELSE 5 END AS rank
        FROM (
            SELECT containers.id, containers.name, kind, site_id, sites.name AS site_name, time_zone,
                   profile_id, profile_version, (document->>'max_gap_s')::integer AS max_gap_s, door_grace_s,
                   declared_c, containers.retired_at IS NOT NULL AS retired, coalesce(alerts, 0) AS alerts,
                   CASE WHEN critical THEN 'critical' WHEN warning THEN 'warning'
                        WHEN alerts > 0 THEN 'info' ELSE '' END AS severity,
                   nullif(measured_until_us, {BEGINNING_US}) AS measured_until_us,
                   EXISTS (SELECT FROM jsonb_array_elements(open_possible) AS beyond
                           JOIN jsonb_array_elements(document->'limits') AS of_profile
                           ON of_profile->'direction' = beyond->0 AND of_profile->'threshold_c' = beyond->1) AS beyond,
                   coalesce(probes, 0) AS probes, measured_by_id, measured_by,
                   EXISTS (SELECT FROM stays JOIN lot_states USING (lot_id) WHERE container_id = containers.id
                           AND until_at IS NULL AND NOT reason_codes && %(given_up)s) AS has_lots
            FROM containers JOIN sites ON sites.id = site_id
            JOIN profiles ON (profiles.id, profiles.version) = (profile_id, profile_version)
            LEFT JOIN container_records ON container_records.container_id = containers.id
                 AND container_records.max_gap_s = (document->>'max_gap_s')::integer
            LEFT JOIN (
                SELECT container_id, count(*) AS alerts, bool_or(severity = 'critical') AS critical,
                       bool_or(severity = 'warning') AS warning
                FROM alerts WHERE state <> 'resolved' AND state <> 'pending' GROUP BY container_id
            ) AS going_off ON going_off.container_id = containers.id
            LEFT JOIN (
                SELECT container_id, count(*) AS probes FROM attachments
                WHERE place <> 'ambient' AND commissioned_at <= %(now)s AND from_at <= %(now)s
                      AND coalesce(until_at, 'infinity') > %(now)s GROUP BY container_id
            ) AS measuring ON measuring.container_id = containers.id
            LEFT JOIN LATERAL (
                SELECT judge.id AS measured_by_id, judge.name AS measured_by FROM (
                    SELECT around.id, around.name, {_HAS_PROBE.format(of="around.id")} AS has_probe
                    FROM enclosures JOIN containers AS around ON around.id = outer_id
                    WHERE enclosures.container_id = containers.id AND enclosures.until_at IS NULL
                          AND (around.kind <> ALL(%(boxes)s) OR {_HAS_PROBE.format(of="around.id")})
                    ORDER BY level LIMIT 1
                ) AS judge WHERE has_probe
            ) AS judging ON containers.kind = ANY(%(boxes)s) AND probes IS NULL
            WHERE {" AND ".join(conditions)}
        ) AS found
    """
    parameters = {
        "now_us": now_us,
        "now": parameter(now_us),
        "site": chosen.site_id,
        "text": chosen.text,
        "boxes": sorted(JUDGED_BY_WHAT_THEY_ARE_IN),
        "given_up": list(GIVEN_UP_CODES),
        "containers": None if chosen.container_ids is None else list(chosen.container_ids),
        **visible_at(chosen.seen_at),
    }
    return rows_of_part(connection, ListedContainer, query, parameters, WORST_FIRST, part)
