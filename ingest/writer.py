"""From decoded messages to committed rows."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from ingest.messages import Intake, Message, Prepared, Rejected, prepare, take_in
from ingest.routes import OURS, Routes
from service.domain.instant import to_datetime
from service.formats.dialect import Clock
from service.formats.reading import Reading
from service.store.pool import Connection, is_of_database, refuses_row
from service.store.readings import SeriesIds, ensure_series, store_readings
from service.store.registry import set_online
from service.store.rejected import add_rejected

log = structlog.get_logger()

#: Of one message: with more rows refused, what is left of it is not looked at one by one.
_MOST_REFUSED = 100


@dataclass(slots=True)
class Tally:
    """What has become of all messages so far; `rejected` by code."""

    messages: int = 0
    new: int = 0
    known: int = 0
    conflicting: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    retained: int = 0
    ignored: int = 0
    unknown_fields: int = 0


class Writer:
    """Stores batches over one connection, which the caller replaces when the database went away."""

    def __init__(self, clock: Clock, rejected_cap_bytes: int, routes: Routes = OURS) -> None:
        self._clock = clock
        self._cap = rejected_cap_bytes
        self._routes = routes
        self._ids: SeriesIds = {}
        self.tally = Tally()

    def forget(self) -> None:
        """To be called with every new connection: a database that was restored may number its series otherwise."""
        self._ids.clear()

    def prepared(self, messages: Sequence[Message]) -> Prepared | None:
        """What `write` makes of messages first; for a caller that has the time while another batch is being stored."""
        try:
            return prepare(messages, self._clock, self._routes)
        except Exception:  # nothing in it should raise; if it does, `write` finds the message that made it
            return None

    def write(self, connection: Connection, messages: Sequence[Message], prepared: Prepared | None = None) -> None:
        """Store a batch; when this returns, every message of it is committed, as readings or as rejected.

        Args:
            prepared: the messages decoded already, if they are.

        If the database refuses a row, the batch is halved until that row is found and its message is rejected; so is a
        message that defeats our own code. Both are kept, with their reason.

        Raises:
            Exception: the state of the database or of this process is to blame. Send the batch again over a new
                connection; what of it was committed will be known by then.
        """
        refusal = self._try(
            connection, lambda: prepare(messages, self._clock, self._routes) if prepared is None else prepared
        )
        if refusal is not None and len(messages) > 1:
            middle = len(messages) // 2
            self.write(connection, messages[:middle])
            self.write(connection, messages[middle:])
            return
        if refusal is not None:
            self._set_aside(connection, messages[0], refusal)
        self.tally.messages += len(messages)

    def _try(self, connection: Connection, prepare: Callable[[], Prepared]) -> Exception | None:
        """Store it all, or nothing and say what in it cannot be stored."""
        try:
            self._commit(connection, prepare())
        except Exception as error:  # sorted by whose fault it is, and raised again unless it is the content's
            if isinstance(error, (OSError, MemoryError)) or (is_of_database(error) and not refuses_row(error)):
                raise
            return error
        return None

    def _set_aside(self, connection: Connection, message: Message, refusal: Exception) -> None:
        """Store what can be stored of one message, then keep it as rejected."""
        log.error("a message cannot be stored; it is rejected", topic=message.topic, exc_info=refusal)
        explanation = f"{type(refusal).__name__}: {refusal}"
        intake = take_in([message], self._clock, self._routes) if is_of_database(refusal) else Intake()
        if len(intake.readings) > 1:
            refused = self._store_all_but_refused(connection, intake)
            explanation = f"{len(refused)} of {len(intake.readings)} readings refused, the rest stored: {explanation}"
        self._commit(connection, Prepared.of(Intake(rejected=[Rejected(message, "cannot_store", explanation)])))

    def _store_all_but_refused(self, connection: Connection, intake: Intake) -> list[Reading]:
        refused: list[Reading] = []
        parts = [intake]
        while parts:
            part = parts.pop()
            if len(refused) < _MOST_REFUSED and self._try(connection, partial(Prepared.of, part)) is None:
                continue
            middle = len(part.readings) // 2
            if middle and len(refused) < _MOST_REFUSED:
                parts += [_part(part, slice(middle, None)), _part(part, slice(middle))]
            else:
                refused += part.readings
        return refused

    def _commit(self, connection: Connection, prepared: Prepared) -> None:
        intake = prepared.intake
        ensure_series(connection, self._ids, prepared.rows.keys, intake.topic_site)
        with connection.transaction():
            stored = store_readings(connection, self._ids, prepared.rows)
            for logger_id, (site, online) in sorted(intake.online.items()):
                set_online(connection, logger_id, site, online=online, firmware=intake.firmware.get(logger_id))
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
        self.tally.rejected.update(rejected.code for rejected in intake.rejected)
        self.tally.retained += intake.retained
        self.tally.ignored += intake.ignored
        self.tally.unknown_fields += intake.unknown_fields


def _part(intake: Intake, piece: slice) -> Intake:
    return Intake(intake.readings[piece], intake.received_at_us[piece], topic_site=intake.topic_site)
