"""From decoded messages to committed rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.messages import Intake, Message, Rejected, take_in
from service.domain.instant import to_datetime
from service.formats.coldchain_v1 import Clock
from service.store.pool import Connection, RowRefusedError
from service.store.readings import SeriesIds, ensure_series, store_readings
from service.store.registry import set_online
from service.store.rejected import add_rejected


@dataclass(slots=True)
class Tally:
    """What has become of all messages so far."""

    messages: int = 0
    new: int = 0
    known: int = 0
    conflicting: int = 0
    rejected: int = 0
    retained: int = 0
    unknown_fields: int = 0


class Writer:
    """Stores batches over one connection, which the caller replaces when the database went away."""

    def __init__(self, clock: Clock, rejected_cap_bytes: int) -> None:
        self._clock = clock
        self._cap = rejected_cap_bytes
        self._ids: SeriesIds = {}
        self.tally = Tally()

    def write(self, connection: Connection, messages: Sequence[Message]) -> None:
        """Store a batch in one transaction; when this returns, it is committed.

        If the database refuses a row, the batch is halved until the message it came in is found and rejected.

        Raises:
            DatabaseAwayError: send the batch again; what of it was committed will be known by then.
        """
        intake = take_in(messages, self._clock)
        try:
            self._commit(connection, intake)
        except RowRefusedError as error:
            if len(messages) > 1:
                middle = len(messages) // 2
                self.write(connection, messages[:middle])
                self.write(connection, messages[middle:])
                return
            refused = Rejected(messages[0], "cannot_store", f"the database refused it: {error}")
            self._commit(connection, Intake(rejected=[refused]))
        self.tally.messages += len(messages)

    def _commit(self, connection: Connection, intake: Intake) -> None:
        wanted = {(reading.logger_id, reading.probe) for reading in intake.readings}
        ensure_series(connection, self._ids, wanted, intake.topic_site)
        with connection.transaction():
            stored = store_readings(connection, self._ids, intake.readings, intake.received_at_us)
            for logger_id, (site, online) in sorted(intake.online.items()):
                set_online(connection, logger_id, site, online=online)
            for rejected in intake.rejected:
                add_rejected(
                    connection,
                    topic=rejected.message.topic,
                    payload=rejected.message.payload,
                    code=rejected.code,
                    explanation=rejected.explanation,
                    received_at=to_datetime(rejected.message.received_at_us),
                    storage_cap_bytes=self._cap,
                )
        self.tally.new += stored.new
        self.tally.known += stored.known
        self.tally.conflicting += stored.conflicting
        self.tally.rejected += len(intake.rejected)
        self.tally.retained += intake.retained
        self.tally.unknown_fields += intake.unknown_fields
