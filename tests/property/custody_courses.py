"""Courses of splits, moves and nestings as Hypothesis draws them, and a plain account of where everything was."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from service.domain.instant import END_US, SECOND_US
from tests.oracle import Lot, Series
from tests.property.histories import HORIZON_US, series
from tests.property.test_late_readings import Arrival, arrivals_of

#: All that happens happens at a whole half second: between two of them nothing changes.
TICK_US = SECOND_US // 2
LAST_TICK = HORIZON_US // TICK_US
ticks = st.integers(0, LAST_TICK - 1)

UNITS = 10
KINDS = {"cold": "freezer", "warm": "freezer", "bare": "freezer", "rack": "rack", "box": "box", "own": "box"}
#: Those that a probe hangs in: of "own" for a while only.
MEASURED = ("cold", "warm", "own")
#: What is judged by what it is in, unless it has a probe.
TRANSPARENT = {"rack", "box"}

#: A stay in a container from one tick to another; None: without an end.
Stay = tuple[str, int, int | None]
Act = tuple[str, int, int, int]


def holds(stay: Stay, tick: int) -> bool:
    """Whether it is a stay at this tick."""
    return stay[1] <= tick and (stay[2] is None or tick < stay[2])


@dataclass
class Account:
    """Where everything was, written down act by act.

    Attributes:
        stays: of each lot, where it was put itself, by the id of the placement.
        nested: what each container was put into.
        split: of each part, what it was split off and when.
        units: of each lot, as many as it had at first.
    """

    stays: dict[str, dict[str, Stay]] = field(default_factory=dict)
    nested: dict[str, dict[str, Stay]] = field(default_factory=dict)
    split: dict[str, tuple[str, int]] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)

    def parts_of(self, lot: str) -> list[str]:
        """Those that were split off a lot itself."""
        return [part for part, (parent, _) in self.split.items() if parent == lot]

    def left(self, lot: str) -> int:
        """As many units as are in no part."""
        return self.units[lot] - sum(self.units[part] for part in self.parts_of(lot))

    def split_up(self, lot: str) -> int | None:
        """When its last unit went into a part; None: something is left."""
        return None if self.left(lot) else max(self.split[part][1] for part in self.parts_of(lot))

    def place_of(self, lot: str, tick: int) -> str | None:
        """What a lot was put into: until it was split off, what it was split off."""
        parent, split_at = self.split.get(lot, (None, 0))
        if parent is not None and tick < split_at:
            return self.place_of(parent, tick)
        return next((stay[0] for stay in self.stays[lot].values() if holds(stay, tick)), None)

    def outwards(self, container: str | None, tick: int) -> Iterator[str]:
        """A container, what that is in, and so on."""
        while container is not None:
            yield container
            container = next((stay[0] for stay in self.nested.get(container, {}).values() if holds(stay, tick)), None)

    def judge_of(self, lot: str, tick: int, probes: dict[str, Series]) -> str | None:
        """The innermost container with a probe; or where one is that nothing outside of it can speak for."""
        last = None
        for last in self.outwards(self.place_of(lot, tick), tick):
            probe = probes.get(last)
            hangs = probe is not None and probe.from_us <= tick * TICK_US < (probe.until_us or END_US)
            if hangs or KINDS[last] not in TRANSPARENT:
                break
        return last

    def life(self, lot: str, probes: dict[str, Series]) -> Lot:
        """A lot's life, and who judged it, for the oracle."""
        who = [(self.judge_of(lot, tick, probes), tick) for tick in range(LAST_TICK + 1)]
        edges = [tick * TICK_US for tick in range(LAST_TICK + 1)] + [END_US]
        stays = tuple((name, edges[tick], edges[tick + 1]) for name, tick in who if name is not None)
        split_up = self.split_up(lot)
        # The end of its life is a lot's own, and not that of its parts.
        ends_us = END_US if lot in self.split else HORIZON_US
        return Lot(0, ends_us if split_up is None else split_up * TICK_US, stays)

    def placed(self, lot: str, placement: str, container: str, tick: int) -> None:
        """A lot was put into a container, which ended where it was."""
        ends(self.stays[lot], tick)
        self.stays[lot][placement] = (container, tick, None)

    def put_into(self, container: str, outer: str, tick: int) -> None:
        """A container was put into another."""
        self.taken_out(container, tick)
        self.nested[container][f"{outer} {tick}"] = (outer, tick, None)

    def taken_out(self, container: str, tick: int) -> None:
        """A container is in no other."""
        ends(self.nested.setdefault(container, {}), tick)

    def split_off(self, lot: str, part: str, placement: str, units: int, tick: int) -> None:
        """A part is where its lot is then, for as long as that was; a lot of which nothing is left is nowhere."""
        self.stays[part] = {}
        for name, _, until in [stay for stay in self.stays[lot].values() if holds(stay, tick)]:
            self.stays[part][placement] = (name, tick, until)
        self.split[part] = (lot, tick)
        self.units[part] = units
        gone = self.split_up(lot)
        if gone is not None:
            for key, stay in self.stays[lot].items():
                if holds(stay, gone):
                    self.stays[lot][key] = (*stay[:2], gone)

    def levels(self, place: str | None, tick: int) -> list[tuple[str, int]]:
        """All containers that something put into this one is in, each with its level."""
        return [(name, level) for level, name in enumerate(self.outwards(place, tick))]


def ends(stays: dict[str, Stay], tick: int) -> None:
    """The stay without an end that began before this ends."""
    for key, (name, from_tick, until) in stays.items():
        if until is None and from_tick < tick:
            stays[key] = (name, from_tick, tick)


_few = st.integers(0, 5)
_names = st.sampled_from(["split", "split", "split_up", "place", "nest", "nest", "out", "strike", "correct", "upload"])


@dataclass(frozen=True)
class Course:
    """Probes, by container; what happens; and what the loggers tell, in batches as they arrive."""

    probes: dict[str, Series]
    acts: list[Act]
    uploads: list[list[Arrival]]


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """At first boxes stand in racks and racks in freezers; then anything."""
    probes = {name: replace(draw(series()), from_us=0, until_us=None, door_grace_s=0) for name in ("cold", "warm")}
    from_tick, until_tick = sorted(draw(st.lists(ticks, min_size=2, max_size=2, unique=True)))
    probes["own"] = replace(draw(series()), from_us=from_tick * TICK_US, until_us=until_tick * TICK_US, door_grace_s=0)
    for name, one in probes.items():
        range_c = draw(st.sampled_from([(None, None), (-95.0, 0.0)]))
        probes[name] = replace(one, range_min_c=range_c[0], range_max_c=range_c[1])
    first: list[Act] = [("nest", 4, 3, 0), ("nest", 3, draw(st.integers(0, 2)), 0), ("nest", 5, draw(_few), 0)]
    acts = [*first, *draw(st.lists(st.tuples(_names, _few, _few, ticks), min_size=3, max_size=14))]
    return Course(probes, acts, draw(arrivals_of([probes[name] for name in MEASURED])))
