"""Profiles as stored: one immutable JSON document a version."""

from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb

from service.domain.profiles import Direction, Effect, Limit, Profile
from service.store.pool import Connection


def profile_of(document: dict[str, Any]) -> Profile:
    """The profile a stored document describes."""
    limits = tuple(
        Limit(**{**limit, "direction": Direction(limit["direction"]), "effect": Effect(limit["effect"])})
        for limit in document["limits"]
    )
    return Profile(**{**document, "limits": limits})


def add_profile_if_new(connection: Connection, profile: Profile) -> bool:
    """Store a version of a profile; False if that version is already there, which is then left as it is."""
    added = connection.execute(
        "INSERT INTO profiles (id, version, document) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [profile.id, profile.version, Jsonb(asdict(profile))],
    )
    return added.rowcount == 1


def latest_profile(connection: Connection, profile_id: str) -> Profile | None:
    """The newest version of a profile."""
    row = connection.execute(
        "SELECT document FROM profiles WHERE id = %s ORDER BY version DESC LIMIT 1", [profile_id]
    ).fetchone()
    return None if row is None else profile_of(row["document"])


def all_profiles(connection: Connection) -> dict[tuple[str, int], Profile]:
    """Every version of every profile, by (id, version)."""
    found = [profile_of(row["document"]) for row in connection.execute("SELECT document FROM profiles")]
    return {(profile.id, profile.version): profile for profile in sorted(found, key=lambda p: (p.id, p.version))}
