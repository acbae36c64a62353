"""Specifications of certificates, as people store them."""

from dataclasses import replace

from service.domain.answers.specification import Specification, why_not_sound
from service.domain.identity.actor import Actor
from service.errors import ConflictError, NotFoundError, RefusedError
from service.store.acting import acting
from service.store.pool import Connection
from service.store.registry.specifications import (
    StoredSpecification,
    add_specification_if_new,
    stored_specification,
    why_not_stored,
)


def add_specification(connection: Connection, actor: Actor, specification: Specification) -> StoredSpecification:
    """Store a specification under the next version of its id, whatever version it names; none that is stored changes.

    Raises:
        RefusedError: nothing can be judged by it.
        ConflictError: the id is that of one that comes with the software, or somebody stored a version meanwhile.
    """
    if refused := why_not_stored(specification.id):
        raise refused
    if why := why_not_sound(specification):
        raise RefusedError(*why)
    with acting(connection, actor):
        added = replace(specification, version=_latest(connection, specification.id) + 1)
        if not add_specification_if_new(connection, added):
            raise ConflictError(
                f"another version of specification {specification.id!r} was stored at this moment; send it again"
            )
        return stored_specification(connection, added.id, added.version)


def _latest(connection: Connection, specification_id: str) -> int:
    try:
        return stored_specification(connection, specification_id).version
    except NotFoundError:
        return 0
