"""What a rule found, as figures: kept with an alert, and said by `words`, while it is so and once it no longer is.

A kind of finding is one dataclass here. Their fields are JSON, so that they can be stored as they are.
"""

from dataclasses import dataclass
from enum import StrEnum

from service.domain.exposure.container import Threshold
from service.domain.intake.refusals import Refused
from service.domain.series.forecast import Wait

#: At most this many lots, probes or loggers are named; the rest is counted.
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Plain:
    """Nothing but what the rule itself says, and what a part of the service says of itself, if anything."""

    detail: str = ""


class Certainty(StrEnum):
    """How well it is known that a container is beyond a threshold."""

    MEASURED = "measured"
    LAST_HEARD = "last_heard"
    POSSIBLE = "possible"
    DECLARED = "declared"


@dataclass(frozen=True, slots=True)
class Beyond:
    """A container is beyond a threshold, was when it was last heard of, or may be.

    Attributes:
        end: ``'HI'`` or ``'LO'``, where that is why it is not certain; end_c: how far the logger measures, if known.
        lot_ids: the first of the `lots` whose limit it is, where it is none of the container's own.
    """

    threshold: Threshold
    certainty: Certainty
    end: str = ""
    end_c: float | None = None
    lot_ids: tuple[str, ...] = ()
    lots: int = 0


@dataclass(frozen=True, slots=True)
class StillBeyond:
    """A container is still beyond a threshold, but the lots whose limit that is are no longer in it."""

    threshold: Threshold


class EvidenceLost(StrEnum):
    """What became of the evidence that a container was beyond a limit, and what measures it since."""

    UNMEASURED = "unmeasured"
    PROBE_REMOVED = "probe_removed"
    READINGS_VOID = "readings_void"


@dataclass(frozen=True, slots=True)
class WasBeyond:
    """A container was beyond a limit by evidence that has gone since."""

    lost: EvidenceLost


@dataclass(frozen=True, slots=True)
class TimeBeyond:
    """How long a container was beyond a threshold, and how often; `possible`: with what is not proven."""

    threshold: Threshold
    certain_us: int
    certain_times: int
    possible_us: int
    possible_times: int


@dataclass(frozen=True, slots=True)
class PastExcursion:
    """A container was beyond limits and came back, the nearest first; `unmeasured`: or nobody measured on."""

    beyond: tuple[TimeBeyond, ...]
    unmeasured: bool


@dataclass(frozen=True, slots=True)
class BudgetUsed:
    """More than a share of the time that is allowed beyond a threshold is used; 1: all of it."""

    threshold: Threshold
    budget_s: int
    share: float


@dataclass(frozen=True, slots=True)
class LotBudgetUsed:
    """Likewise, of one lot of several."""

    lot_id: str
    used: BudgetUsed


@dataclass(frozen=True, slots=True)
class LotBudgetsUsed:
    """What lots in a container have used of their budgets, the most first; `more` are not named."""

    lots: tuple[LotBudgetUsed, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Approaching:
    """A container will cross a threshold at its present slope."""

    threshold: Threshold
    crosses: Wait


@dataclass(frozen=True, slots=True)
class ProbeName:
    """A probe of a logger; a logger's only probe has no name."""

    logger_id: str
    probe: str = ""


class Silence(StrEnum):
    """What is silent: all probes of a container, some of them, or a shipper that was to have arrived."""

    WHOLE = "whole"
    PARTLY = "partly"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class SilentProbe:
    """A probe of which nothing is heard, or nothing taken.

    Attributes:
        silent_s: for how long; None: it was never heard.
        usual_s: how often it usually reports; None: it shows no pace.
        refused: what was refused of its logger meanwhile; refused_ago_s: how long ago the last of it was.
    """

    name: ProbeName
    silent_s: int | None
    usual_s: int | None
    refused: tuple[Refused, ...] = ()
    refused_ago_s: int = 0


@dataclass(frozen=True, slots=True)
class Silent:
    """Probes that are silent, the longest first."""

    silence: Silence
    probes: tuple[SilentProbe, ...]


@dataclass(frozen=True, slots=True)
class SensorFault:
    """Probes that give no usable number, and probes that give numbers they cannot show."""

    without_number: tuple[ProbeName, ...]
    impossible: tuple[ProbeName, ...]


@dataclass(frozen=True, slots=True)
class Contradicted:
    """How often a probe contradicted itself, since when by our clock, and of which time by its own."""

    name: ProbeName
    count: int
    since_us: int
    from_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Conflicting:
    """Probes that contradict themselves, the most often first; `more` are not named."""

    probes: tuple[Contradicted, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Stuck:
    """A probe has shown one number for some time."""

    name: ProbeName
    shown_c: float
    lasted_s: int


@dataclass(frozen=True, slots=True)
class BatteryVoltage:
    """The voltage of a logger's battery."""

    logger_id: str
    battery_v: float


@dataclass(frozen=True, slots=True)
class LowBatteries:
    """Loggers whose battery is low."""

    loggers: tuple[BatteryVoltage, ...]


@dataclass(frozen=True, slots=True)
class CalibrationDue:
    """Probes whose calibration is due in a number of whole days, or overdue for as many."""

    names: tuple[ProbeName, ...]
    days: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class ClockError:
    """A logger's clock is ahead by at least `off_s`, or behind by up to that."""

    logger_id: str
    ahead: bool
    off_s: int


@dataclass(frozen=True, slots=True)
class WrongClocks:
    """Loggers whose clock is wrong."""

    clocks: tuple[ClockError, ...]


@dataclass(frozen=True, slots=True)
class Probes:
    """Probes that a rule is about."""

    names: tuple[ProbeName, ...]


@dataclass(frozen=True, slots=True)
class WaitingProbe:
    """A probe that nobody has commissioned; `since_us`: since when it is attached."""

    name: ProbeName
    since_us: int


@dataclass(frozen=True, slots=True)
class NotCommissioned:
    """Probes that send, are attached and not commissioned, the longest first; `more` are not named.

    `alone`: no other probe measures the container.
    """

    probes: tuple[WaitingProbe, ...]
    more: int = 0
    alone: bool = False


@dataclass(frozen=True, slots=True)
class InNoContainer:
    """A lot that lives is recorded in no container."""


@dataclass(frozen=True, slots=True)
class MissingCheck:
    """A site had no morning check on a day, such as ``'2026-03-01'``, by noon."""

    day: str


@dataclass(frozen=True, slots=True)
class OverdueShipment:
    """A shipment that was to have arrived; sites by their names."""

    shipment_id: str
    from_site: str
    to_site: str
    carrier: str
    waybill: str | None
    expected_us: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """Shipments from or to a site that are overdue, the longest first; `more` are not named."""

    shipments: tuple[OverdueShipment, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Given:
    """Words that an earlier version stored: of what is so, and of what was.

    Attributes:
        whole: they begin with whom they are about.
        forecast: a forecast that was stored with them, if there was one.
    """

    is_so: str
    was_so: str
    whole: bool = False
    forecast: str = ""


Details = (
    Plain
    | Beyond
    | StillBeyond
    | WasBeyond
    | PastExcursion
    | BudgetUsed
    | LotBudgetsUsed
    | Approaching
    | Silent
    | SensorFault
    | Conflicting
    | Stuck
    | LowBatteries
    | CalibrationDue
    | WrongClocks
    | Probes
    | NotCommissioned
    | InNoContainer
    | MissingCheck
    | Overdue
    | Given
)
