"""What a product asks for, adopted by quality: until it is signed it counts for nobody."""

from dataclasses import asdict

from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.store.changes import note_change
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.adoptions import Adoption, add_adoption
from service.store.registry.profiles import profile_in_version


def adopt(connection: Connection, adoption: Adoption) -> int:
    """Have an adoption wait for its signature, with the whole text of what is adopted. Call it inside `acting`."""
    what = {"adoption": asdict(adoption) | {"kind": adoption.kind}}
    if adoption.profile is not None:
        what["profile"] = asdict(profile_in_version(connection, adoption.profile))
    change_id = note_change(
        connection,
        Kind.ADOPTION,
        f"{adoption.product_id}/{adoption.stage or adoption.kind}",
        what,
        [Touched(product_id=adoption.product_id)],
        Cause.PAPERS,
    )
    return add_adoption(connection, adoption, change_id)
