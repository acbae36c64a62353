"""The sweep: now and then all containers are looked at, for what time alone makes true. No reading tells of silence."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import structlog

from service.answers.forecasts import forecast_in
from service.domain.alerting import rule_table
from service.domain.alerting.conflict_rules import TOLD_WITHIN_S
from service.domain.alerting.lifecycle import AlertState
from service.domain.alerting.logger_rules import LOGGER_SILENT, last_heard_us, usual_interval_s
from service.domain.alerting.lot_rules import (
    FORECAST_CROSSES,
    LOT_UNMONITORED,
    foretold_limits,
    lot_in_no_container,
    may_cross,
)
from service.domain.alerting.rules import (
    Alerting,
    Conflicts,
    ContainerFacts,
    Probe,
    RuleOutcome,
    outcome_of,
    overridden,
)
from service.domain.instant import SECOND_US, from_datetime
from service.domain.intake.refusals import Refused, refused_since
from service.domain.profiles import Profile
from service.domain.series.bounded import Bounded, of_reading
from service.domain.series.forecast import Forecast
from service.domain.series.health import clock_lag_us, latest_battery_v, together
from service.domain.series.quality import Quality
from service.evaluator.alerting.findings import Subject, apply_findings, container_subject, isolate_failure
from service.evaluator.alerting.site_sweep import sweep_sites
from service.store.alerting.alerts import OpenAlert, open_alerts
from service.store.alerting.lots_now import given_up_now, lots_now, nested_lots_now, unplaced_lots
from service.store.alerting.overrides import alerting_of, profile_overrides
from service.store.alerting.sweep import (
    Watching,
    ingest_up_since_us,
    interpret_queries,
    watching_now,
)
from service.store.exposure import generations
from service.store.exposure.ends import load_ends
from service.store.intake.refusals import forget_refusals, refusals_since
from service.store.pool import Connection
from service.store.registry.attached_probes import waiting_probes
from service.store.registry.containers import containers
from service.store.registry.nestings import containers_that_judge
from service.store.series.conflicts import conflicts_since, lots_in
from service.store.shipments.under_way import containers_under_way

log = structlog.get_logger()

#: Ingest that was started together with this process has this long to say that it hears.
_STARTS_S = 600.0
_STARTED_S = time.monotonic()

#: No alert began before 1970, nor does one begin later than tomorrow, nor wait for longer than ten years: what is
#: recorded may say otherwise, and no date holds it.
_TOMORROW_US, _LONGEST_S = 86_400 * SECOND_US, 3_650 * 86_400

#: Refusals are told, and kept, for this long.
_REFUSALS_US = 7 * 86_400 * SECOND_US

#: Open alerts of swept causes, by subject and cause.
_Open = Mapping[str, Mapping[str, OpenAlert]]


def sweep(
    connection: Connection,
    profiles: Mapping[tuple[str, int], Profile],
    now_us: int,
    *,
    running_s: float | None = None,
) -> int:
    """Ask the swept rules of every container and every lot in none, in one transaction; how many containers it saw.

    Args:
        running_s: how long this process has run; None: since it loaded this.
    """
    running_s = time.monotonic() - _STARTED_S if running_s is None else running_s
    with connection.transaction():
        generations.hold_generation(connection)
        interpret_queries(connection)
        known_alerts = _open_alerts(connection)
        swept = containers(connection)
        ids = [container.id for container in swept]
        watching, lots = watching_now(connection, now_us), lots_now(connection, now_us)
        given_up, judges = given_up_now(connection, now_us), _judges_of_nested(connection, now_us)
        records, alerting = load_ends(connection, ids), alerting_of(connection, ids)
        up_since_us = _ingest_up_since_us(connection, now_us, running_s)
        conflicts = conflicts_since(connection, now_us - TOLD_WITHIN_S * SECOND_US)
        under_way = containers_under_way(connection, now_us)
        refusals, waiting = _refusals(connection, watching, now_us), waiting_probes(connection, now_us)
        for container in swept:
            container_id = container.id
            with isolate_failure(f"container:{container_id}"):
                profile = profiles[container.profile_key]
                now = _now(watching.get(container_id, ()))
                facts = ContainerFacts(
                    container_id,
                    container.kind,
                    profile,
                    records.get((container_id, profile.max_gap_s)),
                    lots.get(container_id, ()),
                    now_c=None if now is None else now.temperature_c,
                    now_is=None if now is None else now.bound,
                    probes=_probes(watching.get(container_id, ()), refusals),
                    due_us=under_way.get(container_id, alerting[container_id].due_us),
                    under_way=container_id in under_way,
                    ingest_up_since_us=up_since_us,
                    conflicts=conflicts.get(container_id, ()),
                    waiting=tuple(waiting.get(container_id, ())),
                    conflicting_lot_ids=_lots_disputed(connection, container_id, conflicts, now_us),
                    given_up_ids=given_up,
                    judged_elsewhere_ids=frozenset(
                        x for x in lots.get(container_id, ()) if judges.get(x, container_id) != container_id
                    ),
                )
                known = known_alerts.get(f"container:{container_id}", {})
                outcomes = _outcomes(connection, facts, alerting[container_id], known, now_us)
                for lot_ids, some in outcomes.items():
                    _apply(connection, container_subject(container, lot_ids), some, known, now_us)
        _sweep_lots(connection, known_alerts, now_us)
        sweep_sites(connection, known_alerts, now_us)
    return len(swept)


def _lots_disputed(
    connection: Connection, container_id: str, conflicts: Mapping[str, Sequence[Conflicts]], now_us: int
) -> tuple[str, ...]:
    """The lots that were in a container when its loggers said two things."""
    if container_id not in conflicts:
        return ()
    some = conflicts[container_id]
    from_us, until_us = min(one.from_us for one in some), max(one.until_us for one in some)
    return lots_in(connection, container_id, from_us, until_us, now_us)


def _judges_of_nested(connection: Connection, now_us: int) -> dict[str, str]:
    """By lot in a container that is in another, the container that judges it now."""
    nested = nested_lots_now(connection, now_us)
    who = containers_that_judge(connection, nested) if nested else {}
    judge = {
        container_id: next(one.container_id for one in some if one.from_us <= now_us < one.until_us)
        for container_id, some in who.items()
    }
    return {lot_id: judge[container_id] for container_id, lot_ids in nested.items() for lot_id in lot_ids}


def _ingest_up_since_us(connection: Connection, now_us: int, running_s: float) -> int | None:
    since_us = ingest_up_since_us(connection, now_us)
    # Ingest that stays away is an alert of its own, and no reason to be silent about its loggers for ever.
    if since_us == now_us and running_s > _STARTS_S:
        return None
    return since_us


def _open_alerts(connection: Connection) -> _Open:
    swept = {rule.cause for rule in rule_table.SWEPT_RULES} | {rule.cause for rule in rule_table.SITE_RULES}
    found: defaultdict[str, dict[str, OpenAlert]] = defaultdict(dict)
    for alert in open_alerts(connection):
        if alert.cause in swept:
            found[alert.subject][alert.cause] = alert
    return found


def _refusals(
    connection: Connection, watching: Mapping[str, Sequence[Watching]], now_us: int
) -> Mapping[str, Sequence[Refused]]:
    since_us = now_us - _REFUSALS_US
    forget_refusals(connection, since_us)
    logger_ids = sorted({one.logger_id for probes in watching.values() for one in probes})
    return refusals_since(connection, logger_ids, since_us)


def _probes(watching: Sequence[Watching], refusals: Mapping[str, Sequence[Refused]]) -> tuple[Probe, ...]:
    of_logger = defaultdict(list)
    for one in watching:
        of_logger[one.logger_id].append(one.heard)
    loggers = {logger_id: together(heard) for logger_id, heard in of_logger.items()}
    lag_us = {logger_id: clock_lag_us(heard) for logger_id, heard in loggers.items()}
    battery_v = {logger_id: latest_battery_v(heard) for logger_id, heard in loggers.items()}
    return tuple(
        Probe(
            one.logger_id,
            one.probe,
            usual_interval_s(one.heard.measured_us, one.arrived_us),
            int(one.heard.measured_us[-1]) if len(one.heard.measured_us) else None,
            one.heard.measured_us,
            one.temperatures_c,
            one.qualities,
            battery_v[one.logger_id],
            lag_us[one.logger_id],
            one.calibration_due_us,
            refused_since(refusals.get(one.logger_id, ()), _arrived_us(one)),
        )
        for one in watching
    )


def _arrived_us(one: Watching) -> int | None:
    """When something of a probe arrived last, by our clock; None: nothing ever did."""
    return int(one.heard.received_us.max()) if len(one.heard.received_us) else None


def _now(watching: Iterable[Watching]) -> Bounded | None:
    """The newest reading of any of them that proves something."""
    newest = []
    for one in watching:
        proving = np.flatnonzero(one.qualities <= Quality.LO)
        if len(proving):
            quality, temperature_c = Quality(int(one.qualities[proving[-1]])), float(one.temperatures_c[proving[-1]])
            found = of_reading(temperature_c, quality, one.range_min_c, one.range_max_c)
            newest.append((int(one.heard.measured_us[proving[-1]]), found))
    return max(newest, key=lambda pair: pair[0], default=(0, None))[1]


def _outcomes(
    connection: Connection, facts: ContainerFacts, alerting: Alerting, known: Mapping[str, OpenAlert], now_us: int
) -> Mapping[tuple[str, ...], list[RuleOutcome]]:
    """What the swept rules say, by the lots they say it of; of a cause whose alert is to stay as it is, nothing."""
    heard_us = max((at_us for probe in facts.probes if (at_us := last_heard_us(probe)) is not None), default=None)
    silent = overridden(rule_table.container_rule(LOGGER_SILENT), alerting.overrides)
    facts = replace(facts, silent_after_s=silent.delay_s)
    outcomes: defaultdict[tuple[str, ...], list[RuleOutcome]] = defaultdict(list)
    for given in rule_table.SWEPT_RULES:
        rule = overridden(given, alerting.overrides)
        looked = facts
        if rule.cause == FORECAST_CROSSES and may_cross(rule, facts):
            looked = _with_forecast(connection, facts, now_us)
        one = outcome_of(rule, looked, now_us)
        if not rule.off and one.found is None:
            told = rule.cause in known and known[rule.cause].state != AlertState.PENDING
            if rule.undecided is not None and rule.undecided(rule, facts, now_us, told):
                continue
            if rule.ended_by_readings:
                # Only a newer reading ends these; silence never does.
                one = replace(one, calm_until_us=heard_us)
        outcomes[facts.lot_ids if rule.lots is None else rule.lots(facts)].append(one)
    return outcomes


def _with_forecast(connection: Connection, facts: ContainerFacts, now_us: int) -> ContainerFacts:
    limits = [(limit, None) for limit in foretold_limits(facts)]
    with connection.transaction():
        found = forecast_in(connection, facts.container_id, limits, facts.profile.max_gap_s, now_us)
    if not isinstance(found, Forecast) or found.crosses is None:
        return facts
    return replace(facts, forecast=found)


def _sweep_lots(connection: Connection, known_alerts: _Open, now_us: int) -> None:
    """Lots in no container; and those that were, and are no longer."""
    unplaced = {f"lot:{one.lot_id}": one for one in unplaced_lots(connection, now_us)}
    overrides = profile_overrides(connection, {one.profile_id for one in unplaced.values()})
    given = rule_table.container_rule(LOT_UNMONITORED)
    for key, one in unplaced.items():
        with isolate_failure(key):
            rule = overridden(given, (overrides.get(one.profile_id, {}),))
            found = lot_in_no_container(rule, one.since_us, one.reason_codes, now_us)
            outcome = RuleOutcome(rule.cause, rule.recovers_s, found)
            subject = Subject(key, f"Lot {one.lot_number}", None, one.site_id, (one.lot_id,))
            _apply(connection, subject, [outcome], known_alerts.get(key, {}), now_us)
    for key in known_alerts.keys() - unplaced.keys():
        if key.startswith("lot:"):
            with isolate_failure(key):
                [alert] = known_alerts[key].values()
                subject = Subject(key, alert.name, None, alert.site_id, alert.lot_ids)
                outcome = RuleOutcome(given.cause, given.recovers_s, None)
                _apply(connection, subject, [outcome], known_alerts[key], now_us)


def _apply(
    connection: Connection,
    subject: Subject,
    outcomes: Iterable[RuleOutcome],
    known: Mapping[str, OpenAlert],
    now_us: int,
) -> None:
    """Apply what holds or has an alert: of a thousand quiet containers none costs a query."""
    holding = [
        _since_it_began(_clipped(one, now_us), known.get(one.cause))
        for one in outcomes
        if one.found or one.cause in known
    ]
    if holding:
        # A savepoint: what fails here is undone here.
        with connection.transaction():
            apply_findings(connection, subject, holding, now_us)


def _clipped(outcome: RuleOutcome, now_us: int) -> RuleOutcome:
    """With dates that can be."""
    found = outcome.found
    if found is None:
        return outcome
    since_us = min(max(found.since_us, 0), now_us + _TOMORROW_US)
    return replace(outcome, found=replace(found, since_us=since_us, delay_s=min(found.delay_s, _LONGEST_S)))


def _since_it_began(outcome: RuleOutcome, alert: OpenAlert | None) -> RuleOutcome:
    """What a rule sees only as it is now has been so since it was first seen."""
    if outcome.found is None or alert is None or alert.state != AlertState.PENDING:
        return outcome
    since_us = min(outcome.found.since_us, from_datetime(alert.began_at))
    return replace(outcome, found=replace(outcome.found, since_us=since_us))
