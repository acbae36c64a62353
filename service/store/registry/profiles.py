"""Profiles as stored: one immutable JSON document a version."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from psycopg.types.json import Jsonb

from service.domain.profiles import Direction, Effect, Limit, Profile, ThawRule
from service.errors import RefusedError, UnbrokenError
from service.store.paging import WHOLE, Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, columns, one_value


class UnreadableProfileError(UnbrokenError):
    """What is stored of a profile is no profile."""


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


def profile_named(connection: Connection, profile_id: str, version: int | None = None) -> Profile:
    """A version of a profile that something new is to be kept under; None: the newest.

    Raises:
        RefusedError: there is none of that id, or not in that version.
    """
    profile = latest_profile(connection, profile_id)
    if profile is None:
        raise RefusedError("profile_id", f"there is no profile {profile_id!r}; register it first")
    if version is None or version == profile.version:
        return profile
    document = one_value(
        connection, "SELECT document FROM profiles WHERE (id, version) = (%s, %s)", [profile_id, version]
    )
    if document is None:
        newest = f"its newest version is {profile.version}"
        raise RefusedError("profile_version", f"there is no version {version} of profile {profile_id!r}; {newest}")
    return _read((profile_id, version), document)


def profile_in_version(connection: Connection, profile_key: tuple[str, int]) -> Profile:
    """The version of a profile that something is pinned to."""
    document = one_value(connection, "SELECT document FROM profiles WHERE (id, version) = (%s, %s)", profile_key)
    return _read(profile_key, document)


def profiles_in_versions(
    connection: Connection, keys: Collection[tuple[str, int]]
) -> Mapping[tuple[str, int], Profile]:
    """Versions of profiles that things are pinned to, by id and version, each read when it is asked for."""
    rows = all_rows(
        connection,
        _Stored,
        f"SELECT {columns(_Stored)} FROM profiles JOIN unnest(%s::text[], %s::integer[]) AS wanted (id, version) "
        "USING (id, version)",
        [[profile_id for profile_id, _ in keys], [version for _, version in keys]],
    )
    return _Profiles(rows)


#: The order in which profiles are listed.
BY_VERSION = Order({"id": str, "version": int})


def profiles(connection: Connection, part: Part = WHOLE) -> list[Profile]:
    """Every version of profiles, by id and version."""
    return rows_of_part(connection, _profile, "SELECT id, version, document FROM profiles", {}, BY_VERSION, part)


def _profile(*, id: str, version: int, document: dict[str, Any]) -> Profile:  # noqa: A002 - the columns' names
    return _read((id, version), document)


def _read(key: tuple[str, int], document: Any) -> Profile:
    try:
        return profile_of(document)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise UnreadableProfileError(
            f"profile {key[0]!r} version {key[1]} cannot be read as it is stored ({error!r}); mend its row of "
            "the table profiles"
        ) from error


@dataclass(frozen=True, slots=True)
class _Stored:
    id: str
    version: int
    document: Any


class _Profiles(Mapping[tuple[str, int], Profile]):
    """Each is read when it is asked for: one that cannot be read is nobody's concern but who is kept under it."""

    def __init__(self, stored: list[_Stored]) -> None:
        self._stored = {(one.id, one.version): one.document for one in stored}
        self._read: dict[tuple[str, int], Profile] = {}

    def __getitem__(self, key: tuple[str, int]) -> Profile:
        if key not in self._read:
            self._read[key] = _read(key, self._stored[key])
        return self._read[key]

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


def all_profiles(connection: Connection) -> Mapping[tuple[str, int], Profile]:
    """Every version of every profile, by (id, version).

    Asking for one raises UnreadableProfileError where what is stored is no profile.
    """
    return _Profiles(all_rows(connection, _Stored, f"SELECT {columns(_Stored)} FROM profiles ORDER BY id, version"))
