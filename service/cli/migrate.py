"""``unbroken migrate``: the database's schema brought up to date."""

import typer

from service.settings import read_settings
from service.store.migrate import migrate as migrate_database
from service.store.pool import connect


def migrate() -> None:
    """Bring the database's schema up to date; the other parts wait for that."""
    with connect(read_settings().required_database_url(), application="migrate") as connection:
        applied = migrate_database(connection)
    typer.echo("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")
