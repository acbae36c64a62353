"""Sites: where things are, each with its time zone."""

from dataclasses import dataclass

from service.domain.identity.caller import Sites
from service.store.new_rows import new_row
from service.store.paging import BY_ID, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import columns, found, one_row
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class Site:
    """A place with a time zone."""

    id: str
    name: str
    time_zone: str


def add_site(connection: Connection, site_id: str, name: str, time_zone: str) -> None:
    """Register a site.

    Raises:
        ConflictError: the id is taken.
    """
    with new_row("site", site_id):
        connection.execute("INSERT INTO sites (id, name, time_zone) VALUES (%s, %s, %s)", [site_id, name, time_zone])


def sites(connection: Connection, part: Part = WHOLE, seen_at: Sites = None) -> list[Site]:
    """Sites, by id."""
    query = f"SELECT {columns(Site)} FROM sites WHERE {visible('site', 'sites.id', seen_at)}"
    return rows_of_part(connection, Site, query, visible_at(seen_at), BY_ID, part)


def site(connection: Connection, site_id: str) -> Site:
    """One site.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = one_row(connection, Site, f"SELECT {columns(Site)} FROM sites WHERE id = %s", [site_id])
    return found(row, "site", site_id)
