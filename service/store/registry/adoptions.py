"""What products ask for: profiles of their stages, the specification of certificates, how they are released."""

from dataclasses import dataclass
from typing import Literal

from service.store.pool import Connection
from service.store.rows import one_value

#: As lots are kept, and what a product allows to be made of them.
Stage = Literal["storage", "thawed", "reconstituted"]


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a product asks for: a profile (of a stage), a specification, or signatures of a release."""

    product_id: str
    stage: Stage | None = None
    profile: tuple[str, int] | None = None
    specification: tuple[str, int] | None = None
    release_signatures: int | None = None

    @property
    def kind(self) -> Literal["profile", "specification", "release"]:
        """Which of them it is."""
        if self.profile is not None:
            return "profile"
        return "release" if self.specification is None else "specification"


def add_adoption(connection: Connection, adoption: Adoption, change_id: int) -> int:
    """Keep what a product is to ask for once quality has signed it; returns its number."""
    profile, specification = adoption.profile or (None, None), adoption.specification or (None, None)
    added: int = one_value(
        connection,
        "INSERT INTO adoptions (product_id, kind, stage, profile_id, profile_version, specification_id, "
        "specification_version, release_signatures, change_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "RETURNING id",
        [
            adoption.product_id,
            adoption.kind,
            adoption.stage,
            *profile,
            *specification,
            adoption.release_signatures,
            change_id,
        ],
    )
    return added
