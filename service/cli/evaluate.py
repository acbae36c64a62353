"""``unbroken evaluate``: what arrives, or with ``--all`` everything again, with a report before it counts."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from service.domain.identity.actor import part
from service.domain.instant import from_datetime
from service.errors import SettingError
from service.evaluator import run as evaluator
from service.evaluator.generation import Change, changes, take_over, write_next
from service.logs import set_up_logs
from service.settings import read_settings
from service.signals import stop_on_signal
from service.store.migrate import refuse_unmigrated
from service.store.pool import connect


def evaluate(
    everything: Annotated[
        bool, typer.Option("--all", help="Judge everything again, beside what is in force, and put it in its place.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --all: only say which verdicts would change.")
    ] = False,
) -> None:
    """Judge lots by what arrives, until stopped; beside whatever other evaluators live."""
    settings = read_settings()
    if dry_run and not everything:
        raise SettingError("--dry-run goes with --all; the evaluator at work has nothing to try out")
    if everything:
        evaluate_all(settings.required_database_url(), dry_run=dry_run)
        return
    set_up_logs(settings, "evaluator")
    tolerance_us = settings.clock_tolerance_us
    evaluator.run(settings.required_database_url(), stop_on_signal(), tolerance_us=tolerance_us)


def evaluate_all(database_url: str, *, dry_run: bool) -> None:
    """Judge everything again, say which verdicts change and why, and put the result in force unless `dry_run`."""
    with connect(database_url, application="evaluate --all", actor=part("evaluator")) as connection:
        refuse_unmigrated(connection)
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
