"""What a rule is, and the facts it looks at: of one container, of a site, or of a part of the service.

The rules themselves are in `rule_table`, and all that is particular to a cause is in its entry there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from service.domain.alerting.details import Details, OverdueShipment
from service.domain.alerting.lifecycle import Finding
from service.domain.exposure.container import Record
from service.domain.exposure.uncounted import AttachedProbe
from service.domain.instant import BEGINNING_US
from service.domain.intake.refusals import Refused
from service.domain.profiles import Limit, Profile
from service.domain.series.bounded import Bound, Bounded, of_reading
from service.domain.series.forecast import Forecast
from service.domain.series.quality import Quality
from service.domain.severity import Severity


@dataclass(frozen=True, slots=True)
class AtStake:
    """A limit of a lot that is in a container now, by which the lot can be lost.

    Attributes:
        remaining_s: how much longer it may be beyond the limit without a break; 0: it is lost by it; infinite: what
            goes on now cannot cost it any more.
        used: the share of its budget that is used; 0: it has none.
        lost_us: when it was lost by this limit, if it was.
        came_us: since when it has been where it is.
        told: the largest share of its budget that people were told of before.
    """

    lot_id: str
    limit: Limit
    remaining_s: float
    used: float
    lost_us: int | None = None
    came_us: int = BEGINNING_US
    told: float = 0.0


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest reading of a judged, attached probe that says something; calibrated, None where it has no number.

    IMPOSSIBLE: a number that it cannot show, or one of several for that instant.
    """

    measured_us: int
    temperature_c: float | None
    quality: Quality
    range_min_c: float | None = None
    range_max_c: float | None = None

    @property
    def bounded(self) -> Bounded | None:
        """The temperature, as far as it proves it; None: it proves nothing."""
        return of_reading(self.temperature_c, self.quality, self.range_min_c, self.range_max_c)


@dataclass(frozen=True, slots=True)
class Probe:
    """A judged, attached probe and what was lately heard of it.

    Attributes:
        interval_s: its own usual step; None: it shows none yet.
        heard_us: when its newest reading was measured; None: it was never heard.
        times_us, temperatures_c, qualities: its newest readings, ascending; NaN where there is no number.
        lag_us: the most by which its clock can be behind; negative: ahead by at least as much; None: it has none.
        calibration_due_us: when its valid calibration is due; None: it has none, or one without a date.
        refused: messages of its logger that were refused since something of this probe arrived last.
    """

    logger_id: str
    probe: str
    interval_s: float | None
    heard_us: int | None
    times_us: NDArray[np.int64]
    temperatures_c: NDArray[np.float64]
    qualities: NDArray[np.int16]
    battery_v: float | None = None
    lag_us: int | None = None
    calibration_due_us: int | None = None
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflicts:
    """What a probe said twice, of instants at which it measured a container, and differently.

    Attributes:
        count: how many readings contradict one that had come before.
        since_us: when the first of them arrived; from_us, until_us: the instants they are about, by the logger's clock.
        coldest_c, warmest_c: of all that was said of these instants, as sent; HI and LO are infinities.
    """

    logger_id: str
    probe: str
    count: int
    since_us: int
    from_us: int
    until_us: int
    coldest_c: float
    warmest_c: float


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """What rules look at.

    Attributes:
        record: None: never measured; other_records: judged with the largest gaps of lots' own profiles.
        at_stake: of the lots that are in it now, the limits that condemn them; of those given up, none.
        now_c, now_is: the newest reading that proves something, and how far.
        newest: of each probe that was heard within a day.
        probes: for rules that are swept alone, as are `forecast` to `silent_after_s`, the conflicts and `waiting`.
            Those about limits have none of these; they alone have `at_stake`, `newest` and `other_records`.
        forecast: of the limit that will be crossed first, if one will.
        due_us: when a shipper is to have arrived, as was recorded of it, or by the shipment that it is in.
        under_way: a shipment that is not over has taken it along.
        ingest_up_since_us: since when ingest has been able to hear loggers; None: for longer than anybody asks.
        silent_after_s: how long a logger may be silent here, if that is recorded.
        conflicts: what became known in the last day, by probe.
        conflicting_lot_ids: the lots that were here at the instants these are about.
        given_up_ids: lots, here or elsewhere, that nothing measured can make usable any more.
        waiting: probes that are attached and that nobody has commissioned, the longest first.
        judged_elsewhere_ids: of the lots that are in it now, those that another container judges, inside or around it.
    """

    container_id: str
    kind: str
    profile: Profile
    record: Record | None
    lot_ids: tuple[str, ...] = ()
    at_stake: tuple[AtStake, ...] = ()
    now_c: float | None = None
    probes: tuple[Probe, ...] = ()
    forecast: Forecast | None = None
    due_us: int | None = None
    ingest_up_since_us: int | None = None
    silent_after_s: int | None = None
    other_records: tuple[Record, ...] = ()
    newest: tuple[Newest, ...] = ()
    conflicts: tuple[Conflicts, ...] = ()
    conflicting_lot_ids: tuple[str, ...] = ()
    now_is: Bound | None = None
    given_up_ids: frozenset[str] = frozenset()
    waiting: tuple[AttachedProbe, ...] = ()
    judged_elsewhere_ids: frozenset[str] = frozenset()
    under_way: bool = False

    @property
    def lots_to_keep(self) -> tuple[str, ...]:
        """The lots in it that may be used, now or once what is missing is there."""
        return tuple(lot_id for lot_id in self.lot_ids if lot_id not in self.given_up_ids)


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What the service knows of one of its own parts.

    Attributes:
        since_us: since when it has been behind, or failing; None: it is well.
        detail: what it says itself.
    """

    part: str
    since_us: int | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What is known of a site.

    Attributes:
        checked_at: when its last morning check was made; None: it never had one.
        overdue: shipments from or to it that are under way and were expected before now, the longest first.
    """

    site_id: str
    zone: tzinfo
    checked_at: datetime | None
    overdue: tuple[OverdueShipment, ...] = ()


#: Kinds of containers that travel: their loggers have no network under way, and upload on arrival.
UNDER_WAY = frozenset({"shipper", "dry_ice_box"})

Facts = TypeVar("Facts", ContainerFacts, SiteFacts, ServiceFacts)


class Inhibited(StrEnum):
    """When a cause says nothing new of a container whose loggers are silent."""

    NEVER = "never"
    WHEN_ALL_ARE_SILENT = "when all are silent"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Rule(Generic[Facts]):
    """One cause of alerts, and all that is particular to it.

    Attributes:
        holds: what it finds; None: nothing.
        delay_s: how long it must hold before people are told; None: the finding says so itself.
        recovers_s: how long it must not hold before it is over.
        to_do: what to do about it; to_do_empty: where no lots are in the container, to_do_nowhere: where it is about a
            lot in no container, if these are something else.
        is_so, was_so: what it says after the name of whom it finds, before the figures of what it found. Empty: what
            it finds is said in other words each time (`words`).
        at: a figure of its own, such as a voltage or a share; None: it needs none. largest_at: what is larger was meant
            in another unit.
        endangers_lots: lots in the container are at stake, or would be: they are named, and its own instruction comes
            before `to_do`.
        back: what is so when it no longer holds.
        ended_by_readings: only a newer reading ends it; silence never does.
        undecided: asked where it does not hold, with whether people were told of it: that is no end of it yet, and its
            alert stays as it is. None: never.
        lots: the lots its alerts name; None: those in the container.
        inhibited: when it is not told because the container's loggers are silent, and that is.
    """

    cause: str
    severity: Severity
    delay_s: int | None
    recovers_s: int
    holds: Callable[["Rule[Facts]", Facts, int], Finding | None]
    to_do: str
    to_do_empty: str = ""
    to_do_nowhere: str = ""
    is_so: str = ""
    was_so: str = ""
    at: float | None = None
    largest_at: float | None = None
    endangers_lots: bool = False
    back: str = "no longer so"
    ended_by_readings: bool = False
    undecided: Callable[["Rule[Facts]", Facts, int, bool], bool] | None = None
    lots: Callable[[Facts], tuple[str, ...]] | None = None
    inhibited: Inhibited = Inhibited.NEVER
    off: bool = False


@dataclass(frozen=True, slots=True)
class Override:
    """What differs from a rule's own figures for a profile or a container; None: nothing."""

    severity: Severity | None = None
    delay_s: int | None = None
    recovers_s: int | None = None
    at: float | None = None
    off: bool | None = None


@dataclass(frozen=True, slots=True)
class Alerting:
    """What is recorded of a container's alerts: overrides by cause, of its profile first, then its own."""

    overrides: tuple[Mapping[str, Override], ...] = ()
    instruction: str = ""
    due_us: int | None = None


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What a rule says of one subject now.

    Attributes:
        calm_since_us, calm_until_us: where the rule does not hold, since and until when that is known; None: now.
        calm_details: what is so instead, where it is not simply over.
    """

    cause: str
    recovers_s: int
    found: Finding | None
    calm_until_us: int | None = None
    calm_since_us: int | None = None
    calm_details: Details | None = None


def overridden(rule: Rule[Facts], overrides: tuple[Mapping[str, Override], ...]) -> Rule[Facts]:
    """A rule as it is in force where these overrides are; later ones win."""
    for some in overrides:
        one = some.get(rule.cause)
        if one is not None:
            given = {
                name: value
                for name in ("severity", "delay_s", "recovers_s", "at", "off")
                if (value := getattr(one, name)) is not None
            }
            rule = replace(rule, **given)
    return rule


def at_most_warning(severity: Severity) -> Severity:
    """A severity, but never critical."""
    return Severity.WARNING if severity is Severity.CRITICAL else severity


def outcome_of(rule: Rule[Facts], facts: Facts, now_us: int) -> RuleOutcome:
    """What a rule says; one that is off never holds, and nobody waits for what it told of to be over."""
    if rule.off:
        return RuleOutcome(rule.cause, 0, None)
    return RuleOutcome(rule.cause, rule.recovers_s, rule.holds(rule, facts, now_us))
