"""What is asked and done wherever lots and boxes come to lie in a container."""

from collections.abc import Collection
from datetime import UTC, datetime

from service.domain.registry.nesting import Nesting, why_not_carried, why_not_nested
from service.errors import ConflictError, NotFoundError, RefusedError
from service.store.lots.lots import lots_in_during
from service.store.pool import Connection
from service.store.registry.containers import container
from service.store.registry.contents import who_is_at
from service.store.registry.nestings import lock_contents, lock_nestings, nestings_around
from service.store.row_locks import lock_lots

_END = datetime.max.replace(tzinfo=UTC)


def refuse_taken(
    connection: Connection, container_id: str, position: str | None, from_at: datetime, until_at: datetime | None
) -> None:
    """Refuse a position where something is already. Call it before the row is there.

    Raises:
        ConflictError: it is taken, and by what.
    """
    if position is None:
        return
    if there := who_is_at(connection, container_id, position, from_at, until_at):
        raise ConflictError(
            f"position {position!r} in {container_id!r} is taken by {there} during that time; give another `position`, "
            "or record first that it was moved"
        )


def lots_locked_in(connection: Connection, nestings: Collection[Nesting], beside: Collection[str] = ()) -> list[str]:
    """The lots that were in these containers at any time of these nestings, which nobody else moves from now on.

    Args:
        beside: other lots that nobody is to move.
    """
    lock_nestings(connection)
    lock_lots(connection, [*lots_in_nestings(connection, nestings), *beside])
    for container_id in sorted({one.container_id for one in nestings}):
        lock_contents(connection, container_id)
    # Once more: somebody may have put another lot into it until it was locked.
    return lots_in_nestings(connection, nestings)


def lots_in_nestings(connection: Connection, nestings: Collection[Nesting]) -> list[str]:
    """The lots that were in these containers at any time of these nestings, by id."""
    found: set[str] = set()
    for one in nestings:
        found |= set(lots_in_during(connection, one.container_id, one.from_at, one.until_at or _END))
    return sorted(found)


def nestings_known(connection: Connection, new: Nesting) -> list[Nesting]:
    """What a new nesting is held against: the nestings of all that is in the container, or around where it goes."""
    around = {*nestings_around(connection, new.container_id), *nestings_around(connection, new.in_id)}
    return sorted(around, key=lambda one: (one.container_id, one.from_at))


def refuse_not_nested(connection: Connection, known: Collection[Nesting], new: Nesting) -> None:
    """Refuse what cannot be in each other.

    Raises:
        NotFoundError: there is no such container.
        RefusedError: there is none to put it into, or it is not carried there.
        ConflictError: it would be in itself, in too many, or in two at once.
    """
    inner = container(connection, new.container_id)
    try:
        outer = container(connection, new.in_id)
    except NotFoundError as error:
        raise RefusedError("in_id", str(error)) from error
    if why := why_not_carried(inner.kind, inner.site_id, outer.site_id):
        raise RefusedError("in_id", why)
    if why := why_not_nested(sorted(known, key=lambda one: (one.container_id, one.from_at)), new):
        raise ConflictError(why)
