"""What time it is, by the database's clock and by those of whoever records in it."""

from dataclasses import dataclass
from datetime import datetime

from service.domain.clocks import Clock, Times, clocks_text, known_later, wrong_clocks
from service.domain.instant import from_datetime
from service.store.pool import Connection
from service.store.rows import all_rows, columns, one_value

#: When the newest readings that were evaluated arrived: nobody's opinion of now, for a message may be redriven.
_READINGS = "readings"

#: A part says what time it is every ten seconds; of one that has not for this long, nothing is known.
_KNOWN_FOR = "interval '2 minutes'"

#: The newest time that anybody recorded by theirs. Each part is the newest row of its table by id, so that what a wrong
#: clock wrote counts until it is put right, and no longer; nothing here takes longer as tables grow.
LATEST_AT = f"""greatest(
    (SELECT received_at FROM dirty WHERE received_at IS NOT NULL ORDER BY id DESC LIMIT 1),
    (SELECT max(said_at) FROM clocks WHERE part = '{_READINGS}' OR database_at > clock_timestamp() - {_KNOWN_FOR}),
    (SELECT decided_at FROM verdicts ORDER BY id DESC LIMIT 1),
    (SELECT taken_at FROM alert_steps ORDER BY id DESC LIMIT 1)
)"""


@dataclass(frozen=True, slots=True)
class _Times:
    database_at: datetime
    latest_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Said:
    part: str
    said_at: datetime
    database_at: datetime


def times(connection: Connection) -> Times:
    """The database's own clock, and the newest time that anybody recorded by theirs."""
    [now] = all_rows(connection, _Times, f"SELECT clock_timestamp() AS database_at, {LATEST_AT} AS latest_at")
    return Times(from_datetime(now.database_at), None if now.latest_at is None else from_datetime(now.latest_at))


def tell(connection: Connection, part: str, said_at: datetime) -> None:
    """Say what time it is by the clock of a part of the service, such as ``the evaluator on cold-1``."""
    _put(connection, part, said_at)


def note_arrival(connection: Connection, received_at: datetime) -> None:
    """Remember when the newest readings that were evaluated arrived.

    Nobody waits for another that notes it in the same moment, until the end of whose pass it is locked: that one's are
    as new.
    """
    connection.execute(
        "WITH noted AS (UPDATE clocks SET said_at = %(at)s, database_at = clock_timestamp() "
        "WHERE part = (SELECT part FROM clocks WHERE part = %(part)s FOR UPDATE SKIP LOCKED) RETURNING part) "
        "INSERT INTO clocks (part, said_at, database_at) SELECT %(part)s, %(at)s, clock_timestamp() "
        "WHERE NOT EXISTS (SELECT FROM noted) ON CONFLICT (part) DO NOTHING",
        {"part": _READINGS, "at": received_at},
    )


def _put(connection: Connection, part: str, said_at: datetime) -> None:
    connection.execute(
        "INSERT INTO clocks (part, said_at, database_at) VALUES (%s, %s, clock_timestamp()) ON CONFLICT (part) "
        "DO UPDATE SET said_at = excluded.said_at, database_at = excluded.database_at",
        [part, said_at],
    )


def clocks(connection: Connection, part: str, clock_now: datetime) -> list[Clock]:
    """The clocks of all parts that say what time it is, against the database's; of `part` as it says now."""
    database_at: datetime = one_value(connection, "SELECT clock_timestamp()")
    own = Clock(part, from_datetime(clock_now) - from_datetime(database_at))
    others = all_rows(
        connection,
        _Said,
        f"SELECT {columns(_Said)} FROM clocks WHERE part NOT IN ('{_READINGS}', %s) "
        f"AND database_at > clock_timestamp() - {_KNOWN_FOR} ORDER BY part",
        [part],
    )
    return [own, *(Clock(one.part, from_datetime(one.said_at) - from_datetime(one.database_at)) for one in others)]


def whose_is_wrong(connection: Connection, part: str, clock_now: datetime, tolerance_us: int) -> str | None:
    """Whose clock is wrong by what most say, or how far what is recorded lies after `clock_now`; None: all is well."""
    wrong = wrong_clocks(clocks(connection, part, clock_now), tolerance_us)
    if wrong:
        return clocks_text(wrong)
    return known_later(from_datetime(clock_now), times(connection).latest_us, tolerance_us)
