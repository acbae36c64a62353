"""Which series measured which container, and when."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from service.domain.instant import BEGINNING_US, SECOND_US, from_datetime
from service.domain.series.mending import present
from service.errors import NotFoundError
from service.store.arrays import FLAG, INTEGER, NUMBER, columns_of
from service.store.instants import or_end, parameter, parameters
from service.store.new_rows import new_row
from service.store.paging import IN_TIME, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.registry.loggers import WITH_NAME
from service.store.rows import all_rows, all_values, columns, one_row, tuples


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A probe of a logger in a container over [from_at, until_at); it counts from `commissioned_at`."""

    id: str
    container_id: str
    logger_id: str
    probe: str
    place: str
    from_at: datetime
    until_at: datetime | None
    commissioned_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attachment(NewAttachment):
    """An attachment as recorded."""

    series_id: int


_SELECT = f"SELECT {columns(Attachment)} FROM attachments {WITH_NAME} "


@dataclass(frozen=True, slots=True)
class Attached:
    """Part of a judged attachment: the series counts for the container over [from_us, until_us).

    Commissioning and absences are counted in; between two absences there is a part of its own.
    """

    series_id: int
    logger_id: str
    probe: str
    container_id: str
    from_us: int
    until_us: int
    range_min_c: float | None
    range_max_c: float | None
    door_grace_s: int


@dataclass(frozen=True, slots=True)
class AttachedLogger:
    """A logger that judged a container over [from_us, until_us)."""

    logger_id: str
    from_us: int
    until_us: int


def insert_attachment(connection: Connection, attachment: Attachment, overlaps: str | None = None) -> None:
    """Attach a probe to a container.

    Args:
        overlaps: what to say where the probe is attached during that time.

    Raises:
        RefusedError: no such container.
        ConflictError: the probe is attached then, or the id is taken.
    """
    attached = (
        f"probe {attachment.probe!r} of logger {attachment.logger_id!r} is attached to a container during that time "
        "already; end that attachment first"
    )
    with new_row("attachment", attachment.id, overlaps=overlaps or attached, container_id=attachment.container_id):
        connection.execute(
            "INSERT INTO attachments (id, series_id, container_id, place, from_at, until_at, commissioned_at) VALUES "
            "(%(id)s, %(series_id)s, %(container_id)s, %(place)s, %(from_at)s, %(until_at)s, %(commissioned_at)s)",
            asdict(attachment),
        )


def set_commissioned(connection: Connection, attachment_id: str, commissioned_at: datetime) -> None:
    """A probe has settled: its readings count from then on."""
    connection.execute("UPDATE attachments SET commissioned_at = %s WHERE id = %s", [commissioned_at, attachment_id])


def set_end(connection: Connection, attachment_id: str, until_at: datetime) -> None:
    """A probe was taken out."""
    connection.execute("UPDATE attachments SET until_at = %s WHERE id = %s", [until_at, attachment_id])


def attachment(connection: Connection, container_id: str, attachment_id: str) -> Attachment:
    """One attachment of a container.

    Raises:
        NotFoundError: the container has no such attachment.
    """
    row = one_row(
        connection, Attachment, _SELECT + "WHERE id = %s AND container_id = %s", [attachment_id, container_id]
    )
    if row is None:
        raise NotFoundError(
            f"container {container_id!r} has no attachment {attachment_id!r}; give the id of one it has"
        )
    return row


def attachments(connection: Connection, container_id: str, part: Part = WHOLE) -> list[Attachment]:
    """Attachments of a container, in order of time."""
    query = _SELECT + "WHERE container_id = %(container)s"
    return rows_of_part(connection, Attachment, query, {"container": container_id}, IN_TIME, part)


@dataclass(frozen=True, slots=True)
class _Judged:
    series_id: int
    logger_id: str
    probe: str
    container_id: str
    from_at: datetime
    until_at: datetime | None
    range_min_c: float | None
    range_max_c: float | None
    door_grace_s: int
    absences: list[list[datetime]]


def judged_attachments(connection: Connection, container_ids: Collection[str]) -> dict[str, list[Attached]]:
    """By container, the attachments that count for its verdicts: not ambient, commissioned, cut by their absences."""
    rows = all_rows(
        connection,
        _Judged,
        "SELECT series_id, logger_id, probe, container_id, greatest(from_at, commissioned_at) AS from_at, until_at, "
        "range_min_c, range_max_c, CASE WHEN place = 'air' THEN door_grace_s ELSE 0 END AS door_grace_s, "
        "array(SELECT ARRAY[absences.from_at, absences.until_at] FROM absences "
        "WHERE attachment_id = split_part(attachments.id, '~', 1)) AS absences "
        "FROM attachments JOIN series ON series.id = series_id "
        "JOIN loggers ON loggers.id = logger_id JOIN containers ON containers.id = container_id "
        "WHERE container_id = ANY(%s) AND place <> 'ambient' "
        "AND commissioned_at IS NOT NULL AND (until_at IS NULL OR until_at > commissioned_at) ORDER BY 5, 1",
        [list(container_ids)],
    )
    found: dict[str, list[Attached]] = {container_id: [] for container_id in container_ids}
    for row in rows:
        absences = [(from_datetime(from_at), from_datetime(until_at)) for from_at, until_at in row.absences]
        found[row.container_id] += [
            Attached(
                row.series_id,
                row.logger_id,
                row.probe,
                row.container_id,
                from_us,
                until_us,
                row.range_min_c,
                row.range_max_c,
                row.door_grace_s,
            )
            for from_us, until_us in present(from_datetime(row.from_at), or_end(row.until_at), absences).tolist()
        ]
    return found


@dataclass(frozen=True, slots=True)
class LiveAttachments:
    """What each of k series is attached to with no end; columns of shape (k,).

    Attributes:
        container_ids: None: it is attached to nothing.
        judged: whether it counts for that container's verdicts.
        throughout: whether all that has been so since before an instant, without an absence since, and the series was
            attached to nothing else since.
    """

    container_ids: list[str | None]
    judged: NDArray[np.bool_]
    throughout: NDArray[np.bool_]


def live_attachments(
    connection: Connection, series_ids: NDArray[np.int64], since_us: NDArray[np.int64]
) -> LiveAttachments:
    """What these series, whose ids ascend, are attached to; each since an instant of its own.

    Instants are told apart to the second: what began or ended within one of them is not so throughout.
    """
    before_s = since_us / SECOND_US - 1
    rows = columns_of(
        connection,
        "SELECT series_id, container_id, place <> 'ambient' AND commissioned_at IS NOT NULL AS judged, "
        "date_part('epoch', greatest(from_at, commissioned_at)) AS begins_s, date_part('epoch', until_at) AS ends_s, "
        "(SELECT date_part('epoch', max(absences.until_at)) FROM absences "
        "WHERE attachment_id = split_part(attachments.id, '~', 1)) AS absent_until_s FROM attachments "
        "WHERE series_id = ANY(%s) AND (until_at IS NULL OR until_at > to_timestamp(%s))",
        [series_ids, float(before_s.min())],
        {"series_id": INTEGER, "judged": FLAG, "begins_s": NUMBER, "ends_s": NUMBER, "absent_until_s": NUMBER},
        ["container_id"],
    )
    found = LiveAttachments(
        [None] * len(series_ids), np.zeros(len(series_ids), np.bool_), np.ones(len(series_ids), np.bool_)
    )
    at = np.searchsorted(series_ids, rows["series_id"])
    # NULL becomes NaN, which compares false.
    late = [rows[name] >= before_s[at] for name in ("begins_s", "ends_s", "absent_until_s")]
    found.throughout[at[np.logical_or.reduce(late)]] = False
    lives = np.isnan(rows["ends_s"])
    found.judged[at[lives]] = rows["judged"][lives]
    for place, container_id, is_live in zip(at.tolist(), rows["container_id"], lives.tolist(), strict=True):
        if is_live:
            found.container_ids[place] = container_id
    return found


@dataclass(frozen=True, slots=True)
class _WithoutRange:
    container_id: str
    logger_id: str
    from_at: datetime
    until_at: datetime | None


def loggers_without_range(connection: Connection, container_ids: Collection[str]) -> dict[str, list[AttachedLogger]]:
    """By container, the judged loggers of which it is not recorded what they can measure; without any it is absent."""
    rows = all_rows(
        connection,
        _WithoutRange,
        "SELECT container_id, logger_id, greatest(from_at, commissioned_at) AS from_at, until_at "
        "FROM attachments JOIN series ON series.id = series_id JOIN loggers ON loggers.id = logger_id "
        "WHERE container_id = ANY(%s) AND place <> 'ambient' AND commissioned_at IS NOT NULL "
        "AND (range_min_c IS NULL OR range_max_c IS NULL)",
        [list(container_ids)],
    )
    found: defaultdict[str, list[AttachedLogger]] = defaultdict(list)
    for row in rows:
        found[row.container_id].append(AttachedLogger(row.logger_id, from_datetime(row.from_at), or_end(row.until_at)))
    return found


def containers_measured_by(connection: Connection, series_id: int, from_us: int, until_us: int) -> list[str]:
    """The containers a series is attached to at any time in [from_us, until_us]."""
    return all_values(
        connection,
        "SELECT DISTINCT container_id FROM attachments WHERE series_id = %s "
        "AND tstzrange(from_at, until_at) && tstzrange(%s, %s, '[]') ORDER BY container_id",
        [series_id, parameter(max(from_us, BEGINNING_US)), parameter(until_us)],
    )


def containers_measured(connection: Connection, times: Sequence[tuple[int, int, int]]) -> list[list[str]]:
    """For each (series id, from_us, until_us): the containers it is attached to at any time in [from_us, until_us]."""
    found: list[list[str]] = [[] for _ in times]
    for number, container_id in tuples(
        connection,
        "SELECT DISTINCT number, container_id FROM "
        "unnest(%s::integer[], %s::integer[], %s::timestamptz[], %s::timestamptz[]) "
        "AS asked (number, series_id, first_at, last_at) JOIN attachments USING (series_id) "
        "WHERE tstzrange(from_at, until_at) && tstzrange(first_at, last_at, '[]') ORDER BY number, container_id",
        [
            list(range(len(times))),
            [series_id for series_id, _, _ in times],
            parameters(max(from_us, BEGINNING_US) for _, from_us, _ in times),
            parameters(until_us for _, _, until_us in times),
        ],
    ):
        found[number].append(container_id)
    return found


def containers_of(connection: Connection, logger_ids: Sequence[str]) -> list[str]:
    """The containers that any of these loggers was ever attached to."""
    return all_values(
        connection,
        "SELECT DISTINCT container_id FROM attachments JOIN series ON series.id = series_id "
        "WHERE logger_id = ANY(%s) ORDER BY container_id",
        [list(logger_ids)],
    )


def containers_of_attachment(connection: Connection, attachment_id: str) -> list[str]:
    """The containers an attachment is of, whichever version of it."""
    return all_values(
        connection,
        "SELECT DISTINCT container_id FROM attachments WHERE split_part(id, '~', 1) = split_part(%s, '~', 1)",
        [attachment_id],
    )
