"""What products ask for: profiles of their stages, the specification of certificates, how they are released."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.store.paging import NEWEST_FIRST, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, one_value

#: As lots are kept, and what a product allows to be made of them.
Stage = Literal["storage", "thawed", "reconstituted"]
Kind = Literal["profile", "specification", "release", "custody"]
State = Literal["adopted", "waiting"]


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a product asks for: a profile (of a stage), a specification, signatures of a release, or custody.

    Attributes:
        custody: somebody must answer for each lot from the end of filling on; False: not any more.
    """

    product_id: str
    stage: Stage | None = None
    profile: tuple[str, int] | None = None
    specification: tuple[str, int] | None = None
    release_signatures: int | None = None
    custody: bool | None = None

    @property
    def kind(self) -> Kind:
        """Which of them it is."""
        if self.profile is not None:
            return "profile"
        if self.custody is not None:
            return "custody"
        return "release" if self.specification is None else "specification"


@dataclass(frozen=True, slots=True)
class KeptAdoption:
    """An adoption as it is kept.

    Attributes:
        change_id: the change that waits, or waited, for its signature; None: it was adopted by an update.
        adopted_at: since when it counts; None: it waits.
    """

    id: int
    product_id: str
    kind: Kind
    stage: Stage | None
    profile_id: str | None
    profile_version: int | None
    specification_id: str | None
    specification_version: int | None
    release_signatures: int | None
    custody: bool | None
    recorded_by: str
    recorded_at: datetime
    reason: str | None
    change_id: int | None
    adopted_at: datetime | None

    @property
    def state(self) -> State:
        """Whether it counts."""
        return "waiting" if self.adopted_at is None else "adopted"

    @property
    def adoption(self) -> Adoption:
        """What is asked for."""
        profile = specification = None
        if self.profile_id is not None and self.profile_version is not None:
            profile = (self.profile_id, self.profile_version)
        if self.specification_id is not None and self.specification_version is not None:
            specification = (self.specification_id, self.specification_version)
        return Adoption(self.product_id, self.stage, profile, specification, self.release_signatures, self.custody)


#: A query, of a row of `products`: the profile for storage that a new lot of it is pinned to. That is the newest that
#: is adopted, or the newest that waits where none is.
PINNED = """
    SELECT adoptions.profile_id, adoptions.profile_version FROM adoptions
    LEFT JOIN changes_to_sign ON changes_to_sign.id = change_id
    WHERE adoptions.product_id = products.id AND adoptions.kind = 'profile' AND stage = 'storage'
    ORDER BY change_id IS NULL OR freed_at IS NOT NULL DESC, adoptions.id DESC LIMIT 1
"""

_SELECT = """
    SELECT adoptions.id, product_id, adoptions.kind, stage, profile_id, profile_version, specification_id,
        specification_version, release_signatures, custody, adoptions.recorded_by,
        adoptions.recorded_at, reason, change_id,
        CASE WHEN change_id IS NULL THEN adoptions.recorded_at ELSE freed_at END AS adopted_at
    FROM adoptions LEFT JOIN changes_to_sign ON changes_to_sign.id = change_id
"""


def add_adoption(connection: Connection, adoption: Adoption, change_id: int) -> int:
    """Keep what a product is to ask for once quality has signed it; returns its number."""
    profile, specification = adoption.profile or (None, None), adoption.specification or (None, None)
    added: int = one_value(
        connection,
        "INSERT INTO adoptions (product_id, kind, stage, profile_id, profile_version, specification_id, "
        "specification_version, release_signatures, custody, change_id) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "RETURNING id",
        [
            adoption.product_id,
            adoption.kind,
            adoption.stage,
            *profile,
            *specification,
            adoption.release_signatures,
            adoption.custody,
            change_id,
        ],
    )
    return added


def adoptions(connection: Connection, product_id: str, part: Part = WHOLE) -> list[KeptAdoption]:
    """All that a product ever asked for, newest first."""
    query = f"SELECT * FROM ({_SELECT}) AS kept WHERE product_id = %(product)s"
    return rows_of_part(connection, KeptAdoption, query, {"product": product_id}, NEWEST_FIRST, part)


def adoptions_now(connection: Connection, product_ids: Collection[str]) -> list[KeptAdoption]:
    """Of products what counts (the newest of each kind and stage), and what was recorded since and waits."""
    return all_rows(
        connection,
        KeptAdoption,
        f"""
        WITH kept AS ({_SELECT} WHERE product_id = ANY(%s)), counts AS (
            SELECT DISTINCT ON (product_id, kind, stage) id, product_id, kind, stage FROM kept
            WHERE adopted_at IS NOT NULL ORDER BY product_id, kind, stage, id DESC
        )
        SELECT kept.* FROM kept LEFT JOIN counts ON kept.product_id = counts.product_id AND kept.kind = counts.kind
            AND kept.stage IS NOT DISTINCT FROM counts.stage
        WHERE kept.id = counts.id OR (kept.adopted_at IS NULL AND kept.id > coalesce(counts.id, 0)) ORDER BY kept.id
        """,
        [sorted(product_ids)],
    )


def is_adopted(connection: Connection, product_id: str, profile: tuple[str, int]) -> bool:
    """Whether quality has adopted a version of a profile for a product's lots in storage."""
    return bool(
        one_value(
            connection,
            f"SELECT EXISTS (SELECT FROM ({_SELECT}) AS kept WHERE product_id = %s AND stage = 'storage' "
            "AND (profile_id, profile_version) = (%s, %s) AND adopted_at IS NOT NULL)",
            [product_id, *profile],
        )
    )
