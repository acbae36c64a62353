"""``unbroken import``: the readings of a logger's own file into the database."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from service.acts.intake import take_file
from service.cli.acting import user_of_machine
from service.cli.logger_files import (
    LogFile,
    LoggerId,
    TemperatureColumn,
    TimeFormat,
    UnitOfFile,
    Zone,
    with_temperature,
)
from service.cli.report import understood_lines
from service.domain.instant import from_datetime
from service.formats.files import parse_file, refuse_too_large
from service.settings import read_settings
from service.store.intake.csv_mappings import csv_mapping
from service.store.migrate import refuse_unmigrated
from service.store.pool import connect


def import_file(
    file: LogFile,
    zone: Zone = None,
    logger: LoggerId = None,
    model: Annotated[
        str, typer.Option(help="The logger's model; its CSV columns were saved before (docs/files.md).")
    ] = "",
    unit: UnitOfFile = None,
    time_format: TimeFormat = None,
    temperature_column: TemperatureColumn = None,
) -> None:
    """Store the readings of a logger's own file in the database."""
    settings = read_settings()
    with (
        connect(settings.required_database_url(), application="import") as connection,
        file.open("rb") as content,
    ):
        refuse_unmigrated(connection)
        columns = with_temperature(csv_mapping(connection, model) if model else None, temperature_column)
        refuse_too_large(content, settings.largest_import_bytes)
        found = parse_file(
            content, zone, logger_id=logger, columns=columns, unit=unit, time_format=time_format, model=model
        )
        stored = take_file(
            connection,
            user_of_machine(),
            found,
            content,
            from_datetime(datetime.now(UTC)),
            settings.clock(),
            settings.documents_cap_bytes,
        )
    typer.echo(
        f"{found.model} {found.readings.logger_id}".lstrip() + f": {len(found.readings)} readings, {stored.new} new, "
        f"{stored.known} known, {stored.conflicting} conflicting"
    )
    for line in understood_lines(found):
        typer.echo(line)
