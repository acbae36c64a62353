"""What was recorded and heard, as far as it was accepted: all that the oracle knows of a course."""

from collections import defaultdict
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace

from tests.differential.oracle import (
    NEVER_US,
    Container,
    Heard,
    Judged,
    Life,
    Limit,
    Point,
    Record,
    Value,
    bounds,
    joined,
    judge,
    record_of,
    without,
)

#: A probe: its logger's id and its own name.
Probe = tuple[str, str]


@dataclass(frozen=True)
class Profile:
    """The conditions of one version of a profile."""

    limits: tuple[Limit, ...]
    max_gap_s: int
    warning_fraction: float = 0.5


@dataclass(frozen=True)
class Attachment:
    """A probe in a container; it counts from `commissioned_us` on. `first_id`: before any correction."""

    first_id: str
    container: str
    probe: Probe
    from_us: int
    until_us: int
    commissioned_us: int | None
    judged: bool


@dataclass(frozen=True)
class Placement:
    """A lot in a container."""

    lot: str
    container: str
    from_us: int
    until_us: int


@dataclass(frozen=True)
class Calibration:
    """What a probe says is slope · x + offset; `ended_by`: the one recorded later that ended it."""

    probe: Probe
    from_us: int
    until_us: int
    slope: float
    offset_c: float
    ended_by: str | None = None


@dataclass(frozen=True)
class Mend:
    """What a logger says it read in [from_us, until_us) was so much later."""

    logger: str
    from_us: int
    until_us: int
    offset_us: int


@dataclass(frozen=True)
class Absence:
    """A probe was not in its container."""

    attachment: str
    from_us: int
    until_us: int


@dataclass(frozen=True)
class Lot:
    """A lot and the profile it is pinned to."""

    profile: Profile
    from_us: int | None
    until_us: int = NEVER_US


@dataclass
class Facts:
    """Everything of one course."""

    containers: dict[str, tuple[Profile, float | None]] = field(default_factory=dict)
    ranges: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    lots: dict[str, Lot] = field(default_factory=dict)
    placements: dict[str, Placement] = field(default_factory=dict)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    absences: dict[str, Absence] = field(default_factory=dict)
    calibrations: dict[str, Calibration] = field(default_factory=dict)
    mends: dict[str, Mend] = field(default_factory=dict)
    #: Every value a probe ever gave for an instant of its logger's clock.
    readings: dict[Probe, dict[int, list[Value]]] = field(default_factory=dict)

    def copy(self) -> "Facts":
        """As they are now."""
        return deepcopy(self)

    # What people do, as documented

    def place(self, name: str, new: Placement, *, goes_back: bool = False) -> None:
        """A new placement ends the one the lot was in; after a visit that has an end it may go back there."""
        for other, old in list(self.placements.items()):
            if old.lot == new.lot and old.from_us < new.from_us < old.until_us:
                self.placements[other] = replace(old, until_us=new.from_us)
                if goes_back:
                    self.placements[f"moved back from {name}"] = replace(old, from_us=new.until_us)
        self.placements[name] = new

    def calibrate(self, name: str, new: Calibration) -> None:
        """A new calibration ends the one in force."""
        for other, old in self.calibrations.items():
            if old.probe == new.probe and old.until_us == NEVER_US and old.from_us < new.from_us:
                self.calibrations[other] = replace(old, until_us=new.from_us, ended_by=name)
        self.calibrations[name] = new

    def strike_calibration(self, name: str) -> None:
        """What it had ended is in force again, up to the next one."""
        gone = self.calibrations.pop(name)
        for other, old in list(self.calibrations.items()):
            if old.ended_by == name:
                later = [
                    (one.from_us, key)
                    for key, one in self.calibrations.items()
                    if one.probe == gone.probe and one.from_us > old.from_us
                ]
                until_us, ended_by = min(later, default=(NEVER_US, None))
                self.calibrations[other] = replace(old, until_us=until_us, ended_by=ended_by)

    def hear(self, probe: Probe, values: Sequence[tuple[int, Value]]) -> None:
        """Readings; the same once more is nothing new, another value for the same instant contradicts it."""
        known = self.readings.setdefault(probe, {})
        for at_us, value in values:
            said = known.setdefault(at_us, [])
            if value not in said:
                said.append(value)

    # What the oracle is asked

    def points(self, probe: Probe) -> list[Point]:
        """Bounds of a probe's usable readings at true times, each instant once."""
        logger_id = probe[0]
        mends = [mend for mend in self.mends.values() if mend.logger == logger_id]
        calibrations = [one for one in self.calibrations.values() if one.probe == probe]
        found: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
        for said_us, values in self.readings.get(probe, {}).items():
            at_us = said_us + sum(mend.offset_us for mend in mends if mend.from_us <= said_us < mend.until_us)
            slope, offset_c = next(
                ((one.slope, one.offset_c) for one in calibrations if one.from_us <= at_us < one.until_us), (1.0, 0.0)
            )
            for value in values:
                both = bounds(value, self.ranges.get(logger_id, (None, None)), slope, offset_c)
                if both is not None:
                    found[at_us].append(both)
        return [
            (at_us, min(low for low, _ in said), max(high for _, high in said)) for at_us, said in sorted(found.items())
        ]

    def container(self, name: str) -> Container:
        """What measured a container."""
        heard = []
        points: dict[Probe, list[Point]] = {}
        for one in self.attachments.values():
            if one.container != name or not one.judged or one.commissioned_us is None:
                continue
            start = max(one.from_us, one.commissioned_us)
            away = [(x.from_us, x.until_us) for x in self.absences.values() if x.attachment == one.first_id]
            for from_us, until_us in without([(start, one.until_us)], joined(away)):
                if one.probe not in points:
                    points[one.probe] = self.points(one.probe)
                inside = tuple(point for point in points[one.probe] if from_us <= point[0] < until_us)
                heard.append(Heard(from_us, until_us, inside))
        return Container(tuple(heard), self.containers[name][1])

    def stays(self, lot_id: str) -> tuple[tuple[str, int, int], ...]:
        """Where a lot was."""
        of_lot = [one for one in self.placements.values() if one.lot == lot_id]
        return tuple((one.container, one.from_us, one.until_us) for one in sorted(of_lot, key=lambda x: x.from_us))

    def judged(self, now_us: int, recorded: "Facts | None" = None) -> dict[str, Judged]:
        """What must be said of every lot. `recorded`: what was heard and attached, if that is of an earlier time."""
        measured = recorded or self
        seen: dict[tuple[str, Profile], Record] = {}
        found = {}
        for lot_id, lot in self.lots.items():
            stays = self.stays(lot_id)
            records: dict[str, Record] = {}
            for name, _, _ in stays:
                key = (name, lot.profile)
                if key not in seen:
                    container = measured.container(name) if name in measured.containers else Container()
                    seen[key] = record_of(container, lot.profile.limits, lot.profile.max_gap_s * 1_000_000, now_us)
                records[name] = seen[key]
            found[lot_id] = judge(
                Life(lot.from_us, lot.until_us, stays),
                records,
                lot.profile.limits,
                lot.profile.max_gap_s,
                now_us,
                warning_fraction=lot.profile.warning_fraction,
            )
        return found
