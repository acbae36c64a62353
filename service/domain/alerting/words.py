"""What alerts say: the one place that makes words of what a rule found, of what is so and of what no longer is."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from service.domain.alerting.details import (
    MOST_NAMED,
    Approaching,
    Beyond,
    BudgetUsed,
    CalibrationDue,
    ClockError,
    Conflicting,
    Contradicted,
    Details,
    Given,
    InNoContainer,
    LotBudgetsUsed,
    LowBatteries,
    MissingCheck,
    NotCommissioned,
    Overdue,
    OverdueShipment,
    PastExcursion,
    Plain,
    ProbeName,
    Probes,
    SensorFault,
    Silence,
    Silent,
    SilentProbe,
    StillBeyond,
    Stuck,
    WaitingProbe,
    WasBeyond,
    WrongClocks,
)
from service.domain.alerting.limit_words import (
    approaching_text,
    budget_text,
    crossing_text,
    lot_budgets_text,
    past_excursion_text,
    some_text,
    still_beyond_text,
    was_beyond_text,
)
from service.domain.alerting.rule_table import rule_of
from service.domain.instant import SECOND_US, duration_text, temperature_text, to_datetime
from service.domain.intake.refusals import codes_text, look_at


class Told(Protocol):
    """An alert, as far as words are made of it.

    Attributes:
        lot_ids: all lots that were there at any moment of it.
        lot_count: how many were there when it was last looked at; lots_first: the first of them, those it is about
            before others.
    """

    @property
    def name(self) -> str: ...
    @property
    def container_id(self) -> str | None: ...
    @property
    def site_id(self) -> str | None: ...
    @property
    def cause(self) -> str: ...
    @property
    def details(self) -> Details: ...
    @property
    def lot_ids(self) -> Sequence[str]: ...
    @property
    def lot_count(self) -> int: ...
    @property
    def lots_first(self) -> Sequence[str]: ...


def summary(alert: Told, *, past: bool = False) -> str:
    """What is so, where, and which lots are there, without a full stop; `past`: what was so."""
    said = sentence(alert, past=past)
    return said if alert.container_id is None else f"{said}; {_lots_text(alert)}"


def sentence(alert: Told, *, past: bool = False, site: str | None = None) -> str:
    """What is so and where, without the lots: ``'Freezer 2 (basel) is above −60 °C'``; `past`: what was so.

    Args:
        site: what its site is called there; None: by its id.
    """
    said = what_text(alert.cause, alert.details, past=past)
    if isinstance(alert.details, Given) and alert.details.whole:
        return said
    if isinstance(alert.details, MissingCheck | Overdue):
        # It is about the site itself.
        return f"{alert.name} {said}"
    return f"{alert.name} ({site or alert.site_id}) {said}" if alert.site_id else f"{alert.name} {said}"


def _lots_text(alert: Told) -> str:
    if not alert.lot_count and alert.lot_ids:
        more = " and more" if len(alert.lot_ids) > MOST_NAMED else ""
        return f"no lots in it any more, but there were {', '.join(alert.lot_ids[:MOST_NAMED])}{more}"
    return lots_text(alert.lot_count, alert.lots_first)


def lots_text(count: int, first: Sequence[str]) -> str:
    """How many lots are in a container, and the first of them."""
    return f"{count} {'lot' if count == 1 else 'lots'}: {some_text(first, count)}" if count else "no lots in it"


def forecast_text(details: Details) -> str:
    """The forecast that was found, as a sentence of its own; empty: there is none."""
    if isinstance(details, Given):
        return details.forecast
    if not isinstance(details, Approaching):
        return ""
    said = approaching_text(details)
    return f"{said[0].upper()}{said[1:]}."


def back_text(cause: str, details: Details) -> str:
    """What is so where an alert is calm, but not over yet."""
    rule = rule_of(cause)
    return "no longer so" if rule is None or isinstance(details, StillBeyond) else rule.back


def what_text(cause: str, details: Details, *, past: bool = False) -> str:
    """What is so, or was, after the name of whom it is said."""
    whole = _whole(details, past=past)
    if whole is not None:
        return whole
    rule, figures = rule_of(cause), _figures(details, past=past)
    said = "" if rule is None else rule.was_so if past else rule.is_so
    return f"{said}: {figures}" if said and figures else said or figures


def _whole(details: Details, *, past: bool) -> str | None:
    """Of what is said in other words each time; None: the rule has words for it, and figures follow."""
    said: str | None = None
    match details:
        case Beyond():
            said = crossing_text(details, past=past)
        case StillBeyond():
            said = still_beyond_text(details)
        case WasBeyond():
            said = was_beyond_text(details)
        case PastExcursion():
            said = past_excursion_text(details)
        case BudgetUsed():
            said = budget_text(details, past=past)
        case LotBudgetsUsed():
            said = lot_budgets_text(details)
        case Silent(silence):
            said = f"{_SILENT[silence][past]}: {_silences(details)}"
        case CalibrationDue(names, days, overdue):
            which, when = ("overdue", "for") if overdue else ("due", "in")
            lasting = f"{days} d" if days else "less than a day"
            said = f"{'had' if past else 'has'} a calibration {which}: that of {_names(names)}, {when} {lasting}"
        case NotCommissioned(probes, more, True):
            lots, counts = ("had", "counted") if past else ("has", "counts")
            waits = f"{_waiting(probes, more)}, {_is(past)} not commissioned"
            said = f"{lots} lots in it and no probe that {counts}: {waits}"
        case InNoContainer():
            said = f"{_is(past)} recorded in no container: nothing {'measured' if past else 'measures'} its temperature"
        case Given(is_so, was_so):
            said = was_so if past else is_so
    return said


def _figures(details: Details, *, past: bool) -> str:
    has = "had" if past else "has"
    figures = ""
    match details:
        case Plain(detail):
            figures = detail
        case Approaching():
            figures = approaching_text(details)
        case SensorFault(without_number, impossible):
            said = [f"no usable number {'came' if past else 'comes'} from {_names(without_number)}"]
            garbled = [f"numbers that no such probe can show {'came' if past else 'come'} from {_names(impossible)}"]
            figures = ", and ".join(said * bool(without_number) + garbled * bool(impossible))
        case Conflicting(probes, more):
            told = "; ".join(map(_contradicted, probes)) + (f"; and {more} more probes" if more else "")
            figures = f"{told}; a clock may have fallen back, or two devices have one id"
        case Stuck(name, shown_c, lasted_s):
            shown = temperature_text(shown_c)
            figures = f"{probe_text(name)} {has} shown {shown} for {duration_text(lasted_s * SECOND_US)}"
        case LowBatteries(loggers):
            figures = _and(f"logger {one.logger_id} {has} {one.battery_v:g} V" for one in loggers)
        case WrongClocks(clocks):
            figures = _and(f"that of logger {one.logger_id} {_is(past)} {_off(one)}" for one in clocks)
        case Probes(names):
            figures = _names(names)
        case NotCommissioned(probes, more):
            figures = _waiting(probes, more)
        case MissingCheck(day):
            figures = f"none was recorded by noon on {day}"
        case Overdue(shipments, more):
            figures = _and(map(_overdue, shipments)) + (f" and {more} more" if more else "")
    return figures


def _is(past: bool) -> str:
    return "was" if past else "is"


def _overdue(one: OverdueShipment) -> str:
    by = f"{one.carrier}, waybill {one.waybill}" if one.waybill else one.carrier
    expected = f"{to_datetime(one.expected_us):%Y-%m-%d %H:%M} UTC"
    return f"{one.shipment_id} from {one.from_site} to {one.to_site} by {by}, expected {expected}"


_SILENT = {
    Silence.WHOLE: ("is silent", "was silent"),
    Silence.PARTLY: ("has a silent probe", "had a silent probe"),
    Silence.OVERDUE: ("is overdue", "was overdue"),
}


def _silences(found: Silent) -> str:
    """What is not heard, and what is heard and refused: these need different people."""
    unheard = ", ".join(_silent(probe) for probe in found.probes if not probe.refused)
    refused = [_refused(probe) for probe in found.probes if probe.refused]
    return "; ".join([f"nothing was heard from {unheard}"] * bool(unheard) + refused)


def _silent(found: SilentProbe) -> str:
    if found.silent_s is None:
        return f"{probe_text(found.name)} since it was put there"
    usual = ""
    if found.usual_s is not None:
        usual = f" (it usually reports every {duration_text(found.usual_s * SECOND_US)})"
    return f"{probe_text(found.name)} for {duration_text(found.silent_s * SECOND_US)}{usual}"


def _refused(found: SilentProbe) -> str:
    count = sum(one.times for one in found.refused)
    refused = "1 message of it was" if count == 1 else f"{count} messages of it were"
    since = f"since {_time(min(one.since_us for one in found.refused))}"
    last = f"the last {duration_text(found.refused_ago_s * SECOND_US)} ago"
    return (
        f"from {_silent(found)} nothing was taken, though it sends: {refused} refused {since}, {last} "
        f"({codes_text(found.refused)}); look at {look_at(found.refused[0].code)}, not at its radio"
    )


def _contradicted(found: Contradicted) -> str:
    times = "once" if found.count == 1 else f"{found.count} times"
    return (
        f"{probe_text(found.name)} gave another temperature for the same instant {times} since {_time(found.since_us)} "
        f"(of {to_datetime(found.from_us):%Y-%m-%d %H:%M} to {_time(found.until_us)} by its clock)"
    )


def _off(found: ClockError) -> str:
    off = duration_text(found.off_s * SECOND_US)
    return f"ahead by at least {off}" if found.ahead else f"behind by up to {off}"


def probe_text(found: ProbeName) -> str:
    """A probe as people say it."""
    return f"logger {found.logger_id}" + (f" (probe {found.probe})" if found.probe else "")


def _names(names: Iterable[ProbeName]) -> str:
    return _and(map(probe_text, names))


def _waiting(probes: Iterable[WaitingProbe], more: int) -> str:
    named = [f"{probe_text(one.name)}, attached since {_time(one.since_us)}" for one in probes]
    return "; ".join([*named, f"{more} more"] if more else named)


def _and(names: Iterable[str]) -> str:
    *most, last = list(names) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def _time(at_us: int) -> str:
    return f"{to_datetime(at_us):%Y-%m-%d %H:%M} UTC"
