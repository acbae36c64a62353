"""``unbroken evaluate --all``: everything judged again, with a report before it counts."""

import sys
from datetime import UTC, datetime

import typer

from service.domain.instant import from_datetime
from service.evaluator.generation import Change, changes, take_over, write_next
from service.store.pool import connect


def evaluate_all(database_url: str, *, dry_run: bool) -> None:
    """Judge everything again, say which verdicts change and why, and put the result in force unless `dry_run`."""
    with connect(database_url, application="evaluate --all") as connection:
        # Where nobody watches it, a bar is only its label.
        with typer.progressbar(length=1, label="containers", hidden=not sys.stdout.isatty()) as bar:

            def progress(done: int, count: int) -> None:
                bar.length = count
                bar.update(done - bar.pos)

            write_next(connection, progress)
        found = changes(connection, from_datetime(datetime.now(UTC)))
        typer.echo(_report(found))
        if dry_run:
            typer.echo("Nothing was changed.")
            return
        take_over(connection, [change.lot_id for change in found])
        typer.echo("It is in force now." + (" The evaluator records these verdicts." if found else ""))


def _report(found: list[Change]) -> str:
    if not found:
        return "No verdict changes."
    lines = [f"{change.lot_id}: {change.was or 'none yet'} → {change.becomes}: {change.reason}" for change in found]
    return "\n".join([f"{len(found)} lots change their verdict or its reasons:", *lines])
