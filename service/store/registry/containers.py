"""Containers: what lots are kept in."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from service.domain.identity.caller import Sites
from service.store.new_rows import new_row
from service.store.paging import BY_ID, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, columns, found, one_row, values
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class Container:
    """A freezer, refrigerator, vessel, shipper, box or room, pinned to a version of its profile.

    Attributes:
        retired_at: since when nothing new is put into it; None: it is in use.
    """

    id: str
    site_id: str
    name: str
    kind: str
    profile_id: str
    profile_version: int
    mapping_study: str | None
    door_grace_s: int
    declared_c: float | None
    retired_at: datetime | None = None

    @property
    def profile_key(self) -> tuple[str, int]:
        """Id and version of its profile."""
        return self.profile_id, self.profile_version


_SELECT = f"SELECT {columns(Container)} FROM containers "


def insert_container(connection: Connection, container: Container) -> None:
    """Register a container.

    Raises:
        RefusedError: no such site.
        ConflictError: the id is taken.
    """
    with new_row("container", container.id, site_id=container.site_id):
        connection.execute(
            f"INSERT INTO containers ({columns(Container)}) VALUES ({values(Container)})", asdict(container)
        )


def update_container(connection: Connection, container: Container) -> None:
    """Its name, and whether it is retired, are what this says from now on."""
    connection.execute(
        "UPDATE containers SET name = %(name)s, retired_at = %(retired_at)s WHERE id = %(id)s", asdict(container)
    )


def probes_in(connection: Connection, container_id: str) -> list[str]:
    """The loggers that are attached to a container, or will be, by id."""
    return all_values(
        connection,
        "SELECT DISTINCT logger_id FROM attachments JOIN series ON series.id = series_id "
        "WHERE container_id = %s AND (until_at IS NULL OR until_at > now()) ORDER BY logger_id",
        [container_id],
    )


def lots_to_leave(connection: Connection, container_id: str) -> list[str]:
    """The lots that are in a container, or will be, and whose life has not ended, by id."""
    return all_values(
        connection,
        "SELECT DISTINCT lot_id FROM stays JOIN lots ON lots.id = lot_id WHERE container_id = %s "
        "AND (until_at IS NULL OR until_at > now()) AND coalesce(life_ends_at, 'infinity') > now() ORDER BY lot_id",
        [container_id],
    )


def containers_to_leave(connection: Connection, container_id: str) -> list[str]:
    """The containers that are in a container, or will be, by id."""
    return all_values(
        connection,
        "SELECT DISTINCT container_id FROM nestings WHERE in_id = %s AND (until_at IS NULL OR until_at > now()) "
        "ORDER BY container_id",
        [container_id],
    )


def update_door_grace(connection: Connection, container: Container) -> None:
    """Its door grace and mapping study are what this says from now on, for all of its history."""
    connection.execute(
        "UPDATE containers SET door_grace_s = %(door_grace_s)s, mapping_study = %(mapping_study)s WHERE id = %(id)s",
        asdict(container),
    )


def insert_door_grace(connection: Connection, container: Container, reason: str) -> None:
    """Remember why a container has the door grace and mapping study that this says."""
    connection.execute(
        "INSERT INTO door_graces (container_id, door_grace_s, mapping_study, reason) "
        "VALUES (%(id)s, %(door_grace_s)s, %(mapping_study)s, %(reason)s)",
        asdict(container) | {"reason": reason},
    )


def containers_by_id(connection: Connection, container_ids: Iterable[str]) -> dict[str, Container]:
    """Each of these containers."""
    rows = all_rows(connection, Container, _SELECT + "WHERE id = ANY(%s)", [list(container_ids)])
    return {row.id: row for row in rows}


def containers(
    connection: Connection,
    site_id: str | None = None,
    part: Part = WHOLE,
    seen_at: Sites = None,
    *,
    retired: bool = True,
) -> list[Container]:
    """Containers, by id; of one site if asked. `retired`: those, too."""
    condition = (
        f"WHERE (%(site)s::text IS NULL OR site_id = %(site)s) AND {visible('container', 'containers.id', seen_at)} "
        "AND (%(retired)s OR retired_at IS NULL)"
    )
    parameters = {"site": site_id, "retired": retired, **visible_at(seen_at)}
    return rows_of_part(connection, Container, _SELECT + condition, parameters, BY_ID, part)


def container(connection: Connection, container_id: str) -> Container:
    """One container.

    Raises:
        NotFoundError: there is none of that id.
    """
    return found(one_row(connection, Container, _SELECT + "WHERE id = %s", [container_id]), "container", container_id)
