"""Containers, as people register them and set how long an opened door is no exposure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from service.acts.explanations import list_if_judged
from service.acts.retirement import refuse_retired_site
from service.domain.identity.actor import Actor
from service.domain.registry.containers import why_not_declared, why_unfounded
from service.domain.registry.retirement import retiring, why_in_use, why_unchanged
from service.domain.softening import Kind as Softening
from service.domain.softening import why_grace_softens, why_room_softens
from service.domain.verdicts.causes import Cause
from service.store.acting import acting
from service.store.changes import note_change
from service.store.dirty import mark_containers
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.containers import (
    Container,
    container,
    containers_to_leave,
    insert_container,
    insert_door_grace,
    lots_to_leave,
    probes_in,
    update_container,
    update_door_grace,
)
from service.store.registry.profiles import profile_named
from service.store.row_locks import lock_to_retire


def add_container(
    connection: Connection,
    actor: Actor,
    container_id: str,
    site_id: str,
    name: str,
    kind: str,
    profile_id: str,
    mapping_study: str | None = None,
    door_grace_s: int = 0,
    declared_c: float | None = None,
) -> Container:
    """Register a container under the newest version of its profile, which decides which limits raise an alert.

    Args:
        declared_c: the temperature a room is declared to have; it is held against lots where it is beyond a limit,
            and proves nothing for them.

    Raises:
        RefusedError: no such site or profile, a door grace without a mapping study, or a declared temperature of
            what is no room.
        ConflictError: the id is taken, or the site is retired.
    """
    with acting(connection, actor):
        profile = profile_named(connection, profile_id)
        if refused := why_unfounded(door_grace_s, mapping_study) or why_not_declared(kind, declared_c):
            raise refused
        added = Container(
            container_id, site_id, name, kind, profile.id, profile.version, mapping_study, door_grace_s, declared_c
        )
        insert_container(connection, added)
        refuse_retired_site(connection, site_id)
        touched, what = [Touched(container_id=container_id)], {"container": added}
        if why_room_softens(declared_c) is not None:
            note_change(connection, Softening.DECLARED_ROOM, container_id, what, touched, Cause.PLACEMENT)
        if why_grace_softens(0, door_grace_s) is not None:
            note_change(connection, Softening.DOOR_GRACE, container_id, what, touched, Cause.DOOR_GRACE)
    return added


def change_container(
    connection: Connection, actor: Actor, container_id: str, change: Mapping[str, Any], *, reason: str, now: datetime
) -> Container:
    """Change what a container is called (`name`), or whether it is in use (`retired`).

    Args:
        change: what is to be different, by name; the rest stays.

    Raises:
        NotFoundError: there is no such container.
        RefusedError: it changes nothing.
        ConflictError: it is to be retired, and a lot or a probe is in it; or to be used again, and its site is retired.
    """
    if refused := why_unchanged(change):
        raise refused
    with acting(connection, actor, reason):
        lock_to_retire(connection, "containers", container_id)
        was = container(connection, container_id)
        becomes = replace(was, **retiring(change, was.retired_at, now))
        if becomes.retired_at is not None:
            uses = [f"lot {lot_id!r}" for lot_id in lots_to_leave(connection, container_id)]
            uses += [f"container {inner_id!r}" for inner_id in containers_to_leave(connection, container_id)]
            uses += [f"logger {logger_id!r}" for logger_id in probes_in(connection, container_id)]
            if in_use := why_in_use(
                "container", container_id, uses, "move what is in it and take its probes out, then retire it"
            ):
                raise in_use
        elif was.retired_at is not None:
            refuse_retired_site(connection, was.site_id)
        update_container(connection, becomes)
    return becomes


@dataclass(frozen=True, slots=True)
class _DoorGrace:
    id: str
    door_grace_s: int
    mapping_study: str | None


def set_door_grace(
    connection: Connection,
    actor: Actor,
    container_id: str,
    *,
    door_grace_s: int,
    mapping_study: str | None,
    reason: str,
) -> Container:
    """Change how long an opened door is no certain exposure, for all of the container's history.

    Without a study named, the one recorded before holds.

    Raises:
        NotFoundError: no such container.
        RefusedError: there is no mapping study.
    """
    with acting(connection, actor, reason):
        was = container(connection, container_id)
        becomes = replace(was, door_grace_s=door_grace_s, mapping_study=mapping_study or was.mapping_study)
        if refused := why_unfounded(becomes.door_grace_s, becomes.mapping_study):
            raise refused
        update_door_grace(connection, becomes)
        insert_door_grace(connection, becomes, reason)
        list_if_judged(
            connection, [container_id], "door_grace", container_id, _grace_of(was), _grace_of(becomes), reason
        )
        mark_containers(connection, [container_id], Cause.DOOR_GRACE)
        if why_grace_softens(was.door_grace_s, becomes.door_grace_s) is not None:
            what = {"was": _grace_of(was), "becomes": _grace_of(becomes)}
            touched = [Touched(container_id=container_id)]
            note_change(connection, Softening.DOOR_GRACE, container_id, what, touched, Cause.DOOR_GRACE)
    return becomes


def _grace_of(container: Container) -> _DoorGrace:
    return _DoorGrace(container.id, container.door_grace_s, container.mapping_study)
