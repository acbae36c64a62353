"""What the commands that read a logger's own file have in common: its options, and how it is read."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from service.formats.csv_columns import CsvColumns
from service.formats.files import parse_file, refuse_too_large
from service.formats.logger_file import LoggerFile
from service.formats.reading import Rejection
from service.formats.units import Unit
from service.settings import read_settings

LogFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A logger's own file.")]
Zone = Annotated[str | None, typer.Option(help="Time zone of the logger's clock, such as Europe/Zurich.")]
LoggerId = Annotated[str | None, typer.Option(help="The logger's id, if the file does not say it.")]
UnitOfFile = Annotated[
    Literal["C", "F", "K"] | None, typer.Option(help="Unit of the temperatures, if the file does not say it.")
]
TimeFormat = Annotated[
    str | None, typer.Option(help="How times are written, such as '%d/%m/%Y %H:%M', if the file leaves it open.")
]
TemperatureColumn = Annotated[
    str | None, typer.Option(help="Name of the column of temperatures, if the file leaves it open.")
]


def read_file(
    file: Path,
    zone: str | None,
    logger: str | None,
    unit: Unit | None,
    time_format: str | None,
    temperature_column: str | None = None,
) -> LoggerFile:
    """The readings of a file that are not to be stored; where no logger is named, the file's name stands for it.

    Raises:
        Rejection: the file cannot be read; says why and what to add.
    """
    with file.open("rb") as content:
        refuse_too_large(content, read_settings().largest_import_bytes)
        columns = with_temperature(None, temperature_column)
        parse = partial(parse_file, content, zone, columns=columns, unit=unit, time_format=time_format)
        try:
            return parse(logger_id=logger)
        except Rejection as rejection:
            if rejection.code != "logger_required":
                raise
            return parse(logger_id=file.stem)


def with_temperature(columns: CsvColumns | None, name: str | None) -> CsvColumns | None:
    """The columns as a model has them, with that of the temperatures as the caller says it."""
    return columns if name is None else replace(columns or CsvColumns(), temperature=name)
