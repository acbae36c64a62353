"""The composition root: every part of Unbroken as one command."""

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
import uvicorn
from fastapi import FastAPI

from ingest.address import parse_broker
from ingest.routes import Routes
from service.acts.intake import take_file
from service.answers.documents import instant
from service.answers.files import judge_file
from service.api.app import create_app
from service.cli import alerts as cli_alerts
from service.cli import doctor as cli_doctor
from service.cli import evaluate as cli_evaluate
from service.cli import rejected as cli_rejected
from service.cli.report import file_report
from service.domain.instant import SECOND_US, from_datetime
from service.domain.profiles import BUILT_IN
from service.domain.series.quality import Quality
from service.errors import SettingError, UnbrokenError
from service.evaluator import run as evaluator
from service.formats.files import parse_file, refuse_too_large, zone_of
from service.formats.logger_file import LoggerFile
from service.formats.reading import Reading, Rejection
from service.formats.units import Unit
from service.logs import set_up_logs
from service.settings import Settings, read_settings, warn_of_unknown_settings
from service.signals import stop_on_signal
from service.store.intake.csv_mappings import csv_mapping
from service.store.migrate import migrate as migrate_database
from service.store.pool import connect
from service.supervisor import supervise
from service.web.alerting import pages as alert_pages
from service.web.lots import pages
from simulators.replay import ReplayError
from simulators.replay import replay as replay_readings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    # Passwords and secrets are among the values of variables.
    pretty_exceptions_show_locals=False,
    help="Unbroken: whether a lot's cold chain was unbroken, and why.",
)
app.add_typer(cli_rejected.app, name="rejected")
app.command("doctor")(cli_doctor.doctor)
app.command("alert-test")(cli_alerts.alert_test)
app.command("on-call")(cli_alerts.on_call)

Zone = Annotated[str | None, typer.Option(help="Time zone of the logger's clock, such as Europe/Zurich.")]
UnitOfFile = Annotated[
    Literal["C", "F", "K"] | None, typer.Option(help="Unit of the temperatures, if the file does not say it.")
]
TimeFormat = Annotated[
    str | None, typer.Option(help="How times are written, as %d/%m/%Y %H:%M, if the file leaves it open.")
]
LogFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A logger's own file.")]


def application(settings: Settings) -> FastAPI:
    """The API and the pages, as one application."""
    served = create_app(settings, Routes(settings.dialects).of)
    served.include_router(pages.router)
    served.include_router(alert_pages.router)
    served.mount("/static", pages.static_files(), name="static")
    pages.add_page_answers(served)
    return served


@app.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    with connect(read_settings().required_database_url(), application="migrate") as connection:
        applied = migrate_database(connection)
    print("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")


@app.command()
def evaluate(
    everything: Annotated[
        bool, typer.Option("--all", help="Judge everything again, beside what is in force, and put it in its place.")
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="With --all: only say which verdicts would change.")] = False,
) -> None:
    """Evaluate what arrives, until stopped; stands by while another evaluator is at work."""
    settings = read_settings()
    if dry_run and not everything:
        raise SettingError("--dry-run goes with --all; the evaluator at work has nothing to try out")
    if everything:
        cli_evaluate.evaluate_all(settings.required_database_url(), dry_run=dry_run)
        return
    set_up_logs(settings, "evaluator")
    tolerance_us = round(settings.clock_tolerance_s * SECOND_US)
    evaluator.run(settings.required_database_url(), stop_on_signal(), tolerance_us=tolerance_us)


@app.command()
def serve() -> None:
    """Serve the API and the pages."""
    settings = read_settings()
    set_up_logs(settings, "api")
    settings.required_database_url()
    # Once it has shut down, uvicorn raises the signal again for whoever started it: that shall not end us as if killed.
    stop_on_signal()
    uvicorn.run(
        application(settings), host=settings.http_host, port=settings.http_port, log_level="warning", access_log=False
    )


@app.command()
def up(
    demo: Annotated[bool, typer.Option(help="Add a small simulated world of freezers, shippers and lots.")] = False,
) -> None:
    """Run every part on this machine until Ctrl-C, with a private database and broker where none is set."""
    settings = read_settings()
    set_up_logs(settings, "up")
    supervise(settings, demo=demo, stop=stop_on_signal())


@app.command("import")
def import_file(
    file: LogFile,
    zone: Zone = None,
    logger: Annotated[str | None, typer.Option(help="Whose readings these are, if the file does not say.")] = None,
    model: Annotated[str, typer.Option(help="The logger's model, whose CSV columns were saved.")] = "",
    unit: UnitOfFile = None,
    time_format: TimeFormat = None,
) -> None:
    """Store the readings of a logger's own file."""
    settings = read_settings()
    with connect(settings.required_database_url(), application="import") as connection, file.open("rb") as content:
        migrate_database(connection)
        columns = csv_mapping(connection, model) if model else None
        refuse_too_large(content, settings.largest_import_bytes)
        found = parse_file(
            content, zone, logger_id=logger, columns=columns, unit=unit, time_format=time_format, model=model
        )
        stored = take_file(connection, found, from_datetime(datetime.now(UTC)), settings.clock())
    print(
        f"{found.model} {found.readings.logger_id}".lstrip() + f": {len(found.readings)} readings, {stored.new} new, "
        f"{stored.known} known, {stored.conflicting} conflicting"
    )


@app.command()
def judge(
    file: LogFile,
    profile: Annotated[str, typer.Option(help=f"One of {', '.join(p.id for p in BUILT_IN)}.")],
    zone: Zone = None,
    logger: Annotated[str | None, typer.Option(help="Whose readings these are, if the file does not say.")] = None,
    unit: UnitOfFile = None,
    time_format: TimeFormat = None,
) -> None:
    """Judge a logger's file by a profile, with no server at all."""
    chosen = next((p for p in BUILT_IN if p.id == profile), None)
    if chosen is None:
        raise SettingError(f"there is no profile {profile!r}; choose one of {', '.join(p.id for p in BUILT_IN)}")
    found = _parsed(file, zone, logger, unit, time_format)
    shown_in = zone_of(zone) if zone else UTC
    print(file_report(judge_file(found, chosen, shown_in), found, chosen, shown_in))


def _parsed(file: Path, zone: str | None, logger: str | None, unit: Unit | None, time_format: str | None) -> LoggerFile:
    with file.open("rb") as content:
        refuse_too_large(content, read_settings().largest_import_bytes)
        parse = partial(parse_file, content, zone, unit=unit, time_format=time_format)
        try:
            return parse(logger_id=logger)
        except Rejection as rejection:
            # A file is judged by what it holds; whose it is matters only where readings are stored.
            if rejection.code != "logger_required":
                raise
            return parse(logger_id=file.stem)


@app.command()
def simulate(
    replay: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="A logger's own file.")],
    logger: Annotated[str, typer.Option(help="Publish as this logger.")],
    zone: Zone = None,
    site: Annotated[str, typer.Option(help="The site in the topic.")] = "replay",
    per_message: Annotated[int, typer.Option(min=1, max=1_000, help="Readings in one message.")] = 1,
    unit: UnitOfFile = None,
    time_format: TimeFormat = None,
) -> None:
    """Publish a real logger's file over MQTT, with its own times."""
    settings = read_settings()
    if not settings.mqtt_url:
        raise SettingError("set UNBROKEN_MQTT_URL to the broker; `unbroken up` says where its own is")
    parse_broker(settings.mqtt_url)
    found = _parsed(replay, zone, None, unit, time_format)
    try:
        published = replay_readings(
            settings.mqtt_url, site, logger, [_payload(reading) for reading in found.readings], per_message=per_message
        )
    except ReplayError as error:
        raise UnbrokenError(f"{error}; is UNBROKEN_MQTT_URL where the broker is?") from error
    print(f"published {published} readings of {found.model or replay.name} as {logger}; the broker has them all")


def _payload(reading: Reading) -> dict[str, object]:
    sent = reading.quality.name if reading.quality in {Quality.HI, Quality.LO} else reading.temperature_c
    return {
        "measured_at": instant(reading.measured_at_us),
        "temperature_c": sent,
        **({"probe": reading.probe} if reading.probe else {}),
    }


def main() -> None:
    """Run the command line; our own errors are one line and exit status 2."""
    warn_of_unknown_settings()
    try:
        app()
    except UnbrokenError as error:
        print(f"unbroken: {error}", file=sys.stderr)
        raise SystemExit(2) from error
