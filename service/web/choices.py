"""What can be chosen in forms: profiles, sites, containers, loggers."""

from service.domain.identity.caller import Sites
from service.store.pool import Connection
from service.store.registry.containers import containers
from service.store.registry.loggers import loggers
from service.store.registry.profiles import profiles
from service.store.registry.sites import sites
from service.web.frame import frame

Choices = tuple[tuple[str, str], ...]

#: Nothing is chosen before somebody chooses.
_NONE = ("", "Choose …")


def profile_choices(connection: Connection) -> Choices:
    """The newest version of each profile, with its first limits."""
    newest = {one.id: one for one in profiles(connection)}
    limits = {one.id: ", ".join(limit.text for limit in one.limits[:2]) for one in newest.values()}
    return _NONE, *((one.id, f"{one.name}: never long {limits[one.id]}") for one in newest.values())


def site_choices(connection: Connection, held_at: Sites) -> Choices:
    """Sites at which the caller may do it. A single one is chosen already."""
    found = tuple((one.id, one.name) for one in sites(connection, seen_at=held_at, retired=False))
    return found if len(found) == 1 else (_NONE, *found)


def container_choices(connection: Connection, held_at: Sites) -> Choices:
    """Containers in use, by name, of the chosen site or with the site of each."""
    site = frame().site
    names = {one.id: one.name for one in sites(connection)}
    found = containers(connection, None if site is None else site.id, seen_at=held_at, retired=False)
    several = len({one.site_id for one in found}) > 1
    return _NONE, *(
        (one.id, f"{one.name}, {names[one.site_id]}" if several else one.name)
        for one in sorted(found, key=lambda one: (one.name, one.id))
    )


def logger_choices(connection: Connection, held_at: Sites) -> Choices:
    """Registered loggers, those that measure nothing first."""
    found = loggers(connection, registered=True, retired=False, seen_at=held_at)
    return _NONE, *(
        (one.id, f"{one.id}{f', {one.model}' if one.model else ''}{_where(one.container_ids)}")
        for one in sorted(found, key=lambda one: (bool(one.container_ids), one.id))
    )


def _where(container_ids: list[str]) -> str:
    return f" (in {', '.join(container_ids)})" if container_ids else ""
