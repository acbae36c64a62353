"""What time alone, and readings that change nothing, will make of a lot's exposure: until when what is said stands.

A reading within limits, in time and in order only moves until when its container is measured. So what is said of a lot
rests on that being close enough to now; when exactly it was is looked up by whoever reads it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.domain import spans
from service.domain.exposure.container import Record, Threshold, threshold_of, thresholds_of
from service.domain.exposure.lot import Exposure, LimitExposure, Stay, gap_at_us
from service.domain.instant import END_US, SECOND_US
from service.domain.profiles import Direction, Profile


@dataclass(frozen=True, slots=True)
class Outlook:
    """Until when verdict and reason codes stand, and how the figures go on until then.

    Attributes:
        good_until_us: until then time alone changes neither, so long as the lot's container is heard; None: for ever.
        measured_in: the container whose silence for longer than the largest gap changes them; None: none, or it is
            silent already.
        silent_after_us: the last instant at which that silence is no gap, as far as the container was measured so far.
        awaited: containers of which any reading may change them, and until when each was measured.
        even: the figures go on evenly: the life grows by all the time, in range but for what is pending.
        grows_from_us: since when the lot has been where it is; None: its life does not grow.
    """

    good_until_us: int | None
    measured_in: str | None
    silent_after_us: int | None
    awaited: tuple[tuple[str, int], ...]
    even: bool
    grows_from_us: int | None

    @property
    def changes_at_us(self) -> int | None:
        """When time alone may change verdict or reason codes, if nothing is heard; None: never."""
        changes = [self.good_until_us, None if self.silent_after_us is None else self.silent_after_us + 1]
        return min((x for x in changes if x is not None), default=None)


def outlook(
    exposure: Exposure,
    life_from_us: int,
    life_until_us: int,
    stays: Sequence[Stay],
    records: Mapping[str, Record],
    profile: Profile,
    *,
    now_us: int,
) -> Outlook:
    """The outlook of an exposure as of `now_us`; the arguments are those it was computed from (`expose`)."""
    living = life_from_us <= now_us < life_until_us
    present = exposure.present
    here = Record() if present is None else records.get(present.container_id, Record())
    heard = present is not None and now_us <= gap_at_us(here, profile)
    left = _tails_elsewhere(exposure, records, profile, now_us)
    awaited = dict(left)
    if present is not None and heard and not len(exposure.measured):
        awaited[present.container_id] = here.measured_until_us
    changes = (
        *_kinds_change(exposure, (life_from_us, life_until_us), stays, here, now_us),
        *(gap_at_us(records[container_id], profile) + 1 for container_id in left),
        *(_totals_pass(exposure, here, profile, now_us, silent=not heard) if living else ()),
    )
    even = (
        not left
        and not len(exposure.unjudged)
        and (not living or (heard and _is_even(exposure, here, profile, now_us)))
    )
    return Outlook(
        good_until_us=min((at_us for at_us in changes if now_us < at_us < END_US), default=None),
        measured_in=present.container_id if present is not None and heard else None,
        silent_after_us=gap_at_us(here, profile) if heard else None,
        awaited=tuple(awaited.items()),
        even=even,
        grows_from_us=None if present is None else max(present.from_us, life_from_us),
    )


def _tails_elsewhere(
    exposure: Exposure, records: Mapping[str, Record], profile: Profile, now_us: int
) -> dict[str, int]:
    """Containers that the lot has left and from which readings of its stay may still come: until when each is known."""
    found = {}
    for stay, there in exposure.placed:
        record = records.get(stay.container_id, Record())
        unheard = len(there) and there[-1, 1] > record.measured_until_us
        if unheard and stay is not exposure.present and now_us <= gap_at_us(record, profile):
            found[stay.container_id] = record.measured_until_us
    return found


def _is_even(exposure: Exposure, here: Record, profile: Profile, now_us: int) -> bool:
    """Whether all that the lot lives through now, where it is, is in range or pending: nothing else grows."""
    if any(found.beyond_since_us is not None for found in exposure.limits):
        return False
    known_us = min(here.measured_until_us, now_us)
    keys = thresholds_of([profile])
    kinds = [here.gaps, *(kind[key] for key in keys for kind in (here.beyond, here.disputed) if key in kind)]
    return all(key in here.beyond for key in keys) and all(len(kind) == 0 or kind[-1, 1] <= known_us for kind in kinds)


def _kinds_change(
    exposure: Exposure, life: tuple[int, int], stays: Sequence[Stay], here: Record, now_us: int
) -> Iterator[int]:
    """Instants around which the time a lot lives through changes its kind, but for silence: here or elsewhere."""
    edges = [*life]
    for stay in stays:
        edges += [stay.from_us, stay.until_us]
    if exposure.present is not None:
        # A logger's clock may run ahead of ours: what it measured then is still to be lived through.
        for known in (here.gaps, *here.beyond.values(), *here.disputed.values()):
            edges += known[known >= now_us].tolist()
    for edge_us in edges:
        yield edge_us
        yield edge_us + 1


def _totals_pass(exposure: Exposure, here: Record, profile: Profile, now_us: int, *, silent: bool) -> Iterator[int]:
    """Instants at which a total that grows now passes what is allowed, or the share of it that warns."""
    silent = silent or spans.contains(here.gaps, now_us)
    thaw = exposure.thaw
    if thaw is not None:
        key = (Direction.ABOVE, thaw.rule.threshold_c)
        if spans.contains(here.beyond.get(key, spans.NONE), now_us):
            yield from (now_us + wait_us for wait_us in thaw.if_thawed_us)
        if thaw.if_unmeasured_us is not None and (silent or _is_unsure(here, key, now_us)):
            yield now_us + thaw.if_unmeasured_us
    for found in exposure.limits:
        yield from _total_passes(found, here, profile, now_us, silent=silent)


def _total_passes(found: LimitExposure, here: Record, profile: Profile, now_us: int, *, silent: bool) -> Iterator[int]:
    key = threshold_of(found.limit)
    hot = spans.contains(here.beyond.get(key, spans.NONE), now_us)
    unsure = silent or _is_unsure(here, key, now_us)
    growing = ([found.certain] if hot else []) + ([found.possible] if hot or unsure else [])
    for total in growing:
        run_us = int(total[-1, 1] - total[-1, 0]) if len(total) and total[-1, 1] == now_us else 0
        for allowed_s, used_us in ((found.limit.budget_s, found.total_us(total)), (found.limit.single_s, run_us)):
            if allowed_s is not None:
                yield now_us + allowed_s * SECOND_US - used_us + 1
            if allowed_s is not None and total is found.certain:
                yield now_us + profile.warns_from_us(allowed_s) - used_us


def _is_unsure(here: Record, key: Threshold, now_us: int) -> bool:
    """Whether a container may be beyond a threshold at an instant, whether or not it is measured then."""
    return key not in here.beyond or spans.contains(here.disputed.get(key, spans.NONE), now_us)
