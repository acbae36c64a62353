"""``unbroken doctor``: what is wrong here, and what to do about it."""

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import typer

from service.domain import checkup
from service.domain.checkup import Difference, Line
from service.domain.instant import SECOND_US, from_datetime
from service.domain.shares import ALL
from service.settings import Settings, read_settings
from service.store import clocks, dirty, privileges
from service.store.intake import heartbeats
from service.store.locks import shares_of_nobody
from service.store.migrate import differences
from service.store.pool import Connection, DatabaseRefusesError, DatabaseUnreachableError, connect
from service.store.tables import PARTS
from service.store.unjudged import unjudged

#: Evaluators look once a second what is theirs.
_TAKEN_OVER_WITHIN_S = 3.0


def doctor() -> None:
    """Look at the database, the clocks, the evaluator and ingest; the exit status is 1 if something is wrong."""
    settings = read_settings()
    lines = list(examined(settings, datetime.now(UTC)))
    for line in lines:
        typer.echo(f"{'ok   ' if line.to_do is None else 'WRONG'} {line.about}: {line.said}")
        if line.to_do is not None:
            typer.echo(f"      {line.to_do}")
    if any(line.to_do is not None for line in lines):
        raise typer.Exit(1)


def examined(settings: Settings, now: datetime) -> Iterator[Line]:
    """What was found, the first thing first: without it the others cannot be asked."""
    try:
        connection = connect(settings.required_database_url(), application="doctor", statement_timeout_s=10)
    except DatabaseUnreachableError as error:
        refused = isinstance(error, DatabaseRefusesError)
        yield Line("database", "answers, and refuses us" if refused else "cannot be reached", str(error))
        return
    with connection:
        yield Line("database", f"answers, and knows us as {privileges.own_role(connection)}")
        found = differences(connection)
        schema = checkup.schema(found.missing, found.unknown)
        yield schema
        if schema.to_do is None:
            yield from _roles(connection)
            yield from _at_work(connection, settings, now)


def _roles(connection: Connection) -> Iterator[Line]:
    found = privileges.differences(connection)
    powers = [Difference(f"{one.role} is {one.what}", one.to_end) for one in privileges.powers(connection)]
    wrong = [Difference(one.said, one.statement) for one in privileges.changes(found)]
    at_work = {(one.application.split()[1], one.role) for one in privileges.sessions(connection)}
    strays = sorted((part, role) for part, role in at_work if part in PARTS and role != privileges.role_of(part))
    yield from checkup.roles(found.absent, powers, wrong, strays)


def _at_work(connection: Connection, settings: Settings, now: datetime) -> Iterator[Line]:
    known = clocks.clocks(connection, f"this machine, {socket.gethostname()}", now)
    times = clocks.times(connection)
    tolerance_us = settings.clock_tolerance_us
    yield from checkup.clocks(known, from_datetime(now), times.latest_us, tolerance_us)
    waiting = dirty.kept_waiting_since(connection)
    waited_us = None if waiting is None else times.database_us - from_datetime(waiting)
    allowed_us = round(settings.evaluator_behind_s * SECOND_US)
    yield checkup.evaluator(_of_nobody(connection), waited_us, allowed_us)
    for one in unjudged(connection):
        where = f"lot {one.lot_id}" if one.lot_id is not None else f"container {one.found_in}"
        yield checkup.unjudged(where, one.error)
    yield checkup.ingest([heartbeat.work() for heartbeat in heartbeats.heartbeats(connection)], from_datetime(now))


def _of_nobody(connection: Connection) -> frozenset[int]:
    """The shares that no evaluator holds, and none just takes over from another."""
    found = shares_of_nobody(connection)
    if not found or found == ALL:
        return found
    time.sleep(_TAKEN_OVER_WITHIN_S)
    return found & shares_of_nobody(connection)
