"""Profiles as stored: one immutable JSON document a version."""

from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb

from service.domain.profiles import Direction, Effect, Limit, Profile, ThawRule
from service.errors import RefusedError
from service.store.paging import WHOLE, Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_values, one_value


def profile_of(document: dict[str, Any]) -> Profile:
    """The profile a stored document describes."""
    limits = tuple(
        Limit(**{**limit, "direction": Direction(limit["direction"]), "effect": Effect(limit["effect"])})
        for limit in document["limits"]
    )
    # Documents from before there was a thaw rule do not name it.
    thaw = document.get("thaw")
    rule = None if thaw is None else ThawRule(**{**thaw, "effect": Effect(thaw["effect"])})
    return Profile(**{**document, "limits": limits, "thaw": rule})


def add_profile_if_new(connection: Connection, profile: Profile) -> bool:
    """Store a version of a profile; False if that version is already there, which is then left as it is."""
    added = connection.execute(
        "INSERT INTO profiles (id, version, document) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [profile.id, profile.version, Jsonb(asdict(profile))],
    )
    return added.rowcount == 1


def latest_profile(connection: Connection, profile_id: str) -> Profile | None:
    """The newest version of a profile."""
    document = one_value(
        connection, "SELECT document FROM profiles WHERE id = %s ORDER BY version DESC LIMIT 1", [profile_id]
    )
    return None if document is None else profile_of(document)


def profile_named(connection: Connection, profile_id: str) -> Profile:
    """The newest version of a profile that something new is to be kept under.

    Raises:
        RefusedError: there is none of that id.
    """
    profile = latest_profile(connection, profile_id)
    if profile is None:
        raise RefusedError("profile_id", f"there is no profile {profile_id!r}; register it first")
    return profile


def profile_in_version(connection: Connection, profile_key: tuple[str, int]) -> Profile:
    """The version of a profile that something is pinned to."""
    document = one_value(connection, "SELECT document FROM profiles WHERE (id, version) = (%s, %s)", profile_key)
    return profile_of(document)


#: The order in which profiles are listed.
BY_VERSION = Order({"id": str, "version": int})


def profiles(connection: Connection, part: Part = WHOLE) -> list[Profile]:
    """Every version of profiles, by id and version."""
    return rows_of_part(connection, _profile, "SELECT id, version, document FROM profiles", {}, BY_VERSION, part)


def _profile(*, document: dict[str, Any], **_key: Any) -> Profile:
    return profile_of(document)


def all_profiles(connection: Connection) -> dict[tuple[str, int], Profile]:
    """Every version of every profile, by (id, version)."""
    found = [profile_of(document) for document in all_values(connection, "SELECT document FROM profiles")]
    return {(profile.id, profile.version): profile for profile in sorted(found, key=lambda p: (p.id, p.version))}
