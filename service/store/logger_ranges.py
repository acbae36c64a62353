"""What loggers can measure, as it becomes known."""

from collections.abc import Collection

from service.domain.causes import Cause
from service.errors import ConflictError
from service.store import registry
from service.store.attachments import containers_of
from service.store.dirty import mark_containers
from service.store.pool import Connection


def fill_range(
    connection: Connection, logger_ids: Collection[str], range_min_c: float | None, range_max_c: float | None
) -> None:
    """Record the ends of a range that are not known yet. Call it inside a transaction.

    What a logger cannot show, and what its HI and LO prove, was so in earlier readings too: they are judged again.
    """
    ranged = connection.execute(
        "UPDATE loggers SET range_min_c = coalesce(range_min_c, %(low)s), "
        "range_max_c = coalesce(range_max_c, %(high)s) WHERE id = ANY(%(ids)s) "
        "AND ((range_min_c IS NULL AND %(low)s::float8 IS NOT NULL) "
        "OR (range_max_c IS NULL AND %(high)s::float8 IS NOT NULL)) RETURNING id",
        {"low": range_min_c, "high": range_max_c, "ids": sorted(logger_ids)},
    ).fetchall()
    mark_containers(connection, containers_of(connection, [row["id"] for row in ranged]), Cause.LOGGER_RANGE)


def record_range(connection: Connection, logger_id: str, range_min_c: float | None, range_max_c: float | None) -> None:
    """Record what a logger can measure, where it is not known. Call it inside a transaction.

    Raises:
        NotFoundError: there is no such logger.
        ConflictError: something else is recorded, or the two ends would be the wrong way round.
    """
    connection.execute("SELECT 1 FROM loggers WHERE id = %s FOR UPDATE", [logger_id])
    known = registry.logger(connection, logger_id)
    ends = {"range_min_c": range_min_c, "range_max_c": range_max_c}
    for name, given in ends.items():
        if None not in (given, known[name]) and given != known[name]:
            raise ConflictError(f"{name} of logger {logger_id!r} is recorded as {known[name]:g}; leave it as it is")
    low, high = (known[name] if given is None else given for name, given in ends.items())
    if low is not None and high is not None and low >= high:
        raise ConflictError(f"the range of logger {logger_id!r} would be {low:g} to {high:g}; its ends are wrong")
    fill_range(connection, [logger_id], range_min_c, range_max_c)
