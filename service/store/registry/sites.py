"""Sites: where things are, each with its time zone."""

from dataclasses import dataclass
from datetime import datetime

from service.domain.identity.caller import Sites
from service.errors import RefusedError
from service.store.new_rows import new_row
from service.store.paging import BY_ID, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, columns, found, one_row
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class Site:
    """A place with a time zone.

    Attributes:
        retired_at: since when nothing new is registered there; None: it is in use.
        organisation_id: whose it is; None: nobody said.
    """

    id: str
    name: str
    time_zone: str
    retired_at: datetime | None = None
    organisation_id: str | None = None


def add_site(
    connection: Connection, site_id: str, name: str, time_zone: str, organisation_id: str | None = None
) -> None:
    """Register a site.

    Raises:
        ConflictError: the id is taken.
    """
    with new_row("site", site_id):
        connection.execute(
            "INSERT INTO sites (id, name, time_zone, organisation_id) VALUES (%s, %s, %s, %s)",
            [site_id, name, time_zone, organisation_id],
        )


def update_site(connection: Connection, site: Site) -> None:
    """Its name, whose it is, and whether it is retired, are what this says from now on."""
    connection.execute(
        "UPDATE sites SET name = %s, retired_at = %s, organisation_id = %s WHERE id = %s",
        [site.name, site.retired_at, site.organisation_id, site.id],
    )


def in_use_at(connection: Connection, site_id: str) -> list[str]:
    """The containers and loggers of a site that are not retired, by id, containers first."""
    return all_values(
        connection,
        "SELECT id FROM (SELECT 1 AS turn, id FROM containers WHERE site_id = %(site)s AND retired_at IS NULL "
        "UNION ALL SELECT 2, id FROM loggers WHERE site_id = %(site)s AND registered_at IS NOT NULL "
        "AND retired_at IS NULL) AS used ORDER BY turn, id",
        {"site": site_id},
    )


def sites(connection: Connection, part: Part = WHOLE, seen_at: Sites = None, *, retired: bool = True) -> list[Site]:
    """Sites, by id. `retired`: those, too."""
    condition = "true" if retired else "retired_at IS NULL"
    query = f"SELECT {columns(Site)} FROM sites WHERE {visible('site', 'sites.id', seen_at)} AND {condition}"
    return rows_of_part(connection, Site, query, visible_at(seen_at), BY_ID, part)


@dataclass(frozen=True, slots=True)
class SiteCounts:
    """What is at a site and in use. `alerts`: that go off there, or are in hand."""

    site_id: str
    containers: int
    loggers: int
    alerts: int


def site_counts(connection: Connection, seen_at: Sites = None) -> dict[str, SiteCounts]:
    """By site, what is there."""
    rows = all_rows(
        connection,
        SiteCounts,
        "SELECT sites.id AS site_id, "
        "(SELECT count(*) FROM containers WHERE site_id = sites.id AND retired_at IS NULL) AS containers, "
        "(SELECT count(*) FROM loggers WHERE site_id = sites.id AND registered_at IS NOT NULL AND retired_at IS NULL) "
        "AS loggers, (SELECT count(*) FROM alerts WHERE site_id = sites.id AND state <> 'resolved' "
        f"AND state <> 'pending') AS alerts FROM sites WHERE {visible('site', 'sites.id', seen_at)}",
        visible_at(seen_at),
    )
    return {row.site_id: row for row in rows}


def site(connection: Connection, site_id: str) -> Site:
    """One site.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = one_row(connection, Site, f"SELECT {columns(Site)} FROM sites WHERE id = %s", [site_id])
    return found(row, "site", site_id)


def site_named(connection: Connection, site_id: str) -> Site:
    """A site that something else names.

    Raises:
        RefusedError: there is none of that id.
    """
    row = one_row(connection, Site, f"SELECT {columns(Site)} FROM sites WHERE id = %s", [site_id])
    if row is None:
        raise RefusedError("site_id", f"there is no site {site_id!r}; register it first")
    return row
