"""One ingest process, as the settings describe it."""

import sys
import threading
from pathlib import Path

import structlog

from ingest.address import parse_broker
from ingest.echo_marks import EchoMarks
from ingest.heartbeat import heartbeats_written
from ingest.receiver import ALIVE_EVERY_S, Receiver
from ingest.routes import Routes
from ingest.set_aside import SetAsideFolder
from ingest.watchdog import Watchdog
from ingest.writer import Writer
from service.errors import SettingError, UnbrokenError
from service.logs import set_up_logs
from service.settings import Settings, read_settings, warn_of_unknown_settings
from service.signals import stop_on_signal

log = structlog.get_logger()

#: A receive loop that has not come round for this long never will: the process ends, saying where it hung.
_HUNG_S = 120


def run(
    settings: Settings, stop: threading.Event, *, hung_s: float = _HUNG_S, alive_every_s: float = ALIVE_EVERY_S
) -> None:
    """Receive readings until told to stop.

    Args:
        hung_s: a receive loop that has not come round for this long ends the process.
        alive_every_s: it says this often that it has.

    Raises:
        SettingError: a setting is missing or cannot be used.
    """
    set_up_logs(settings, "ingest")
    if not settings.database_url or not settings.mqtt_url:
        raise SettingError("set UNBROKEN_DATABASE_URL and UNBROKEN_MQTT_URL, or run everything with `unbroken up`")
    routes = Routes(settings.dialects)
    folder = SetAsideFolder(Path(settings.set_aside_dir), settings.set_aside_cap_bytes)
    if why := folder.why_unusable():
        log.warning(
            "the folder of last resort cannot be written", UNBROKEN_SET_ASIDE_DIR=settings.set_aside_dir, error=why
        )
    receiver = Receiver(
        broker=parse_broker(settings.mqtt_url),
        client_id=settings.mqtt_client_id,
        topics=routes.filters,
        database_url=settings.database_url,
        writer=Writer(
            settings.clock(),
            settings.rejected_cap_bytes,
            routes,
            rejected_cap_messages=settings.rejected_cap_messages,
            folder=folder,
        ),
        batch_messages=settings.batch_messages,
        batch_age_s=settings.batch_age_s,
        keepalive_s=settings.mqtt_keepalive_s,
        alive_every_s=alive_every_s,
        marks=EchoMarks(settings.mqtt_client_id),
        stamps_arrivals=routes.lacks_times,
    )
    with (
        Watchdog(hung_s) as watchdog,
        heartbeats_written(
            settings.database_url,
            settings.mqtt_client_id,
            receiver.counters,
            health=receiver.health,
            set_aside=folder.count,
        ),
    ):
        receiver.run(stop, alive=watchdog.alive)


def main(*, hung_s: float = _HUNG_S, alive_every_s: float = ALIVE_EVERY_S) -> int:
    """Run one ingest process; the exit status is 0 after a signal, 2 for a wrong setting."""
    warn_of_unknown_settings()
    stop = stop_on_signal()
    try:
        run(read_settings(), stop, hung_s=hung_s, alive_every_s=alive_every_s)
    except UnbrokenError as error:
        sys.stderr.write(f"ingest: {error}\n")
        return 2
    return 0
