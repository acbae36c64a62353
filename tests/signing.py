"""Quality's signature on all that waits, for tests of something else."""

from service.domain.identity.actor import Actor
from service.store.acting import acting
from service.store.changes import Chosen, changes, free
from service.store.pool import Connection

#: Another account than that of who records in tests.
QUALITY = Actor("account:quality", "Q. Quality", "password and code")


def sign_all(connection: Connection) -> list[int]:
    """Quality signs all that waits; returns its numbers."""
    waiting = [change.id for change in changes(connection, Chosen("unsigned"))]
    if waiting:
        with acting(connection, QUALITY):
            free(connection, waiting, 1)
    return waiting
