"""The table of rules: what people are told of. All that is particular to a cause is in its entry.

To add one, write its function and its entry; docs/alerts.md shows how.
"""

from service.domain.alerting.conflict_rules import CONFLICTING_READINGS, conflicting_readings, lots_disputed
from service.domain.alerting.details import Plain
from service.domain.alerting.lifecycle import Finding
from service.domain.alerting.limit_rules import BUDGET_USED, LIMIT_CROSSED, budget_used, limit_crossed
from service.domain.alerting.logger_rules import (
    LOGGER_SILENT,
    battery_low,
    calibration_due,
    clock_skew,
    logger_silent,
    may_still_be_silent,
    sensor_fault,
    sensor_stuck,
)
from service.domain.alerting.lot_rules import (
    FORECAST_CROSSES,
    LOT_UNMONITORED,
    PROBE_NOT_COMMISSIONED,
    forecast_crosses,
    lot_unmonitored,
    may_still_cross,
    probe_not_commissioned,
)
from service.domain.alerting.rules import ContainerFacts, Inhibited, Rule, ServiceFacts, SiteFacts
from service.domain.alerting.site_rules import CHECK_MISSING, SHIPMENT_OVERDUE, check_missing, shipment_overdue
from service.domain.clocks import CLOCKS_DISAGREE
from service.domain.severity import Severity

KEEP = "Keep them cold, set them apart, tell quality; do not discard."

_RESCUE = f"Move the lots to a container within limits. {KEEP}"
_EMPTY = "Have the container looked at, and put no lot into it until it is within limits."
_MEASURE = f"Read the temperature at the container itself, then look to the logger: power, cable, network. {KEEP}"
_MEASURE_EMPTY = "Look to the logger: power, cable, network; put no lot into a container that is not measured."

_INFO, _WARNING, _CRITICAL = Severity

AnyRule = Rule[ContainerFacts] | Rule[SiteFacts] | Rule[ServiceFacts]


def part_is_in_trouble(rule: Rule[ServiceFacts], facts: ServiceFacts, now_us: int) -> Finding | None:  # noqa: ARG001
    """A part of the service is behind, or failing, and says so itself."""
    if facts.since_us is None:
        return None
    return Finding(facts.since_us, Plain(facts.detail), rule.severity, rule.delay_s or 0)


#: Asked with the readings of a container that may be beyond a limit, or has an open alert. Five minutes within
#: limits, by its readings, end an alert: a container that flaps about its limit has one.
LIMIT_RULES: tuple[Rule[ContainerFacts], ...] = (
    Rule(
        LIMIT_CROSSED,
        _CRITICAL,
        None,
        300,
        limit_crossed,
        to_do=_RESCUE,
        to_do_empty=_EMPTY,
        endangers_lots=True,
        back="back within limits",
    ),
    Rule(
        BUDGET_USED,
        _CRITICAL,
        None,
        300,
        budget_used,
        to_do=_RESCUE,
        to_do_empty=_EMPTY,
        at=0.5,
        largest_at=1,
        endangers_lots=True,
        back="back within limits",
    ),
)

#: Asked of all containers now and then: time alone makes them hold. `at` is in hours, volts, days and seconds.
SWEPT_RULES: tuple[Rule[ContainerFacts], ...] = (
    Rule(
        LOGGER_SILENT,
        _CRITICAL,
        None,
        600,
        logger_silent,
        to_do=_MEASURE,
        to_do_empty=_MEASURE_EMPTY,
        endangers_lots=True,
        undecided=may_still_be_silent,
    ),
    Rule(
        "sensor_fault",
        _CRITICAL,
        600,
        600,
        sensor_fault,
        to_do=_MEASURE,
        to_do_empty=_MEASURE_EMPTY,
        is_so="has a sensor fault",
        was_so="had a sensor fault",
        endangers_lots=True,
        ended_by_readings=True,
        inhibited=Inhibited.WHEN_ALL_ARE_SILENT,
    ),
    Rule(
        CONFLICTING_READINGS,
        _CRITICAL,
        0,
        0,
        conflicting_readings,
        to_do="Read the temperature at the container itself, then see whether the logger's clock was set back, or "
        f"another device has its id. {KEEP}",
        to_do_empty="See whether the logger's clock was set back, or another device has its id; put no lot there "
        "meanwhile.",
        is_so="has readings that contradict each other",
        was_so="had readings that contradicted each other",
        endangers_lots=True,
        lots=lots_disputed,
    ),
    Rule(
        "sensor_stuck",
        _WARNING,
        0,
        3_600,
        sensor_stuck,
        to_do="Compare the probe with another thermometer, and replace it if it does not move.",
        is_so="has a sensor that may be stuck",
        was_so="had a sensor that may have been stuck",
        at=24,
        largest_at=8_760,
        ended_by_readings=True,
        inhibited=Inhibited.WHEN_ALL_ARE_SILENT,
    ),
    Rule(
        "battery_low",
        _WARNING,
        0,
        # A warmer hour lifts the voltage, so that only a day above it counts.
        86_400,
        battery_low,
        to_do="Change the logger's battery before it falls silent.",
        is_so="has a low battery",
        was_so="had a low battery",
        # Of a 3 V cell.
        at=2.5,
        largest_at=100,
        ended_by_readings=True,
        inhibited=Inhibited.ALWAYS,
    ),
    Rule(
        "calibration_due",
        _WARNING,
        0,
        0,
        calibration_due,
        to_do="Send the probe to be calibrated, and attach a calibrated one in its place.",
        at=30,
        largest_at=3_650,
    ),
    Rule(
        "clock_skew",
        _WARNING,
        0,
        3_600,
        clock_skew,
        to_do="Set the logger's clock; if readings were stamped wrongly, record a clock mend.",
        is_so="has a clock that is wrong",
        was_so="had a clock that was wrong",
        at=120,
        largest_at=604_800,
        ended_by_readings=True,
        inhibited=Inhibited.ALWAYS,
    ),
    Rule(
        FORECAST_CROSSES,
        _WARNING,
        0,
        900,
        forecast_crosses,
        to_do="Look at the door and the compressor now; if it goes on warming, move the lots before the limit is "
        "crossed.",
        to_do_empty="Look at the door and the compressor; put no lot into it meanwhile.",
        is_so="is going towards a limit",
        was_so="was going towards a limit",
        at=3_600,
        largest_at=604_800,
        endangers_lots=True,
        ended_by_readings=True,
        undecided=may_still_cross,
        inhibited=Inhibited.ALWAYS,
    ),
    Rule(
        LOT_UNMONITORED,
        _CRITICAL,
        # Time to attach a logger to what was packed just now.
        900,
        0,
        lot_unmonitored,
        to_do="Attach a logger, or commission the one that is attached; else move the lots to a container that is "
        f"measured. {KEEP}",
        to_do_empty="Attach a logger before a lot is put into it.",
        to_do_nowhere="Record on its page where it is, or, if it is used up or gone, that its life has ended. If you "
        "have it in hand, keep it cold, set it apart, tell quality; do not discard.",
        is_so="has lots in it and no probe that counts: nothing measures their temperature",
        was_so="had lots in it and no probe that counted: nothing measured their temperature",
        endangers_lots=True,
    ),
    Rule(
        PROBE_NOT_COMMISSIONED,
        _WARNING,
        # A probe in a buffer takes that long to settle; a shift does not end before it.
        7_200,
        0,
        probe_not_commissioned,
        to_do="Hold what the probe shows against a thermometer that you trust. Once the two agree, confirm on the page "
        "of the container that it has settled; else take it out.",
        is_so="has a probe that sends and is not commissioned, so that its readings do not count",
        was_so="had a probe that sent and was not commissioned, so that its readings did not count",
    ),
)

#: Asked of each site now and then, as what is swept.
SITE_RULES: tuple[Rule[SiteFacts], ...] = (
    Rule(
        CHECK_MISSING,
        _INFO,
        0,
        0,
        check_missing,
        to_do="Look at the page of the morning check, and record that it was seen.",
        is_so="lacks its morning check",
        was_so="lacked its morning check",
    ),
    Rule(
        SHIPMENT_OVERDUE,
        _WARNING,
        # A van in traffic is no matter; in dry ice nothing warms within the hour.
        3_600,
        0,
        shipment_overdue,
        to_do="Ask the carrier, by its waybill, where it is, and the other site whether it has it. If it has arrived, "
        "receive it on its page; if it came back, cancel it there. What is in it stays not proven meanwhile: do not "
        "discard it.",
        is_so="has a shipment that is overdue",
        was_so="had a shipment that was overdue",
    ),
)

#: Of the on-call file, or a calendar of it.
ON_CALL_UNUSABLE = "on_call_unusable"

#: Of a container or a lot that the evaluator cannot judge.
NOT_JUDGED = "not_judged"

#: Of the audit trail.
TRAIL_UNSEALED, TRAIL_BROKEN = "trail_unsealed", "trail_broken"

#: Of the service itself: subjects ``service:…`` and ``receiver:…``, and what it cannot do its work for.
SERVICE_RULES: tuple[Rule[ServiceFacts], ...] = (
    Rule(
        "ingest_behind",
        _CRITICAL,
        # Counted from when `alerts` itself began to look: whatever starts together with it is given time.
        60,
        60,
        part_is_in_trouble,
        to_do="Tell whoever runs this service: see that ingest, the broker and the database are up. "
        "What loggers send is kept meanwhile, and no lot is called usable for want of readings.",
        is_so="is behind",
        was_so="was behind",
    ),
    Rule(
        "evaluator_behind",
        _CRITICAL,
        0,
        60,
        part_is_in_trouble,
        to_do="Tell whoever runs this service: see that the evaluator is up. Until it is, no lot gets a good answer.",
        is_so="is behind",
        was_so="was behind",
    ),
    Rule(
        NOT_JUDGED,
        _CRITICAL,
        # What was so for a moment, such as a full disk of the database, is judged when it is tried again.
        15,
        0,
        part_is_in_trouble,
        to_do="Read the temperature at the container itself: what its loggers send is kept, and nobody judges it. Tell "
        f"whoever runs this service: once what is named is mended, it is judged within a minute or two. {KEEP}",
        is_so="cannot be judged",
        was_so="could not be judged",
    ),
    Rule(
        "messages_set_aside",
        _WARNING,
        0,
        0,
        part_is_in_trouble,
        to_do="Tell whoever runs this service: read them with `unbroken rejected set-aside`, mend what the "
        "database refuses, have them sent again, and take their files away.",
        is_so="has set messages aside that the database does not take",
        was_so="had set messages aside that the database does not take",
    ),
    Rule(
        CLOCKS_DISAGREE,
        _CRITICAL,
        0,
        60,
        part_is_in_trouble,
        to_do="Tell whoever runs this service: set the clock that is named, and keep all of them by NTP. "
        "Until they agree, no lot gets a good answer; `unbroken doctor` compares them.",
        is_so="disagree",
        was_so="disagreed",
    ),
    Rule(
        TRAIL_BROKEN,
        _CRITICAL,
        0,
        0,
        part_is_in_trouble,
        to_do="Tell quality and whoever runs this service: copy the database as it is, and run `unbroken audit "
        "verify` with the last head that the monitor outside was told. Until it is known what was changed, no answer "
        "is proven.",
        is_so="is not what it was when it was sealed: somebody changed the past, or an older state was restored",
        was_so="was not what it was when it was sealed",
    ),
    Rule(
        TRAIL_UNSEALED,
        _WARNING,
        60,
        60,
        part_is_in_trouble,
        to_do="Tell whoever runs this service: see in the log of alerts what the sealer says, and whether a "
        "transaction of the database has been open for long. What people record is kept meanwhile, and sealed later.",
        is_so="is not sealed",
        was_so="was not sealed",
    ),
    Rule(
        "delivery_failing",
        _CRITICAL,
        0,
        300,
        part_is_in_trouble,
        to_do="Tell whoever keeps the on-call file: this receiver is not reached, so others must be.",
        is_so="cannot be told anything",
        was_so="could not be told anything",
    ),
    Rule(
        ON_CALL_UNUSABLE,
        _WARNING,
        # A file is not whole while it is written.
        20,
        0,
        part_is_in_trouble,
        to_do="Tell whoever keeps the on-call file: people are called as it was before. "
        "`unbroken on-call --check` says what is wrong, and who is on call.",
        is_so="cannot be used as it is, and what could be used last stays in force",
        was_so="could not be used as it was, and what could be used last stayed in force",
    ),
)


def container_rules() -> tuple[Rule[ContainerFacts], ...]:
    """The rules about containers and lots: these can differ by profile and container."""
    return LIMIT_RULES + SWEPT_RULES


def causes() -> tuple[str, ...]:
    """Every cause there is, of containers first."""
    return tuple(rule.cause for rule in _all_rules())


def _all_rules() -> tuple[AnyRule, ...]:
    return (*container_rules(), *SITE_RULES, *SERVICE_RULES)


def container_rule(cause: str) -> Rule[ContainerFacts]:
    """The rule of a cause that a container can have; KeyError: there is none."""
    return {rule.cause: rule for rule in container_rules()}[cause]


def rule_of(cause: str) -> AnyRule | None:
    """The rule of a cause; None: it is not known here, as a newer process may have written it."""
    return next((rule for rule in _all_rules() if rule.cause == cause), None)


def causes_that_endanger_lots() -> list[str]:
    """The causes by which lots in the container are at stake."""
    return sorted(rule.cause for rule in container_rules() if rule.endangers_lots)


def inhibited_by_silence(*, of_all: bool) -> list[str]:
    """The causes that say nothing new of a container while its loggers are silent; `of_all`: all of them are."""
    when = {Inhibited.ALWAYS, Inhibited.WHEN_ALL_ARE_SILENT} if of_all else {Inhibited.ALWAYS}
    return [rule.cause for rule in container_rules() if rule.inhibited in when]
