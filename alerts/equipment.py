"""What the settings give an alerts process to work with."""

from pathlib import Path

from alerts.messages import Desk, links_of
from alerts.on_call import Config, ReceiverSetting
from alerts.on_call_file import read_config
from alerts.receivers.make import make
from alerts.receivers.receiver import Receiver
from alerts.templates import read_templates
from service.errors import SettingError
from service.settings import Settings


def config_of(settings: Settings) -> Config:
    """The on-call file, or what goes without one.

    Raises:
        SettingError: it cannot be used; names file and line.
    """
    return read_config(Path(settings.on_call_file) if settings.on_call_file else None, settings)


def equipment(settings: Settings) -> tuple[Desk, list[Receiver]]:
    """The desk at which messages are written, and all receivers.

    Raises:
        SettingError: the on-call file, a receiver or a template cannot be used.
    """
    config = config_of(settings)
    desk = Desk(config, read_templates(settings.alert_templates_dir), links_of(settings))
    return desk, [_made(one, settings) for one in config.receivers.values()]


def _made(setting: ReceiverSetting, settings: Settings) -> Receiver:
    try:
        return make(setting, settings)
    except SettingError as error:
        if settings.on_call_file:
            raise
        # There is no file that names it: it comes from the settings alone.
        raise SettingError(f"UNBROKEN_ALERT_WEBHOOK_URL and its like: {error}") from error
