"""Profiles: the conditions a lot must be kept under, and where their numbers come from.

The product's own stability data overrides every figure here. Where there is none, an hour in total over a lot's
whole life is this project's strict default; the ten hours known from refrigerators are an alarm, not a limit.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from service.domain.instant import SECOND_US, temperature_text
from service.errors import ConflictError


class Direction(StrEnum):
    """The side of a threshold on which harm lies."""

    ABOVE = "above"
    BELOW = "below"


class Effect(StrEnum):
    """What passing a limit does to a lot."""

    CONDEMNS = "condemns"
    WARNS = "warns"


def beyond_text(direction: Direction, threshold_c: float) -> str:
    """On which side of what: ``'above −60 °C'``."""
    return f"{direction} {temperature_text(threshold_c)}"


@dataclass(frozen=True, slots=True)
class Limit:
    """One threshold, and how long a lot may be beyond it.

    Attributes:
        budget_s: allowed in total over the lot's life; None: no total is judged.
        single_s: allowed without interruption; None: no single run is judged.
        alarm_delay_s: how long a container is beyond before people are told.
    """

    direction: Direction
    threshold_c: float
    effect: Effect
    budget_s: int | None
    single_s: int | None = None
    alarm_delay_s: int = 600

    @property
    def text(self) -> str:
        """Where a lot is when it is beyond it: ``'above −60 °C'``."""
        return beyond_text(self.direction, self.threshold_c)


@dataclass(frozen=True, slots=True)
class ThawRule:
    """How often a lot may thaw.

    Attributes:
        min_s: above `threshold_c` for longer than this is a thaw; frozen again for at least as long ends it.
        allowed: thaws over the lot's life.
    """

    threshold_c: float
    min_s: int
    allowed: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class Profile:
    """Versioned, immutable conditions.

    Attributes:
        max_gap_s: two readings farther apart than this prove nothing about the time between them.
        warning_fraction: share of a budget from which a lot is at risk.
        activation_energy_kj_per_mol: ΔH of the mean kinetic temperature (USP <1160>).
        source: where the figures come from.
        thaw: None: freezing and thawing is not counted.
    """

    id: str
    version: int
    name: str
    limits: tuple[Limit, ...]
    max_gap_s: int
    warning_fraction: float = 0.5
    activation_energy_kj_per_mol: float = 83.144
    source: str = ""
    thaw: ThawRule | None = None

    @property
    def condemns(self) -> bool:
        """Whether it has a limit, or a rule about thaws, that can condemn a lot: without one nothing can be proven."""
        limits = (x.effect for x in self.limits if x.budget_s is not None or x.single_s is not None)
        return Effect.CONDEMNS in (*limits, *(() if self.thaw is None else (self.thaw.effect,)))

    def warns_from_us(self, allowed_s: int) -> int:
        """How much of an allowed time makes a lot at risk, microseconds; never nothing at all."""
        return max(1, math.ceil(self.warning_fraction * (allowed_s * SECOND_US)))


_ABOVE, _BELOW = Direction.ABOVE, Direction.BELOW
_CONDEMNS, _WARNS = Effect.CONDEMNS, Effect.WARNS

CRYO_80 = Profile(
    id="cryo-80",
    version=1,
    name="Frozen at −80 °C",
    limits=(
        Limit(_ABOVE, -60.0, _CONDEMNS, budget_s=3_600, alarm_delay_s=600),
        Limit(_ABOVE, -20.0, _CONDEMNS, budget_s=300, alarm_delay_s=60),
        Limit(_BELOW, -90.0, _WARNS, budget_s=None, alarm_delay_s=3_600),
    ),
    max_gap_s=900,
    source="−60 °C and −90 °C are the alarm thresholds common on ultra-low loggers, there for 60 min at a time. "
    "Above −20 °C frozen exosomes are taken as thawing: 5 min. Largest gap: three readings of a 5 min logger.",
)

LN2_VAPOUR = Profile(
    id="ln2-vapour",
    version=1,
    name="Liquid nitrogen, vapour phase",
    limits=(
        Limit(_ABOVE, -135.0, _CONDEMNS, budget_s=3_600, alarm_delay_s=600),
        Limit(_ABOVE, -150.0, _WARNS, budget_s=None, alarm_delay_s=1_800),
    ),
    max_gap_s=900,
    source="−135 °C is taken as the glass transition of water, above which ice recrystallises; −150 °C is the usual "
    "working limit of vapour-phase vessels. The hour is this project's default.",
)

FROZEN_20 = Profile(
    id="frozen-20",
    version=1,
    name="Frozen at −20 °C",
    limits=(
        Limit(_ABOVE, -15.0, _CONDEMNS, budget_s=3_600, alarm_delay_s=600),
        Limit(_ABOVE, 0.0, _CONDEMNS, budget_s=300, alarm_delay_s=60),
    ),
    max_gap_s=1_800,
    source="−15 °C is the upper end of freezer storage of vaccines (WHO: −25 to −15 °C); above 0 °C the lot thaws. "
    "Largest gap: CDC asks for a reading at least every 30 min.",
)

LYOPHILISED_2_8 = Profile(
    id="lyophilised-2-8",
    version=1,
    name="Freeze-dried at 2–8 °C",
    limits=(
        Limit(_ABOVE, 8.0, _CONDEMNS, budget_s=3_600, alarm_delay_s=900),
        Limit(_ABOVE, 25.0, _CONDEMNS, budget_s=1_800, alarm_delay_s=300),
        Limit(_BELOW, -0.5, _WARNS, budget_s=None, alarm_delay_s=900),
    ),
    max_gap_s=2_100,
    source="2–8 °C is refrigerated storage; 25 °C is the upper end of controlled room temperature; −0.5 °C is the "
    "freeze alarm of refrigerator loggers: what freezes is the diluent, not the freeze-dried lot. "
    "Largest gap: a 30 min logger and five minutes of slack.",
)

BUILT_IN = (CRYO_80, LN2_VAPOUR, FROZEN_20, LYOPHILISED_2_8)


def why_not_stored(profile_id: str) -> ConflictError | None:
    """Why people cannot store a version of a profile of this id; None: they can."""
    if profile_id not in {ours.id for ours in BUILT_IN}:
        return None
    return ConflictError(f"profile {profile_id!r} is built in and comes with the software; choose another id")
