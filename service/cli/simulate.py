"""``unbroken simulate``: a real logger's file published over MQTT, or what thousands of virtual loggers measure."""

import threading
from pathlib import Path
from time import time
from typing import Annotated

import typer

from ingest.address import parse_broker
from service.answers.documents import instant
from service.cli.listening import own_address
from service.cli.logger_files import TimeFormat, UnitOfFile, Zone, read_file
from service.domain.series.quality import Quality
from service.errors import SettingError, UnbrokenError
from service.formats.reading import Reading
from service.settings import Settings, read_settings
from service.signals import stop_on_signal
from simulators.gateway import Gateway
from simulators.link import Broker, LinkRefusedError
from simulators.registration import RegistrationError, register_stages
from simulators.replay import ReplayError
from simulators.replay import replay as replay_readings
from simulators.storehouse import Storehouse

#: As many requests as the API answers at a time.
_AT_ONCE = 8
#: For a service that is not ready, while thousands of things are registered.
_WAIT_S = 1_800


def simulate(
    replay: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A logger's own file.")] = None,
    logger: Annotated[str | None, typer.Option(help="Publish the file as this logger.")] = None,
    zone: Zone = None,
    site: Annotated[str, typer.Option(help="The site in the topic.")] = "replay",
    per_message: Annotated[int, typer.Option(min=1, max=1_000, help="Readings in one message.")] = 1,
    unit: UnitOfFile = None,
    time_format: TimeFormat = None,
    loggers: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Instead of a file: so many freezers, with a lot each.")
    ] = None,
    minutes: Annotated[float, typer.Option(min=0, help="How long these loggers publish.")] = 5,
    every_s: Annotated[int, typer.Option(min=1, help="How often each of them does.")] = 60,
    together: Annotated[
        bool, typer.Option("--together", help="All of them in the same second, as at the full minute.")
    ] = False,
) -> None:
    """Publish a real logger's file over MQTT, with its own times; or with --loggers, what so many virtual ones measure.

    Those are registered first, with freezers and lots, by the API at UNBROKEN_HTTP_HOST and UNBROKEN_HTTP_PORT: none of
    it can be removed again, so not where real lots are.
    """
    settings = read_settings()
    if not settings.mqtt_url:
        raise SettingError("set UNBROKEN_MQTT_URL to the broker; `unbroken up` says where its own is")
    parse_broker(settings.mqtt_url)
    if loggers is not None:
        _storehouse(settings, loggers, minutes, every_s, together=together)
        return
    if replay is None or logger is None:
        raise SettingError("say which file with --replay and as which logger with --logger, or how many with --loggers")
    found = read_file(replay, zone, None, unit, time_format)
    try:
        published = replay_readings(
            settings.mqtt_url, site, logger, [_payload(reading) for reading in found.readings], per_message=per_message
        )
    except ReplayError as error:
        refused = isinstance(error.__cause__, LinkRefusedError)
        raise _of_broker(error, refused=refused) from error
    typer.echo(f"published {published} readings of {found.model or replay.name} as {logger}; the broker has them all")


def _of_broker(error: Exception, *, refused: bool) -> UnbrokenError:
    hint = "are user and password right, and may the user publish there?" if refused else "is the broker there?"
    return UnbrokenError(f"{error}; see UNBROKEN_MQTT_URL: {hint}")


def _storehouse(settings: Settings, loggers: int, minutes: float, every_s: int, *, together: bool) -> None:
    storehouse = Storehouse(loggers, _now_ms(), every_s, together=together)
    api_url = own_address(settings)
    typer.echo(f"registering {loggers} loggers, each with a freezer and a lot, at {api_url}")
    try:
        registered = register_stages(
            api_url, storehouse.world().stages(), at_once=_AT_ONCE, api_key=settings.api_key, wait_s=_WAIT_S
        )
    except RegistrationError as error:
        raise UnbrokenError(
            f"{error}; is the service there? See UNBROKEN_HTTP_HOST, UNBROKEN_HTTP_PORT and UNBROKEN_API_KEY"
        ) from error
    typer.echo(f"registered {registered.created}, known before {registered.known}; publishing for {minutes:g} min")
    stop = stop_on_signal()
    gateway = Gateway(storehouse.stations(_now_ms()), Broker.from_url(settings.mqtt_url), every_ms=every_s * 1_000)
    ending = threading.Timer(minutes * 60, stop.set)
    ending.start()
    try:
        gateway.run(stop)
    except LinkRefusedError as error:
        raise _of_broker(error, refused=True) from error
    finally:
        ending.cancel()
    typer.echo(f"published {gateway.sent_readings} readings of {loggers} loggers; the broker has them all")


def _now_ms() -> int:
    return int(time() * 1_000)


def _payload(reading: Reading) -> dict[str, object]:
    sent = reading.quality.name if reading.quality in {Quality.HI, Quality.LO} else reading.temperature_c
    return {
        "measured_at": instant(reading.measured_at_us),
        "temperature_c": sent,
        **({"probe": reading.probe} if reading.probe else {}),
    }
