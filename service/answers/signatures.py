"""Signatures as they are shown: printed, and held against what the record says now."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from service.domain.identity.signing import Signable, Signature, printed, why_no_longer
from service.store.identity.signatures import records_now
from service.store.pool import Connection


@dataclass(frozen=True, slots=True)
class ShownSignature:
    """A signature in words, and why it no longer holds; None: it does."""

    signature: Signature
    text: str
    why_not: str | None

    @property
    def id(self) -> int:
        """That of the signature."""
        return self.signature.id


def shown_signatures(connection: Connection, signatures: Sequence[Signature]) -> list[ShownSignature]:
    """Signatures as they are shown, in the same order."""
    now = {
        kind: records_now(connection, kind, {one.record_id for one in signatures if one.record_kind is kind})
        for kind in Signable
    }
    found = []
    for one in signatures:
        record = now[one.record_kind].get(one.record_id)
        why = why_no_longer(
            one.content_sha256,
            None if record is None else record.content_sha256,
            None if record is None else record.corrected_by,
        )
        found.append(ShownSignature(one, printed(one, ZoneInfo(one.time_zone)), why))
    return found
