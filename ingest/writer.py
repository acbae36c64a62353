"""From decoded messages to committed rows."""

import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from ingest.messages import Intake, Message, Prepared, Rejected, prepare, take_in, unforeseen_rejection
from ingest.repeated_failures import RepeatedFailures
from ingest.routes import OURS, Routes
from ingest.set_aside import SetAsideFolder
from service.domain.instant import to_datetime
from service.domain.intake.room import Room
from service.formats.dialect import Clock
from service.formats.reading import Reading
from service.store.intake.content_errors import accepts_other_readings
from service.store.intake.keep_rejected import MOST_MESSAGES, NewRejectedMessage, keep_rejected
from service.store.pool import Connection, is_away, is_of_database, refuses_row
from service.store.registry.loggers import set_online
from service.store.series.readings import SeriesIds, ensure_series, store_readings

log = structlog.get_logger()

#: Of one message: with more rows refused, what is left of it is not looked at one by one.
_MOST_REFUSED = 100
#: Of a message that could be kept nowhere else.
_MOST_LOGGED_BYTES = 4_096
#: Ids of series that are remembered: a logger may give its probes a new name in every message.
_MOST_IDS = 500_000


@dataclass(slots=True)
class Tally:
    """What has become of all messages so far; `rejected` by code.

    Attributes:
        only_counted: rejected messages of which nothing was kept, for want of room.
        set_aside: messages that the database would not even keep as rejected, in files; no_room: not even
            there, but in the log.
    """

    messages: int = 0
    new: int = 0
    known: int = 0
    conflicting: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    retained: int = 0
    ignored: int = 0
    unknown_fields: int = 0
    only_counted: int = 0
    set_aside: int = 0
    no_room: int = 0


class Writer:
    """Stores batches over one connection, which the caller replaces when the database went away."""

    def __init__(
        self,
        clock: Clock,
        rejected_cap_bytes: int,
        routes: Routes = OURS,
        *,
        rejected_cap_messages: int = MOST_MESSAGES,
        folder: SetAsideFolder | None = None,
    ) -> None:
        self._clock = clock
        self._room = Room(rejected_cap_messages, rejected_cap_bytes)
        self._routes = routes
        self._folder = folder or SetAsideFolder()
        self._failures = RepeatedFailures()
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
        """Store a batch; when this returns, every message of it is committed as readings or as rejected, or in a file.

        Args:
            prepared: the messages decoded already, if they are.

        If the batch cannot be stored although the database takes others, it is halved until the message that is to
        blame is found, and that is rejected; so is a message that defeats our own code. One that cannot even be kept as
        rejected is set aside in a file. So no message holds up those behind it.

        Raises:
            Exception: the state of the database or of this process is to blame. Send the batch again over a new
                connection; what of it was committed will be known by then.
        """
        refusal = self._of_suspect(connection, messages) or self._try(
            connection,
            messages,
            lambda: prepare(messages, self._clock, self._routes) if prepared is None else prepared,
        )
        if refusal is not None and len(messages) > 1:
            middle = len(messages) // 2
            self.write(connection, messages[:middle])
            self.write(connection, messages[middle:])
            return
        if refusal is not None:
            self._set_aside(connection, messages[0], refusal)
        self.tally.messages += len(messages)

    def _try(
        self, connection: Connection, messages: Sequence[Message], prepare: Callable[[], Prepared]
    ) -> Exception | None:
        """Store it all, or nothing and say what in it cannot be stored."""
        try:
            prepared = prepare()
        except Exception as error:  # it asks nobody, so whatever it is comes of the content
            return error
        try:
            self._commit(connection, prepared)
        except Exception as error:  # sorted by whose fault it is, and raised again unless it is the content's
            if not self._is_to_blame(connection, messages, error, len(prepared.rows)):
                raise
            return error
        return None

    def _is_to_blame(self, connection: Connection, messages: Sequence[Message], error: Exception, rows: int) -> bool:
        """Whether an error comes of these messages: others are taken, and of a single one it does not pass."""
        state = isinstance(error, (OSError, MemoryError)) or is_away(error)
        if refuses_row(error) or not (state or is_of_database(error)):
            return True
        if connection.closed:
            if len(messages) == 1:
                self._failures.suspect(messages[0])
            return False
        if not accepts_other_readings(connection, messages[-1].received_at_us, rows):
            self._failures.forget()
            return False
        # What the database says of its own state passes by most often: one message is given time.
        said = getattr(error, "sqlstate", None)
        return not state or len(messages) > 1 or self._failures.note(messages[0], time.monotonic(), said)

    def _of_suspect(self, connection: Connection, messages: Sequence[Message]) -> Exception | None:
        """Why a message is not tried again: connections break over it again and again, while others are taken."""
        if len(messages) > 1 or not self._failures.broke_connection(messages[0]):
            return None
        if not accepts_other_readings(connection, messages[0].received_at_us):
            self._failures.forget()
            return None
        if self._failures.note(messages[0], time.monotonic()):
            return ConnectionError("the connection to the database breaks over it again and again")
        return None

    def _set_aside(self, connection: Connection, message: Message, refusal: Exception) -> None:
        """Store what can be stored of one message, then keep it as rejected; if that cannot be, in a file."""
        said = ""
        intake = take_in([message], self._clock, self._routes) if is_of_database(refusal) else Intake()
        if len(intake.readings) > 1:
            refused = self._store_all_but_refused(connection, message, intake)
            said = f"{len(refused)} of {len(intake.readings)} readings refused, the rest stored: "
        rejected = unforeseen_rejection(message, refusal, self._routes, said)
        try:
            self._commit(connection, Prepared.of(Intake(rejected=[rejected])))
        except Exception as error:  # sorted by whose fault it is, and raised again unless it is the content's
            if not self._is_to_blame(connection, [message], error, 1):
                raise
            self._keep_in_file(rejected, error)

    def _keep_in_file(self, rejected: Rejected, error: Exception) -> None:
        message = rejected.message
        reason = f"{rejected.explanation}; nor can it be kept as rejected: {type(error).__name__}: {error}"
        where = "in a file"
        try:
            kept = self._folder.keep(message.topic, message.payload, to_datetime(message.received_at_us), reason)
            if not kept:
                where = "here alone, the folder is full"
        except OSError as full:  # a full disk, or one that is read only: those behind this message go on
            kept, where = False, f"here alone, the folder cannot be written: {full}"
        self.tally.rejected[rejected.code] += 1
        self.tally.set_aside += kept
        self.tally.no_room += not kept
        log.error(
            "the database takes a message neither as readings nor as rejected",
            kept=where,
            topic=message.topic[:200],
            reason=reason[:500],
            **({} if kept else {"payload_base64": b64encode(message.payload[:_MOST_LOGGED_BYTES]).decode()}),
        )

    def _store_all_but_refused(self, connection: Connection, message: Message, intake: Intake) -> list[Reading]:
        refused: list[Reading] = []
        parts = [intake]
        while parts:
            part = parts.pop()
            prepare = partial(Prepared.of, part)
            if len(refused) < _MOST_REFUSED and self._try(connection, [message], prepare) is None:
                continue
            middle = len(part.readings) // 2
            if middle and len(refused) < _MOST_REFUSED:
                parts += [_part(part, slice(middle, None)), _part(part, slice(middle))]
            else:
                refused += part.readings
        return refused

    def _commit(self, connection: Connection, prepared: Prepared) -> None:
        intake = prepared.intake
        if len(self._ids) > _MOST_IDS:
            self._ids.clear()
        ensure_series(connection, self._ids, prepared.rows.keys, intake.topic_site)
        with connection.transaction():
            stored = store_readings(connection, self._ids, prepared.rows)
            for logger_id, (site, online) in sorted(intake.online.items()):
                set_online(connection, logger_id, site, online=online, firmware=intake.firmware.get(logger_id))
            only_counted = keep_rejected(connection, [_kept(one) for one in intake.rejected], self._room)
        self.tally.new += stored.new
        self.tally.known += stored.known
        self.tally.conflicting += stored.conflicting
        self.tally.rejected.update(rejected.code for rejected in intake.rejected)
        self.tally.only_counted += only_counted
        self.tally.retained += intake.retained
        self.tally.ignored += intake.ignored
        self.tally.unknown_fields += intake.unknown_fields
        if unforeseen := [rejected for rejected in intake.rejected if rejected.error is not None]:
            log.error(
                "messages that nobody foresaw cannot be taken; they are rejected",
                messages=len(unforeseen),
                topic=unforeseen[0].message.topic[:200],
                exc_info=unforeseen[0].error,
            )


def _kept(rejected: Rejected) -> NewRejectedMessage:
    message = rejected.message
    return NewRejectedMessage(
        message.topic,
        message.payload,
        rejected.code,
        rejected.explanation,
        to_datetime(message.received_at_us),
        rejected.loggers,
    )


def _part(intake: Intake, piece: slice) -> Intake:
    return Intake(intake.readings[piece], intake.received_at_us[piece], topic_site=intake.topic_site)
