"""Probes that were attached where a lot was, of whose time nobody measured it, and that count for no verdict: why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.domain import spans
from service.domain.exposure.lot import Exposure
from service.domain.instant import END_US
from service.domain.spans import Spans


class Uncounted(StrEnum):
    """Why the readings of an attached probe count for nothing."""

    NOT_COMMISSIONED = "not_commissioned"
    LATER = "later"
    AMBIENT = "ambient"


@dataclass(frozen=True, slots=True)
class AttachedProbe:
    """A probe attached to a container over [from_us, until_us).

    Attributes:
        is_ambient: it hangs beside the container, and is only recorded.
        commissioned_us: from then on it counts, unless it is ambient; None: nobody has confirmed that it has settled.
        heard_us: when its newest reading there was measured; None: none has arrived. Only known of one that nobody has
            commissioned.
    """

    attachment_id: str
    container_id: str
    container_name: str
    logger_id: str
    probe: str
    is_ambient: bool
    from_us: int
    until_us: int
    commissioned_us: int | None
    heard_us: int | None = None

    @property
    def counts_us(self) -> int | None:
        """From when on it counts; None: it does not, or not until it is commissioned."""
        if self.is_ambient or self.commissioned_us is None:
            return None
        return max(self.from_us, self.commissioned_us)

    def counts_at(self, now_us: int) -> bool:
        """Whether its readings of an instant count."""
        return self.counts_us is not None and self.counts_us <= now_us < self.until_us


@dataclass(frozen=True, slots=True)
class UncountedProbe:
    """A probe that counts for nothing where a lot was.

    Attributes:
        is_there: the lot is where it is attached.
        since_us, until_us: from when to when that matters to the lot, so far.
    """

    attached: AttachedProbe
    why: Uncounted
    is_there: bool
    since_us: int
    until_us: int


#: By container, what was ever attached there.
AttachedProbes = Mapping[str, Sequence[AttachedProbe]]


def uncounted(exposure: Exposure, attached: AttachedProbes, now_us: int) -> tuple[UncountedProbe, ...]:
    """The probes that count for nothing in time of a life that nobody measured, each once, in order of its stays."""
    # The live tail is waited for, unless nothing was measured so far.
    lacking = exposure.gaps if len(exposure.measured) else spans.union(exposure.gaps, exposure.pending)
    found: dict[tuple[str, Uncounted], UncountedProbe] = {}
    for stay, there in exposure.placed:
        time = spans.intersect(lacking, there)
        if len(time):
            is_there = stay is exposure.present
            for one in _in_one_stay(time, attached.get(stay.container_id, ()), now_us, is_there=is_there):
                known = found.setdefault((one.attached.attachment_id, one.why), one)
                if one.is_there and not known.is_there:
                    found[one.attached.attachment_id, one.why] = one
    return tuple(found.values())


def uncounted_now(attached: Sequence[AttachedProbe], now_us: int) -> tuple[UncountedProbe, ...]:
    """Likewise those of one container now, whether or not another probe measures it. `attached`: to that container."""
    return tuple(_in_one_stay(spans.spans([(now_us, now_us + 1)]), attached, now_us, is_there=True))


def _in_one_stay(
    time: Spans, attached: Sequence[AttachedProbe], now_us: int, *, is_there: bool
) -> Iterator[UncountedProbe]:
    meant = [one for one in attached if not one.is_ambient]
    waiting = [one for one in meant if one.commissioned_us is None]
    yield from _overlapping(time, waiting, Uncounted.NOT_COMMISSIONED, is_there=is_there)
    later = []
    if is_there and not any(one.counts_at(now_us) for one in meant):
        later = [one for one in meant if one.until_us > now_us and (one.counts_us or one.from_us) > now_us]
    for one in later:
        yield UncountedProbe(one, Uncounted.LATER, is_there, int(time[0, 0]), int(time[-1, 1]))
    if not later and not any(len(_during(time, one)) for one in meant):
        yield from _overlapping(time, [x for x in attached if x.is_ambient], Uncounted.AMBIENT, is_there=is_there)


def _overlapping(
    time: Spans, attached: Iterable[AttachedProbe], why: Uncounted, *, is_there: bool
) -> Iterator[UncountedProbe]:
    for one in attached:
        during = _during(time, one)
        if len(during):
            yield UncountedProbe(one, why, is_there, int(during[0, 0]), int(during[-1, 1]))


def _during(time: Spans, one: AttachedProbe) -> Spans:
    return spans.clip(time, one.from_us, one.until_us)


def awaits_reading(found: Iterable[UncountedProbe]) -> bool:
    """Whether one of these was never heard where it waits to be commissioned, and the lot is there."""
    return any(
        one.why is Uncounted.NOT_COMMISSIONED and one.attached.heard_us is None and one.attached.until_us == END_US
        for one in found
    )


def next_change_us(exposure: Exposure, attached: AttachedProbes, now_us: int) -> int | None:
    """When an attachment where the lot is now begins, counts or ends next, as is recorded of it; None: never."""
    if exposure.present is None:
        return None
    edges = (
        edge_us
        for one in attached.get(exposure.present.container_id, ())
        for edge_us in (one.from_us, one.counts_us, one.until_us)
        if edge_us is not None
    )
    # At the edge itself no time has passed on its other side yet.
    both = (at_us for edge_us in edges for at_us in (edge_us, edge_us + 1))
    return min((at_us for at_us in both if now_us < at_us < END_US), default=None)
