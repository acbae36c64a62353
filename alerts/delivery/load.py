"""What the settings give an alerts process to work with."""

import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from alerts.messages.message_writer import MessageWriter, links_of
from alerts.messages.templates import read_templates
from alerts.on_call.config import Config
from alerts.on_call.on_call_file import read_config
from alerts.on_call.rota_file import CalendarError
from alerts.receivers.make import make_receiver
from alerts.receivers.receiver import Receiver, ReceiverSetting
from service.errors import SettingError
from service.logs import Outage
from service.settings import Settings
from service.store.alerting.calendars import last_good_calendars
from service.store.pool import DatabaseAwayError, connect

_ASKED_EVERY_S = 2.0


def load_config(
    settings: Settings, now: datetime | None = None, last_good: Mapping[str, bytes] = MappingProxyType({})
) -> Config:
    """The on-call file, or what goes without one. `now`, `last_good`: as `read_config` has them.

    Raises:
        CalendarError: a calendar of it cannot be used, and there is none in `last_good`.
        SettingError: it cannot be used; names file and line.
    """
    return read_config(Path(settings.on_call_file) if settings.on_call_file else None, settings, now, last_good)


def load_delivery(
    settings: Settings, last_good: Mapping[str, bytes] = MappingProxyType({})
) -> tuple[MessageWriter, list[Receiver]]:
    """What writes messages, and all receivers.

    Raises:
        CalendarError: a calendar cannot be used, and there is none in `last_good`.
        SettingError: the on-call file, a receiver or a template cannot be used.
    """
    config = load_config(settings, last_good=last_good)
    writer = MessageWriter(config, read_templates(settings.alert_templates_dir), links_of(settings))
    return writer, [load_receiver(one, settings) for one in config.receivers.values()]


def load_delivery_at_start(settings: Settings, stop: threading.Event) -> tuple[MessageWriter, list[Receiver]]:
    """The same; where a calendar cannot be used, with the last one that could: a restart must not leave all untold.

    While the database is away, which has it, there is nothing to tell either, and it is waited for.

    Raises:
        SettingError: as `load_delivery`; or it was stopped meanwhile.
    """
    try:
        return load_delivery(settings)
    except CalendarError as error:
        found: dict[str, bytes] = {}
        outage = Outage("a calendar cannot be used, and the database with the last one is away", "the database is back")
        while not stop.is_set():
            try:
                with connect(settings.required_database_url(), application="alerts start") as connection:
                    found = last_good_calendars(connection)
                break
            except DatabaseAwayError as away:
                outage.goes_on(str(away), calendar=str(error))
                stop.wait(_ASKED_EVERY_S)
        return load_delivery(settings, found)


def load_receiver(setting: ReceiverSetting, settings: Settings) -> Receiver:
    """The receiver that a setting describes.

    Raises:
        SettingError: it cannot be used.
    """
    try:
        return make_receiver(setting, settings)
    except SettingError as error:
        if settings.on_call_file:
            raise
        # There is no file that names it: it comes from the settings alone.
        raise SettingError(f"UNBROKEN_ALERT_WEBHOOK_URL and its like: {error}") from error
