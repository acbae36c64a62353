"""Loggers, and the probes they measure with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain.identity.caller import Sites
from service.errors import ConflictError, NotFoundError, RefusedError
from service.store.new_rows import new_row
from service.store.paging import BY_ID, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, columns, one_row, one_value
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class Logger:
    """A device that measures: registered, or merely heard. `site_id`: as registered, else as its topics say."""

    id: str
    site_id: str | None
    model: str
    range_min_c: float | None
    range_max_c: float | None
    firmware: str
    online: bool | None
    online_since: datetime | None
    registered_at: datetime | None
    first_seen_at: datetime | None
    retired_at: datetime | None
    probes: list[str]
    container_ids: list[str]


#: Joined to rows of a series: its logger and probe, beside the columns of the row.
WITH_NAME = "JOIN (SELECT id AS series_id, logger_id, probe FROM series) AS named USING (series_id)"


@dataclass(frozen=True, slots=True)
class SeriesName:
    """The probe of a logger that a series is of."""

    id: int
    logger_id: str
    probe: str


def register_logger(
    connection: Connection,
    logger_id: str,
    site_id: str,
    model: str,
    range_min_c: float | None,
    range_max_c: float | None,
    firmware: str = "",
) -> None:
    """Register a logger, whether or not it has been heard already; what it said of itself is not forgotten.

    Raises:
        ConflictError: it is registered.
    """
    with new_row("logger", logger_id, site_id=site_id):
        added = connection.execute(
            "INSERT INTO loggers (id, site_id, model, range_min_c, range_max_c, firmware, registered_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, now()) ON CONFLICT (id) DO UPDATE SET site_id = excluded.site_id, "
            "model = coalesce(nullif(excluded.model, ''), loggers.model), "
            "range_min_c = coalesce(excluded.range_min_c, loggers.range_min_c), "
            "range_max_c = coalesce(excluded.range_max_c, loggers.range_max_c), "
            "firmware = coalesce(nullif(loggers.firmware, ''), excluded.firmware), "
            "registered_at = now() WHERE loggers.registered_at IS NULL",
            [logger_id, site_id, model, range_min_c, range_max_c, firmware],
        )
    if added.rowcount == 0:
        raise ConflictError(f"logger {logger_id!r} is registered already; leave it as it is")


_SELECT = """
    SELECT loggers.id, coalesce(site_id, topic_site) AS site_id, model, range_min_c, range_max_c, firmware,
           online, online_since, registered_at, first_seen_at, retired_at,
           array(SELECT probe FROM series WHERE logger_id = loggers.id ORDER BY probe) AS probes,
           array(SELECT DISTINCT container_id FROM attachments JOIN series ON series.id = series_id
                 WHERE logger_id = loggers.id AND until_at IS NULL ORDER BY container_id) AS container_ids
    FROM loggers
"""

#: By what is asked, when a logger is listed.
_IS_ATTACHED = (
    "EXISTS (SELECT FROM attachments JOIN series ON series.id = series_id "
    "WHERE logger_id = loggers.id AND until_at IS NULL)"
)
_LAST_SEEN_AT = (
    "(SELECT received_at FROM series CROSS JOIN LATERAL (SELECT measured_at, received_at FROM readings "
    "WHERE readings.series_id = series.id ORDER BY measured_at DESC LIMIT 1) AS newest "
    "WHERE logger_id = loggers.id ORDER BY measured_at DESC LIMIT 1)"
)
_CHOSEN = f"""
    WHERE (%(attached)s::boolean IS NULL OR {_IS_ATTACHED} = %(attached)s)
    AND (%(registered)s::boolean IS NULL OR (registered_at IS NOT NULL) = %(registered)s)
    AND (%(range_known)s::boolean IS NULL OR (num_nulls(range_min_c, range_max_c) = 0) = %(range_known)s)
    AND (%(retired)s OR retired_at IS NULL)
    AND (%(silent_since)s::timestamptz IS NULL OR coalesce({_LAST_SEEN_AT}, '-infinity') < %(silent_since)s)
    AND (%(site)s::text IS NULL OR coalesce(site_id, topic_site) = %(site)s)
    AND (%(text)s::text IS NULL OR strpos(lower(loggers.id || ' ' || model), lower(%(text)s)) > 0)
"""


def loggers(
    connection: Connection,
    *,
    attached: bool | None = None,
    registered: bool | None = None,
    range_known: bool | None = None,
    silent_since: datetime | None = None,
    retired: bool = True,
    site_id: str | None = None,
    text: str | None = None,
    part: Part = WHOLE,
    seen_at: Sites = None,
) -> list[Logger]:
    """Loggers, by id, each with its probes and where they are attached now.

    Args:
        text: part of an id or a model.
        range_known: both ends of it.
        silent_since: only those whose newest reading arrived before, and those that were never heard.
        retired: those that are, too.
    """
    chosen = {
        "attached": attached,
        "registered": registered,
        "range_known": range_known,
        "silent_since": silent_since,
        "retired": retired,
        "site": site_id,
        "text": text,
        **visible_at(seen_at),
    }
    query = f"{_SELECT}{_CHOSEN} AND {visible('logger', 'loggers.id', seen_at)}"
    return rows_of_part(connection, Logger, query, chosen, BY_ID, part)


def _logger(connection: Connection, logger_id: str) -> Logger | None:
    return one_row(connection, Logger, _SELECT + "WHERE id = %s", [logger_id])


def logger(connection: Connection, logger_id: str) -> Logger:
    """One logger.

    Raises:
        NotFoundError: it is neither registered nor was it ever heard.
    """
    known = _logger(connection, logger_id)
    if known is None:
        raise NotFoundError(f"logger {logger_id!r} is not registered and was never heard; register it first")
    return known


def registered_logger(connection: Connection, logger_id: str) -> Logger:
    """A logger that something is to be recorded of.

    Raises:
        RefusedError: it is not registered.
    """
    known = _logger(connection, logger_id)
    if known is None or known.registered_at is None:
        why = "is not known" if known is None else "was heard, but is not registered"
        raise RefusedError("logger_id", f"logger {logger_id!r} {why}; register it first")
    return known


def series_names(connection: Connection, series_ids: Sequence[int]) -> dict[int, SeriesName]:
    """Logger and probe of each series."""
    rows = all_rows(
        connection, SeriesName, f"SELECT {columns(SeriesName)} FROM series WHERE id = ANY(%s)", [list(series_ids)]
    )
    return {row.id: row for row in rows}


def series_of(connection: Connection, logger_id: str, probe: str) -> int:
    """The id of a registered logger's probe, heard yet or not."""
    connection.execute(
        "INSERT INTO series (logger_id, probe) VALUES (%s, %s) ON CONFLICT DO NOTHING", [logger_id, probe]
    )
    found: int = one_value(connection, "SELECT id FROM series WHERE (logger_id, probe) = (%s, %s)", [logger_id, probe])
    return found


def series_ids_of(connection: Connection, logger_id: str) -> list[int]:
    """The probes of a logger."""
    return all_values(connection, "SELECT id FROM series WHERE logger_id = %s ORDER BY id", [logger_id])


def registered_at(connection: Connection, logger_id: str) -> str | None:
    """The site that a logger is registered at; None: it is not."""
    site_id: str | None = one_value(
        connection, "SELECT site_id FROM loggers WHERE id = %s AND registered_at IS NOT NULL", [logger_id]
    )
    return site_id


def update_logger(connection: Connection, logger: Logger) -> None:
    """Its site, and whether it is retired, are what this says from now on."""
    connection.execute(
        "UPDATE loggers SET site_id = %s, retired_at = %s WHERE id = %s", [logger.site_id, logger.retired_at, logger.id]
    )


def set_range(connection: Connection, logger_id: str, range_min_c: float | None, range_max_c: float | None) -> None:
    """Record what a logger can measure, °C; None: an end is not known."""
    connection.execute(
        "UPDATE loggers SET range_min_c = %s, range_max_c = %s WHERE id = %s", [range_min_c, range_max_c, logger_id]
    )


def set_online(
    connection: Connection,
    logger_id: str,
    topic_site: str,
    *,
    online: bool,
    firmware: str | None = None,
    at: datetime | None = None,
) -> None:
    """What a logger's status topic says of it, and said `at` (default: now); what was heard later counts."""
    connection.execute(
        "INSERT INTO loggers (id, topic_site, online, online_since, firmware, first_seen_at) "
        "VALUES (%(id)s, %(site)s, %(online)s, coalesce(%(at)s, now()), coalesce(%(firmware)s, ''), now()) "
        "ON CONFLICT (id) DO UPDATE SET online = excluded.online, online_since = "
        "CASE WHEN loggers.online = excluded.online THEN loggers.online_since ELSE excluded.online_since END, "
        "firmware = coalesce(%(firmware)s, loggers.firmware) "
        "WHERE loggers.online_since IS NULL OR loggers.online_since <= excluded.online_since",
        {"id": logger_id, "site": topic_site, "online": online, "firmware": firmware, "at": at},
    )


def fill_model(connection: Connection, logger_id: str, model: str) -> None:
    """Record the model of a logger, if none is known yet."""
    connection.execute("UPDATE loggers SET model = %s WHERE model = '' AND id = %s", [model, logger_id])
