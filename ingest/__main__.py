"""``python -m ingest``: receive readings until SIGTERM or Ctrl-C."""

import signal
import sys
import threading

from ingest.receiver import Receiver, parse_broker
from ingest.writer import Writer
from service.errors import SettingError, UnbrokenError
from service.logs import set_up_logs
from service.settings import Settings


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
            writer=Writer(settings.clock(), settings.rejected_cap_bytes),
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
