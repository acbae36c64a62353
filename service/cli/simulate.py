"""``unbroken simulate``: a real logger's file published over MQTT, with its own times."""

from pathlib import Path
from typing import Annotated

import typer

from ingest.address import parse_broker
from service.answers.documents import instant
from service.cli.logger_files import TimeFormat, UnitOfFile, Zone, read_file
from service.domain.series.quality import Quality
from service.errors import SettingError, UnbrokenError
from service.formats.reading import Reading
from service.settings import read_settings
from simulators.link import LinkRefusedError
from simulators.replay import ReplayError
from simulators.replay import replay as replay_readings


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
    found = read_file(replay, zone, None, unit, time_format)
    try:
        published = replay_readings(
            settings.mqtt_url, site, logger, [_payload(reading) for reading in found.readings], per_message=per_message
        )
    except ReplayError as error:
        refused = isinstance(error.__cause__, LinkRefusedError)
        hint = "are user and password right, and may the user publish there?" if refused else "is the broker there?"
        raise UnbrokenError(f"{error}; see UNBROKEN_MQTT_URL: {hint}") from error
    typer.echo(f"published {published} readings of {found.model or replay.name} as {logger}; the broker has them all")


def _payload(reading: Reading) -> dict[str, object]:
    sent = reading.quality.name if reading.quality in {Quality.HI, Quality.LO} else reading.temperature_c
    return {
        "measured_at": instant(reading.measured_at_us),
        "temperature_c": sent,
        **({"probe": reading.probe} if reading.probe else {}),
    }
