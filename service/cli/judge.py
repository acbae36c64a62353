"""``unbroken judge``: a logger's file judged by a profile, with no server at all."""

from datetime import UTC
from typing import Annotated

import typer

from service.answers.files import judge_file
from service.cli.logger_files import LogFile, LoggerId, TemperatureColumn, TimeFormat, UnitOfFile, Zone, read_file
from service.cli.report import file_report
from service.domain.profiles import BUILT_IN
from service.errors import SettingError
from service.formats.files import zone_of

_PROFILES = ", ".join(profile.id for profile in BUILT_IN)


def judge(
    file: LogFile,
    profile: Annotated[str, typer.Option(help=f"One of {_PROFILES}.")],
    zone: Zone = None,
    logger: LoggerId = None,
    unit: UnitOfFile = None,
    time_format: TimeFormat = None,
    temperature_column: TemperatureColumn = None,
) -> None:
    """Judge a logger's file by a profile, with no server at all."""
    chosen = next((one for one in BUILT_IN if one.id == profile), None)
    if chosen is None:
        raise SettingError(f"there is no profile {profile!r}; choose one of {_PROFILES}")
    found = read_file(file, zone, logger, unit, time_format, temperature_column)
    shown_in = zone_of(zone) if zone else UTC
    typer.echo(file_report(judge_file(found, chosen, shown_in), found, chosen, shown_in))
