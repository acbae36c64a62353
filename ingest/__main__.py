"""``python -m ingest``: receive readings until SIGTERM or Ctrl-C."""

import signal
import sys
import threading
from datetime import datetime

from ingest.receiver import Receiver, parse_broker
from ingest.writer import Writer
from service.domain.instant import SECOND_US, from_datetime
from service.errors import SettingError, UnbrokenError
from service.formats.coldchain_v1 import Clock
from service.logs import set_up_logs
from service.settings import Settings


def clock_of(settings: Settings) -> Clock:
    """What times of measurement are believable."""
    try:
        earliest_us = from_datetime(datetime.fromisoformat(settings.earliest_measured_at))
    except ValueError as error:
        raise SettingError(f"UNBROKEN_EARLIEST_MEASURED_AT: {error}; write it as 2015-01-01T00:00:00Z") from error
    return Clock(earliest_us, settings.ahead_s * SECOND_US)


def main() -> int:
    """Run one ingest process; the exit status is 0 after a signal, 2 for a wrong setting."""
    settings = Settings()
    set_up_logs(settings, "ingest")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        if not settings.database_url or not settings.mqtt_url:
            raise SettingError("set UNBROKEN_DATABASE_URL and UNBROKEN_MQTT_URL, or run everything with `unbroken up`")
        receiver = Receiver(
            broker=parse_broker(settings.mqtt_url),
            client_id=settings.mqtt_client_id,
            topics=settings.mqtt_topics,
            database_url=settings.database_url,
            writer=Writer(clock_of(settings), settings.rejected_cap_bytes),
            batch_messages=settings.batch_messages,
            batch_age_s=settings.batch_age_s,
        )
    except UnbrokenError as error:
        sys.stderr.write(f"ingest: {error}\n")
        return 2
    receiver.run(stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
