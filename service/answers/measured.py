"""Which series measured a lot or a container, and when: what is drawn, charted and told in figures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.answers.evidence import attached_to
from service.domain.instant import from_datetime
from service.store.instants import or_end
from service.store.lots.lives import LotLife
from service.store.registry.attachments import Attached, Attachment


@dataclass(frozen=True, slots=True)
class Measured:
    """A series stood for a container over [from_us, until_us)."""

    container_id: str
    series_id: int
    from_us: int
    until_us: int


def measured_of_lot(
    attachments: Mapping[str, Sequence[Attached]], lot: LotLife, from_us: int, until_us: int
) -> list[Measured]:
    """What was judged of a lot within [from_us, until_us), in each container it was in.

    Args:
        attachments: the judged ones of each of these containers.
    """
    return [
        Measured(one.container_id, one.series_id, one.from_us, one.until_us)
        for stay in attached_to(attachments, lot, from_us, until_us)
        for one in stay
    ]


def measured_in(attached: Iterable[Attachment], from_us: int, until_us: int) -> list[Measured]:
    """The same of all that was attached to a container, judged or not."""
    cut = [
        Measured(
            one.container_id,
            one.series_id,
            max(from_us, from_datetime(one.from_at)),
            min(until_us, or_end(one.until_at)),
        )
        for one in attached
    ]
    return [one for one in cut if one.from_us < one.until_us]
