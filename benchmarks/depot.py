"""Freezers by the thousand, each with a logger and lots, registered in a few statements.

By the acts of people, one by one, a hundred thousand of them would take an hour.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from benchmarks.freezer import Temperatures, Times, copy_unmarked
from benchmarks.papers import add_papers, add_product_with_papers
from service.domain.clocks import AsOf
from service.domain.verdicts.causes import Cause
from service.evaluator.generation import changes, write_next
from service.evaluator.run import evaluate_once
from service.store.dirty import mark_containers, mark_lots
from service.store.exposure import generations
from service.store.pool import Connection
from service.store.series.readings import SeriesIds, ensure_series

PROFILE = "cryo-80"
_AT_SITE = 20
#: Of what waits, so much is worked off at once where nobody waits behind it.
_MOST_MARKS = 500

#: Each is asked with the number of freezers, of lots in each, and since when they are there.
_REGISTERED = (
    "INSERT INTO sites (id, name, time_zone) SELECT DISTINCT {site}, {site}, 'UTC' FROM {freezers}",
    "INSERT INTO containers (id, site_id, name, kind, profile_id, profile_version) "
    "SELECT {name}, {site}, {name}, 'freezer', profile_id, profile_version FROM products, {freezers}",
    "INSERT INTO loggers (id, site_id, range_min_c, range_max_c, registered_at) "
    "SELECT {name}, {site}, -100, 50, %(since)s FROM {freezers}",
    "INSERT INTO series (logger_id) SELECT {name} FROM {freezers} ORDER BY number",
    "INSERT INTO attachments (id, series_id, container_id, place, from_at, commissioned_at) "
    "SELECT logger_id, id, logger_id, 'air', %(since)s, %(since)s FROM series",
    "INSERT INTO lots (id, product_id, lot_number, units, profile_id, profile_version, life_starts_at) "
    "SELECT {lot}, products.id, {lot}, 1, profile_id, profile_version, %(since)s FROM products, {freezers}, {lots}",
    "INSERT INTO placements (id, lot_id, container_id, from_at) SELECT {lot}, {lot}, {name}, %(since)s "
    "FROM {freezers}, {lots}",
)
_PARTS = {
    "freezers": "generate_series(0, %(freezers)s - 1) AS freezers (number)",
    "lots": "generate_series(0, %(lots)s - 1) AS lots (place)",
    "name": "'freezer-' || lpad(number::text, 6, '0')",
    "site": f"'depot-' || lpad((number / {_AT_SITE})::text, 5, '0')",
    "lot": "'freezer-' || lpad(number::text, 6, '0') || '-lot-' || lpad(place::text, 4, '0')",
}


def freezer_name(number: int) -> str:
    """The id of a freezer and of its logger."""
    return f"freezer-{number:06}"


def lot_name(number: int, place: int) -> str:
    """The id of a lot in a freezer."""
    return f"{freezer_name(number)}-lot-{place:04}"


def topic(number: int) -> str:
    """Where the logger of a freezer publishes."""
    return f"coldchain/v1/depot-{number // _AT_SITE:05}/{freezer_name(number)}/readings"


def fill_depot(connection: Connection, freezers: int, lots: int, since: datetime) -> None:
    """Register so many freezers, each with a logger and so many lots from the start, and mark them to be judged."""
    with connection.transaction():
        add_product_with_papers(connection, PROFILE)
        for statement in _REGISTERED:
            connection.execute(
                statement.format(**_PARTS), {"freezers": freezers, "lots": lots, "since": since}, prepare=False
            )
        add_papers(connection)
        mark_containers(connection, [freezer_name(number) for number in range(freezers)], Cause.ATTACHMENT)
        mark_lots(
            connection,
            [lot_name(number, place) for number in range(freezers) for place in range(lots)],
            Cause.PLACEMENT,
        )
    connection.execute("ANALYZE")


def copy_history(connection: Connection, numbers: Sequence[int], times_us: Times, temperatures_c: Temperatures) -> None:
    """The same readings of each of these freezers, without marks."""
    ids: SeriesIds = {}
    ensure_series(connection, ids, [(freezer_name(number), "") for number in numbers], {})
    for number in numbers:
        copy_unmarked(connection, ids, freezer_name(number), times_us, temperatures_c)


def unseen_logs() -> None:
    """What this process logs of lots and alerts is put into words, as it costs something, and goes nowhere."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())


def evaluate_all_due(connection: Connection, now_us: int, most_marks: int = _MOST_MARKS) -> None:
    """Until neither a mark nor the passing of time leaves anything to judge."""
    while (done := evaluate_once(connection, AsOf(now_us), most_marks=most_marks)).marks or done.lots:
        pass


def refuse_otherwise_judged(connection: Connection, now_us: int) -> None:
    """What stands there is what judging everything anew by all readings comes to, or the run fails."""
    write_next(connection, lambda _done, _count: None)
    differing: Sequence[str] = generations.lots_of_changed_containers(connection)
    assert not differing, f"{len(differing)} lots are in containers judged otherwise than anew, as {differing[0]}"
    changed = changes(connection, now_us)
    assert not changed, f"{len(changed)} lots are judged otherwise than anew, as {changed[0]}"
    connection.execute("SELECT pg_advisory_unlock_all()")
