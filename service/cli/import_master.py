"""``unbroken import-master``: sites, products, containers, loggers or lots of a table into the database."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from service.api.registry.master_tables import MasterKind, import_table
from service.cli.acting import user_of_machine
from service.domain.corrections import Word
from service.formats.table import MOST_BYTES
from service.settings import read_settings
from service.store.migrate import refuse_unmigrated
from service.store.pool import connect
from service.store.retry import retried


def import_master(
    kind: Annotated[MasterKind, typer.Argument(help="What the rows are.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A table (CSV).")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say all that is wrong and what would be added; keep nothing.")
    ] = False,
) -> None:
    """Register what a table lists: all of it or, where anything is wrong, nothing (docs/master-data.md)."""
    settings = read_settings()
    with file.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    with connect(settings.required_database_url(), application="import-master") as connection:
        refuse_unmigrated(connection)
        word = Word(user_of_machine(), datetime.now(UTC), settings.scan_delay_s, settings.clock_tolerance_s)
        found = retried(import_table)(connection, kind, content, word, None, dry_run=dry_run)
    for one in found.problems:
        given = "" if one.given is None else f" (found {one.given!r})"
        typer.echo(f"{one.place}: {one.problem}{given}", err=True)
    if dry_run and found.added:
        typer.echo(f"would be added: {', '.join(found.added)}")
    if found.problems:
        typer.echo(f"{len(found.problems)} wrong; nothing was registered", err=True)
        raise typer.Exit(1)
    would = "would be added" if dry_run else "added"
    typer.echo(f"{kind}: {len(found.added)} {would}, {len(found.there_already)} there already")
