"""Sites, products, containers and loggers: what is registered once and then referred to."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg

from service.domain.causes import Cause
from service.domain.profiles import Profile
from service.errors import ConflictError, NotFoundError, RefusedError
from service.store.dirty import mark_containers
from service.store.pool import Connection
from service.store.profiles import latest_profile
from service.store.rewriting import Explained, judged_in, note

Row = dict[str, Any]


@contextmanager
def new_row(what: str, identifier: str, **refers_to: str) -> Iterator[None]:
    """Turn the database's refusals into ours. `refers_to`: the columns, such as `site_id`, that name other rows.

    Raises:
        ConflictError: the id is taken.
        RefusedError: something referred to does not exist.
    """
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        raise ConflictError(f"{what} {identifier!r} exists already; choose another id, or leave it as it is") from error
    except psycopg.errors.ForeignKeyViolation as error:
        constraint = error.diag.constraint_name or ""
        for field, missing in refers_to.items():
            if constraint.endswith(f"_{field}_fkey"):
                thing = field.removesuffix("_id")
                raise RefusedError(field, f"there is no {thing} {missing!r}; POST /v1/{thing}s registers it") from error
        raise


def profile_named(connection: Connection, profile_id: str) -> Profile:
    """The newest version of a profile.

    Raises:
        RefusedError: there is none of that id.
    """
    profile = latest_profile(connection, profile_id)
    if profile is None:
        raise RefusedError("profile_id", f"there is no profile {profile_id!r}; GET /v1/profiles lists them")
    return profile


def add_site(connection: Connection, site_id: str, name: str, time_zone: str) -> None:
    """Register a site."""
    with new_row("site", site_id):
        connection.execute("INSERT INTO sites (id, name, time_zone) VALUES (%s, %s, %s)", [site_id, name, time_zone])


def sites(connection: Connection) -> list[Row]:
    """All sites, by id."""
    return connection.execute("SELECT id, name, time_zone FROM sites ORDER BY id").fetchall()


def add_product(connection: Connection, product_id: str, name: str, profile_id: str) -> None:
    """Register a product under the newest version of a profile."""
    profile = profile_named(connection, profile_id)
    with new_row("product", product_id):
        connection.execute(
            "INSERT INTO products (id, name, profile_id, profile_version) VALUES (%s, %s, %s, %s)",
            [product_id, name, profile.id, profile.version],
        )


def products(connection: Connection) -> list[Row]:
    """All products, by id."""
    return connection.execute("SELECT id, name, profile_id, profile_version FROM products ORDER BY id").fetchall()


_CONTAINER = "id, site_id, name, kind, profile_id, profile_version, mapping_study, door_grace_s, declared_c"


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
    study = mapping_study or recorded["mapping_study"]
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
    was = {"id": container_id, "door_grace_s": recorded["door_grace_s"], "mapping_study": recorded["mapping_study"]}
    becomes = {"id": container_id, "door_grace_s": door_grace_s, "mapping_study": study}
    correction_id = None
    if judged_in(connection, [container_id]):
        correction_id = note(connection, "door_grace", container_id, was, becomes, Explained(reason, recorded_by))
    mark_containers(connection, [container_id], Cause.DOOR_GRACE, correction_id)


def containers_by_id(connection: Connection, container_ids: Iterable[str]) -> dict[str, Row]:
    """Each of these containers."""
    rows = connection.execute(f"SELECT {_CONTAINER} FROM containers WHERE id = ANY(%s)", [list(container_ids)])
    return {row["id"]: row for row in rows}


def containers(connection: Connection, site_id: str | None = None) -> list[Row]:
    """Containers, by id; of one site if asked."""
    return connection.execute(
        f"SELECT {_CONTAINER} FROM containers WHERE %(site)s::text IS NULL OR site_id = %(site)s ORDER BY id",
        {"site": site_id},
    ).fetchall()


def container(connection: Connection, container_id: str) -> Row:
    """One container.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = connection.execute(f"SELECT {_CONTAINER} FROM containers WHERE id = %s", [container_id]).fetchone()
    if row is None:
        raise NotFoundError(f"there is no container {container_id!r}; GET /v1/containers lists them")
    return row


def register_logger(
    connection: Connection,
    logger_id: str,
    site_id: str,
    model: str,
    range_min_c: float | None,
    range_max_c: float | None,
    firmware: str = "",
) -> None:
    """Register a logger, whether or not it has been heard already; what it said of itself is not forgotten.

    Raises:
        ConflictError: it is registered.
    """
    with new_row("logger", logger_id, site_id=site_id):
        added = connection.execute(
            "INSERT INTO loggers (id, site_id, model, range_min_c, range_max_c, firmware, registered_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, now()) ON CONFLICT (id) DO UPDATE SET site_id = excluded.site_id, "
            "model = coalesce(nullif(excluded.model, ''), loggers.model), "
            "range_min_c = coalesce(excluded.range_min_c, loggers.range_min_c), "
            "range_max_c = coalesce(excluded.range_max_c, loggers.range_max_c), "
            "firmware = coalesce(nullif(loggers.firmware, ''), excluded.firmware), "
            "registered_at = now() WHERE loggers.registered_at IS NULL",
            [logger_id, site_id, model, range_min_c, range_max_c, firmware],
        )
    if added.rowcount == 0:
        raise ConflictError(f"logger {logger_id!r} is registered already; leave it as it is")


def loggers(connection: Connection, logger_id: str | None = None) -> list[Row]:
    """Loggers, by id, each with its probes and where they are attached now."""
    return connection.execute(
        """
        SELECT loggers.id, coalesce(site_id, topic_site) AS site_id, model, range_min_c, range_max_c, firmware,
               online, online_since, registered_at, first_seen_at,
               array(SELECT probe FROM series WHERE logger_id = loggers.id ORDER BY probe) AS probes,
               array(SELECT DISTINCT container_id FROM attachments JOIN series ON series.id = series_id
                     WHERE logger_id = loggers.id AND until_at IS NULL ORDER BY container_id) AS container_ids
        FROM loggers WHERE %(id)s::text IS NULL OR id = %(id)s ORDER BY id
        """,
        {"id": logger_id},
    ).fetchall()


def logger(connection: Connection, logger_id: str) -> Row:
    """One logger.

    Raises:
        NotFoundError: it is neither registered nor was it ever heard.
    """
    rows = loggers(connection, logger_id)
    if not rows:
        raise NotFoundError(
            f"logger {logger_id!r} is not registered and was never heard; POST /v1/loggers registers it"
        )
    return rows[0]


def series_names(connection: Connection, series_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Logger id and probe of each series."""
    rows = connection.execute("SELECT id, logger_id, probe FROM series WHERE id = ANY(%s)", [list(series_ids)])
    return {row["id"]: (row["logger_id"], row["probe"]) for row in rows}


def set_online(
    connection: Connection,
    logger_id: str,
    topic_site: str,
    *,
    online: bool,
    firmware: str | None = None,
    at: datetime | None = None,
) -> None:
    """What a logger's status topic says of it, and said `at` (default: now); what was heard later counts."""
    connection.execute(
        "INSERT INTO loggers (id, topic_site, online, online_since, firmware, first_seen_at) "
        "VALUES (%(id)s, %(site)s, %(online)s, coalesce(%(at)s, now()), coalesce(%(firmware)s, ''), now()) "
        "ON CONFLICT (id) DO UPDATE SET online = excluded.online, online_since = "
        "CASE WHEN loggers.online = excluded.online THEN loggers.online_since ELSE excluded.online_since END, "
        "firmware = coalesce(%(firmware)s, loggers.firmware) "
        "WHERE loggers.online_since IS NULL OR loggers.online_since <= excluded.online_since",
        {"id": logger_id, "site": topic_site, "online": online, "firmware": firmware, "at": at},
    )
