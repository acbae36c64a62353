"""Sites: where things are, each with its time zone."""

from service.store.pool import Connection
from service.store.registry.rows import Row, new_row


def add_site(connection: Connection, site_id: str, name: str, time_zone: str) -> None:
    """Register a site."""
    with new_row("site", site_id):
        connection.execute("INSERT INTO sites (id, name, time_zone) VALUES (%s, %s, %s)", [site_id, name, time_zone])


def sites(connection: Connection) -> list[Row]:
    """All sites, by id."""
    return connection.execute("SELECT id, name, time_zone FROM sites ORDER BY id").fetchall()
