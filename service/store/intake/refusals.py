"""How many messages of each logger were refused, and why: what a silent logger is asked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain.instant import from_datetime
from service.domain.intake.refusals import Refused
from service.store.instants import parameter
from service.store.pool import Connection
from service.store.rows import all_rows


@dataclass(frozen=True, slots=True)
class Refusal:
    """One message of a logger that was refused, in whole or in part."""

    logger_id: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Hour:
    logger_id: str
    code: str
    times: int
    first_at: datetime
    last_at: datetime


def note_refusals(connection: Connection, refusals: Iterable[Refusal]) -> None:
    """Count them, by hour; only of loggers that are known, or whoever invents names could fill the table."""
    found: dict[tuple[str, datetime, str], list[datetime]] = {}
    for one in refusals:
        hour = one.at.replace(minute=0, second=0, microsecond=0)
        found.setdefault((one.logger_id, hour, one.code), []).append(one.at)
    if not found:
        return
    keys = sorted(found)
    connection.execute(
        "INSERT INTO refusals (logger_id, hour, code, times, first_at, last_at) "
        "SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::bigint[], %s::timestamptz[], "
        "%s::timestamptz[]) AS noted (logger_id, hour, code, times, first_at, last_at) "
        "WHERE EXISTS (SELECT FROM loggers WHERE id = noted.logger_id) "
        "ON CONFLICT (logger_id, hour, code) DO UPDATE SET times = refusals.times + excluded.times, "
        "first_at = least(refusals.first_at, excluded.first_at), "
        "last_at = greatest(refusals.last_at, excluded.last_at)",
        [
            [logger_id for logger_id, _, _ in keys],
            [hour for _, hour, _ in keys],
            [code for _, _, code in keys],
            [len(found[key]) for key in keys],
            [min(found[key]) for key in keys],
            [max(found[key]) for key in keys],
        ],
    )


def refusals_since(connection: Connection, logger_ids: Sequence[str], since_us: int) -> dict[str, list[Refused]]:
    """What was refused of loggers since an instant, in order of time; one without any is absent."""
    hours = all_rows(
        connection,
        _Hour,
        "SELECT logger_id, code, times, first_at, last_at FROM refusals "
        "WHERE logger_id = ANY(%s) AND hour > %s::timestamptz - interval '1 hour' AND last_at >= %s::timestamptz "
        "ORDER BY logger_id, hour, code",
        [list(logger_ids), parameter(since_us), parameter(since_us)],
    )
    found: dict[str, list[Refused]] = {}
    for hour in hours:
        refused = Refused(hour.code, hour.times, from_datetime(hour.first_at), from_datetime(hour.last_at))
        found.setdefault(hour.logger_id, []).append(refused)
    return found


def forget_refusals(connection: Connection, before_us: int) -> None:
    """Forget those of the hours before an instant."""
    connection.execute("DELETE FROM refusals WHERE hour < %s::timestamptz", [parameter(before_us)])
