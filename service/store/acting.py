"""In whose name rows are written: the database refuses what people record where nobody acts."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.domain.identity.actor import Actor
from service.store.pool import Connection

_SET = """
    SELECT set_config('unbroken.actor', %(actor)s, true), set_config('unbroken.actor_name', %(actor_name)s, true),
        set_config('unbroken.known_by', %(known_by)s, true), set_config('unbroken.reason', %(reason)s, true)
"""


@contextmanager
def acting(connection: Connection, actor: Actor, reason: str | None = None) -> Iterator[None]:
    """One transaction in which all that is recorded is recorded by `actor`, and for this reason, if one is given.

    Inside another transaction it is a part of that one.
    """
    with connection.transaction():
        act_as(connection, actor, reason)
        yield


def act_as(connection: Connection, actor: Actor, reason: str | None = None) -> None:
    """Until the end of the present transaction this actor acts."""
    given = {"actor": actor.id, "actor_name": actor.name, "known_by": actor.known_by, "reason": reason or ""}
    connection.execute(_SET, given)
