"""Hints of what has changed, from the database to whoever shows it: triggers tell them (migrations/0069_hints.sql)."""

from collections.abc import Collection

from service.domain.identity.caller import Sites
from service.store.pool import Connection
from service.store.rows import all_values
from service.store.visible import Kind, visible, visible_at

CHANNEL = "hints"

#: Kinds of hints whose ids are those of a kind of thing, and of what type these are.
_KINDS: dict[str, tuple[Kind, str]] = {
    "lot": ("lot", "text"),
    "container": ("container", "text"),
    "alert": ("alert", "bigint"),
    "change": ("change", "bigint"),
    "move": ("move", "bigint"),
}
#: Of what happens at a site, the id of a hint is that of the site.
_OF_SITES = frozenset({"check"})


def listen(connection: Connection) -> None:
    """Ask to be told."""
    connection.execute(f"LISTEN {CHANNEL}")


def heard(connection: Connection, within_s: float) -> list[str]:
    """What is told next, and what else has come by then; empty: nothing within this time."""
    told = [notified.payload for notified in connection.notifies(timeout=within_s, stop_after=1)]
    if told:
        told += [notified.payload for notified in connection.notifies(timeout=0)]
    return told


def hint_of_containers(connection: Connection, container_ids: Collection[str]) -> None:
    """What is known of these has moved on. Not for ingest: transactions that tell wait for each other at their end."""
    if container_ids:
        connection.execute("SELECT hint_of('container', %s::text[])", [sorted(container_ids)])


def seen_of(connection: Connection, kind: str, ids: Collection[str], sites: Sites) -> frozenset[str]:
    """Which of these things may be seen at these sites."""
    if sites is None:
        return frozenset(ids)
    if kind in _OF_SITES:
        return frozenset(ids) & sites
    if kind not in _KINDS:
        return frozenset()
    thing, of_type = _KINDS[kind]
    return frozenset(
        all_values(
            connection,
            f"SELECT told.id::text FROM unnest(%(ids)s::{of_type}[]) AS told (id) "
            f"WHERE {visible(thing, 'told.id', sites)}",
            {"ids": sorted(ids), **visible_at(sites)},
        )
    )
