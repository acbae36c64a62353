"""What a product asks for, adopted by quality: until it is signed it counts for nobody."""

from dataclasses import asdict

from service.domain.identity.actor import Actor
from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, RefusedError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.paging import Part
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.adoptions import (
    Adoption,
    KeptAdoption,
    Stage,
    add_adoption,
    adoptions,
    adoptions_now,
)
from service.store.registry.products import product
from service.store.registry.profiles import profile_named
from service.store.registry.specifications import specification_named


def adopt(connection: Connection, adoption: Adoption) -> int:
    """Have an adoption wait for its signature, with the whole text of what is adopted. Call it inside `acting`."""
    asked_by = product(connection, adoption.product_id)
    what = {
        "adoption": asdict(adoption) | {"kind": adoption.kind},
        "product": {"id": asked_by.id, "name": asked_by.name, "gtin": asked_by.gtin},
    }
    if adoption.profile is not None:
        what["profile"] = asdict(profile_named(connection, *adoption.profile))
    if adoption.specification is not None:
        what["specification"] = asdict(specification_named(connection, *adoption.specification))
    change_id = note_change(
        connection,
        Kind.ADOPTION,
        f"{adoption.product_id}/{adoption.stage or adoption.kind}",
        what,
        [Touched(product_id=adoption.product_id)],
        Cause.PAPERS,
    )
    return add_adoption(connection, adoption, change_id)


def ask_for(
    connection: Connection,
    actor: Actor,
    product_id: str,
    *,
    reason: str,
    stage: Stage | None = None,
    profile_id: str | None = None,
    profile_version: int | None = None,
    specification_id: str | None = None,
    specification_version: int | None = None,
    release_signatures: int | None = None,
    custody: bool | None = None,
) -> KeptAdoption:
    """Have a product ask for one thing more, or another: a profile of a stage, a specification, signatures of
    releases, or custody from the end of filling on.

    Args:
        profile_version, specification_version: None: the newest.

    Raises:
        NotFoundError: there is no such product.
        RefusedError: not one thing is asked for, or there is no such thing.
        ConflictError: the product asks for just that.
    """
    if why := _why_unclear(stage, profile_id, profile_version, specification_id, specification_version):
        raise RefusedError(*why)
    if sum(x is not None for x in (profile_id, specification_id, release_signatures, custody)) != 1:
        raise RefusedError(
            "profile_id",
            "give one of profile_id (with its stage), specification_id, release_signatures and custody: each is "
            "adopted alone",
        )
    with acting(connection, actor, reason):
        product(connection, product_id)
        profile = specification = None
        if profile_id is not None:
            found = profile_named(connection, profile_id, profile_version)
            profile = (found.id, found.version)
        if specification_id is not None:
            text = specification_named(connection, specification_id, specification_version)
            specification = (text.id, text.version)
        wanted = Adoption(product_id, stage, profile, specification, release_signatures, custody)
        before = _newest_like(connection, wanted)
        # What an update adopted may be adopted once more, by a signature.
        if before is not None and before.change_id is not None and before.adoption == wanted:
            waits = f"it waits for its signature, as change {before.change_id}"
            is_so = "quality has adopted it" if before.state == "adopted" else waits
            raise ConflictError(f"product {product_id!r} asks for this already: {is_so}; leave it as it is")
        adopt(connection, wanted)
        [added] = adoptions(connection, product_id, Part(1))
    return added


def _newest_like(connection: Connection, wanted: Adoption) -> KeptAdoption | None:
    """The newest adoption of the same kind and stage, whether it counts or waits."""
    like = [
        one
        for one in adoptions_now(connection, [wanted.product_id])
        if (one.kind, one.stage) == (wanted.kind, wanted.stage)
    ]
    return like[-1] if like else None


def _why_unclear(
    stage: Stage | None,
    profile_id: str | None,
    profile_version: int | None,
    specification_id: str | None,
    specification_version: int | None,
) -> tuple[str, str] | None:
    """The field that lacks what it belongs to, and why; None: each has it."""
    if profile_id is not None and stage is None:
        return "stage", "say for which stage: storage, thawed or reconstituted"
    if profile_id is None and stage is not None:
        return "profile_id", "a stage has a profile: give its id"
    if profile_id is None and profile_version is not None:
        return "profile_id", "of which profile is this the version: give its id"
    if specification_id is None and specification_version is not None:
        return "specification_id", "of which specification is this the version: give its id"
    return None
