"""Containers: what lots are kept in."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.domain.verdicts.causes import Cause
from service.errors import RefusedError
from service.store.corrections import Explained, judged_in, note
from service.store.dirty import mark_containers
from service.store.new_rows import new_row
from service.store.pool import Connection
from service.store.registry.profiles import profile_named
from service.store.rows import all_rows, columns, found, one_row


@dataclass(frozen=True, slots=True)
class Container:
    """A freezer, refrigerator, vessel, shipper, box or room, pinned to a version of its profile."""

    id: str
    site_id: str
    name: str
    kind: str
    profile_id: str
    profile_version: int
    mapping_study: str | None
    door_grace_s: int
    declared_c: float | None

    @property
    def profile_key(self) -> tuple[str, int]:
        """Id and version of its profile."""
        return self.profile_id, self.profile_version


_SELECT = f"SELECT {columns(Container)} FROM containers "


def add_container(
    connection: Connection,
    container_id: str,
    site_id: str,
    name: str,
    kind: str,
    profile_id: str,
    mapping_study: str | None = None,
    door_grace_s: int = 0,
    declared_c: float | None = None,
) -> None:
    """Register a container; its profile decides which limits raise an alert.

    Args:
        declared_c: the temperature a room is declared to have; it is held against lots where it is beyond a limit,
            and proves nothing for them.

    Raises:
        RefusedError: no such site or profile, a door grace without a mapping study, or a declared temperature of
            what is no room.
        ConflictError: the id is taken.
    """
    profile = profile_named(connection, profile_id)
    _refuse_unfounded(door_grace_s, mapping_study)
    if declared_c is not None and kind != "ambient":
        raise RefusedError("declared_c", f"a {kind} is measured; only a room (ambient) has a declared temperature")
    with new_row("container", container_id, site_id=site_id):
        connection.execute(
            "INSERT INTO containers "
            "(id, site_id, name, kind, profile_id, profile_version, mapping_study, door_grace_s, declared_c) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                container_id,
                site_id,
                name,
                kind,
                profile.id,
                profile.version,
                mapping_study,
                door_grace_s,
                declared_c,
            ],
        )


def _refuse_unfounded(door_grace_s: int, mapping_study: str | None) -> None:
    if door_grace_s and not mapping_study:
        raise RefusedError(
            "mapping_study", "a door grace rests on a mapping study; name the study that shows the lots stay cold"
        )


def set_door_grace(
    connection: Connection,
    container_id: str,
    *,
    door_grace_s: int,
    mapping_study: str | None,
    reason: str,
    recorded_by: str,
) -> None:
    """Change how long an opened door is no certain exposure, for all of the container's history.

    Call it inside a transaction. Without a study named, the one recorded before holds.

    Raises:
        NotFoundError: no such container.
        RefusedError: there is no mapping study.
    """
    recorded = container(connection, container_id)
    study = mapping_study or recorded.mapping_study
    _refuse_unfounded(door_grace_s, study)
    connection.execute(
        "UPDATE containers SET door_grace_s = %s, mapping_study = %s WHERE id = %s",
        [door_grace_s, study, container_id],
    )
    connection.execute(
        "INSERT INTO door_graces (container_id, door_grace_s, mapping_study, reason, recorded_by) "
        "VALUES (%s, %s, %s, %s, %s)",
        [container_id, door_grace_s, study, reason, recorded_by],
    )
    was = {"id": container_id, "door_grace_s": recorded.door_grace_s, "mapping_study": recorded.mapping_study}
    becomes = {"id": container_id, "door_grace_s": door_grace_s, "mapping_study": study}
    correction_id = None
    if judged_in(connection, [container_id]):
        correction_id = note(connection, "door_grace", container_id, was, becomes, Explained(reason, recorded_by))
    mark_containers(connection, [container_id], Cause.DOOR_GRACE, correction_id)


def containers_by_id(connection: Connection, container_ids: Iterable[str]) -> dict[str, Container]:
    """Each of these containers."""
    rows = all_rows(connection, Container, _SELECT + "WHERE id = ANY(%s)", [list(container_ids)])
    return {row.id: row for row in rows}


def containers(connection: Connection, site_id: str | None = None) -> list[Container]:
    """Containers, by id; of one site if asked."""
    condition = "WHERE %(site)s::text IS NULL OR site_id = %(site)s ORDER BY id"
    return all_rows(connection, Container, _SELECT + condition, {"site": site_id})


def container(connection: Connection, container_id: str) -> Container:
    """One container.

    Raises:
        NotFoundError: there is none of that id.
    """
    return found(one_row(connection, Container, _SELECT + "WHERE id = %s", [container_id]), "container", container_id)
