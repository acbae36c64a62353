"""From a receiver's setting to the receiver."""

from collections.abc import Callable, Mapping

from alerts.receivers.alertmanager import alertmanager_receiver
from alerts.receivers.log import log_receiver
from alerts.receivers.options import Options
from alerts.receivers.pagerduty import pagerduty_receiver
from alerts.receivers.receiver import Receiver, ReceiverSetting
from alerts.receivers.smtp import smtp_receiver
from alerts.receivers.webhook import webhook_receiver
from service.errors import SettingError
from service.settings import Settings


def _apprise(name: str, options: Options, timeout_s: float) -> Receiver:
    # Takes a while and some memory to import, and most have no use for it.
    from alerts.receivers.apprise import apprise_receiver  # noqa: PLC0415

    return apprise_receiver(name, options, timeout_s)


#: Every kind there is; docs/receivers.md describes each.
KINDS: Mapping[str, Callable[[str, Options, float], Receiver]] = {
    "log": lambda name, options, _timeout_s: log_receiver(name, options),
    "webhook": webhook_receiver,
    "pagerduty": pagerduty_receiver,
    "alertmanager": alertmanager_receiver,
    "smtp": smtp_receiver,
    "apprise": _apprise,
}

#: Kinds that call one person after the other until somebody answers, and take it from us that somebody did.
PAGER_KINDS = frozenset({"pagerduty"})


def make_receiver(setting: ReceiverSetting, settings: Settings) -> Receiver:
    """The receiver that a setting describes; nobody is called yet.

    Raises:
        SettingError: there is no such kind, or an option is missing, not known, or cannot be used. It names the
            receiver and the option, and never the value.
    """
    kind = KINDS.get(setting.kind)
    if kind is None:
        raise SettingError(f"receiver '{setting.name}': there is no kind '{setting.kind}', but {', '.join(KINDS)}")
    options = Options(setting.name, setting.kind, setting.options)
    return kind(setting.name, options, settings.alert_webhook_timeout_s)
