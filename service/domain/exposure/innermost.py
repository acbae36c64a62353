"""Which container judges a lot: of all that it is in, the innermost with a probe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.domain import spans
from service.domain.exposure.lot import Stay
from service.domain.instant import BEGINNING_US, END_US
from service.domain.spans import Spans

#: These are as cold as what they are in. Of anything else without a probe nobody knows how cold it is.
JUDGED_BY_WHAT_THEY_ARE_IN = frozenset({"box", "rack"})


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A container was in another over [from, until); level 1: put into it, 2: into what that was in, and so on."""

    container_id: str
    outer_id: str
    from_us: int
    until_us: int
    level: int


def judges(
    container_id: str,
    enclosures: Sequence[Enclosure],
    kinds: Mapping[str, str],
    measured: Mapping[str, Spans],
) -> tuple[Stay, ...]:
    """Who judges what is in a container, over all of time.

    The innermost container with a commissioned probe judges, heard or silent. Of those without one, a box or a rack is
    judged by what it is in; the first other one judges itself, and nobody measured it.

    Args:
        enclosures: all that it was in.
        kinds: of it and of these.
        measured: by container, when a judged probe of it was commissioned, be it heard or not; without: never.
    """
    edges = {BEGINNING_US, END_US}
    for one in enclosures:
        edges |= {one.from_us, one.until_us}
    for some in measured.values():
        edges |= set(some.ravel().tolist())
    found: list[Stay] = []
    for from_us, until_us in pairwise(sorted(edges)):
        around = sorted((one for one in enclosures if one.from_us <= from_us < one.until_us), key=lambda one: one.level)
        judge = _judge([container_id, *(one.outer_id for one in around)], kinds, measured, from_us)
        if found and found[-1].container_id == judge:
            found[-1] = Stay(judge, found[-1].from_us, until_us)
        else:
            found.append(Stay(judge, from_us, until_us))
    return tuple(found)


def _judge(outwards: Sequence[str], kinds: Mapping[str, str], measured: Mapping[str, Spans], at_us: int) -> str:
    for container_id in outwards:
        known = measured.get(container_id)
        if known is not None and spans.contains(known, at_us):
            return container_id
        if kinds[container_id] not in JUDGED_BY_WHAT_THEY_ARE_IN:
            return container_id
    return outwards[-1]


def during(who: Sequence[Stay], from_us: int, until_us: int) -> list[Stay]:
    """The part of this within [from, until)."""
    clipped = (Stay(one.container_id, max(one.from_us, from_us), min(one.until_us, until_us)) for one in who)
    return [one for one in clipped if one.from_us < one.until_us]
