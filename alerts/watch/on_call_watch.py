"""The on-call file and its calendars, read anew when they change; what cannot be used leaves in force what could."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from alerts.delivery.load import load_config, load_receiver
from alerts.messages.message_writer import MessageWriter
from alerts.on_call.config import Config
from alerts.receivers.receiver import Receiver
from service.errors import SettingError
from service.settings import Settings
from service.store.alerting.calendars import keep_calendars, last_good_calendars
from service.store.pool import Connection

log = structlog.get_logger()

#: Even what did not change is read again after this long: a rota comes to its end by time alone.
_ANEW = timedelta(hours=1)


class OnCallWatch:
    """Looks whether the files changed, and gives the writer what they say.

    Attributes:
        receivers: those of the config in force; one whose setting is the same is the same receiver.
        trouble: what is wrong with the files as they are now; empty: nothing. since: since when.
    """

    def __init__(self, settings: Settings, writer: MessageWriter, receivers: Sequence[Receiver]) -> None:
        self._settings = settings
        self._path = Path(settings.on_call_file)
        self._writer = writer
        self._seen: object = None
        self._read_at: datetime | None = None
        self.receivers: tuple[Receiver, ...] = tuple(receivers)
        self.trouble = ""
        self.since: datetime | None = None

    def look(self, connection: Connection, now: datetime) -> None:
        """Take the files as they are, if they changed."""
        seen = self._contents()
        fresh = self._read_at is not None and timedelta(0) <= now - self._read_at < _ANEW
        if seen == self._seen and fresh and not self.trouble:
            return
        try:
            config = load_config(self._settings, now, last_good_calendars(connection))
            receivers = self._receivers_of(config)
        except SettingError as error:
            self._found(str(error), now)
        else:
            good = {one.name: one.content for one in config.calendars if not one.trouble}
            keep_calendars(connection, good, now)
            if self._seen is not None and seen != self._seen:
                log.info("the on-call file was read anew", receivers=[one.name for one in receivers])
            self._writer.config, self.receivers = config, receivers
            self._found("; ".join(dict.fromkeys(one.trouble for one in config.calendars if one.trouble)), now)
        # As they were before they were read: what changes meanwhile is read the next time.
        self._seen, self._read_at = seen, now

    def _found(self, trouble: str, now: datetime) -> None:
        if trouble and trouble != self.trouble:
            log.error("the on-call file cannot be used as it is; what could be used stays in force", error=trouble)
        self.since = (self.since or now) if trouble else None
        self.trouble = trouble

    def _contents(self) -> tuple[str, ...]:
        return tuple(_content(path) for path in (self._path, *(one.path for one in self._writer.config.calendars)))

    def _receivers_of(self, config: Config) -> tuple[Receiver, ...]:
        known = {one.name: one for one in self.receivers}
        before = self._writer.config.receivers
        return tuple(
            known[name] if name in known and before.get(name) == setting else load_receiver(setting, self._settings)
            for name, setting in config.receivers.items()
        )


def _content(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"{type(error).__name__} {error.errno}"
