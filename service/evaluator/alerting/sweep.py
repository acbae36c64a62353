"""The sweep: now and then all containers are looked at, for what time alone makes true. No reading tells of silence."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import structlog

from service.answers.forecasts import forecast_in
from service.domain.alerting.conflict_rules import CONFLICTING_READINGS, NEWS_S
from service.domain.alerting.lifecycle import AlertState
from service.domain.alerting.logger_rules import LOGGER_SILENT, last_heard_us, usual_interval_s
from service.domain.alerting.lot_rules import (
    FORECAST_CROSSES,
    LOT_UNMONITORED,
    foretold_limits,
    is_beyond,
    lot_in_no_container,
    may_cross,
)
from service.domain.alerting.rule_table import SWEPT
from service.domain.alerting.rules import Alerting, Conflicts, ContainerFacts, Judged, Probe, asked, overridden
from service.domain.instant import SECOND_US, from_datetime
from service.domain.intake.refusals import Refused, refused_since
from service.domain.profiles import Profile
from service.domain.series.forecast import Forecast, forecast_text
from service.domain.series.health import clock_lag_us, latest_battery_v, together
from service.domain.series.quality import Quality
from service.evaluator.alerting.findings import Subject, container_subject, settle, whatever_becomes_of
from service.store.alerting import alerts
from service.store.alerting.overrides import alerting_of, profile_overrides
from service.store.alerting.sweep import (
    Watching,
    hearing_since_us,
    interpret_queries,
    lots_now,
    lots_nowhere,
    watching_now,
)
from service.store.exposure import generations
from service.store.exposure.records import load_ends
from service.store.intake.refusals import forget_refusals, refusals_since
from service.store.pool import Connection
from service.store.registry.containers import containers
from service.store.series.conflicts import conflicts_since, lots_in

log = structlog.get_logger()

#: Ingest that was started together with this process has so long to say that it hears.
_STARTS_S = 600.0
_STARTED_S = time.monotonic()

#: No alert began before 1970, nor does one begin later than tomorrow, nor wait for longer than ten years: what is
#: recorded may say otherwise, and no date holds it.
_TOMORROW_US, _LONGEST_S = 86_400 * SECOND_US, 3_650 * 86_400

#: Refusals are told, and kept, for so long.
_REFUSALS_US = 7 * 86_400 * SECOND_US

#: Of these, what was measured last decides, however long ago: silence ends none of them.
_BY_READINGS = frozenset({"sensor_fault", "sensor_stuck", "battery_low", "clock_skew", "forecast_crosses"})

[_SILENT] = [rule for rule in SWEPT if rule.cause == LOGGER_SILENT]

#: Open alerts of swept causes, by subject and cause.
_Open = Mapping[str, Mapping[str, alerts.Row]]


def sweep(connection: Connection, profiles: Mapping[tuple[str, int], Profile], now_us: int) -> int:
    """Ask the swept rules of every container and every lot in none, in one transaction; how many containers it saw."""
    with connection.transaction():
        generations.hold_generation(connection)
        interpret_queries(connection)
        open_alerts = _open_alerts(connection)
        swept = containers(connection)
        ids = [container.id for container in swept]
        watching, lots = watching_now(connection, now_us), lots_now(connection, now_us)
        records, alerting = load_ends(connection, ids), alerting_of(connection, ids)
        hearing_us = _hearing_us(connection, now_us)
        conflicts = conflicts_since(connection, now_us - NEWS_S * SECOND_US)
        refusals = _refusals(connection, watching, now_us)
        for container in swept:
            container_id = container.id
            with whatever_becomes_of(f"container:{container_id}"):
                profile = profiles[container.profile_key]
                facts = ContainerFacts(
                    container_id,
                    container.kind,
                    profile,
                    records.get((container_id, profile.max_gap_s)),
                    lots.get(container_id, ()),
                    now_c=_now_c(watching.get(container_id, ())),
                    probes=_probes(watching.get(container_id, ()), refusals),
                    due_us=alerting[container_id].due_us,
                    hearing_us=hearing_us,
                    conflicts=conflicts.get(container_id, ()),
                    conflicting_lot_ids=_lots_disputed(connection, container_id, conflicts, now_us),
                )
                subject = container_subject(container, facts.lot_ids)
                known = open_alerts.get(subject.key, {})
                judged = _judge(connection, facts, alerting[container_id], known, now_us)
                _settle(connection, subject, [x for x in judged if x.cause != CONFLICTING_READINGS], known, now_us)
                # These may be about a time in which other lots were there.
                subject = container_subject(container, facts.conflicting_lot_ids)
                _settle(connection, subject, [x for x in judged if x.cause == CONFLICTING_READINGS], known, now_us)
        _sweep_lots(connection, open_alerts, now_us)
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


def _hearing_us(connection: Connection, now_us: int) -> int | None:
    since_us = hearing_since_us(connection, now_us)
    # Ingest that stays away is an alert of its own, and no reason to be silent about its loggers for ever.
    if since_us == now_us and time.monotonic() - _STARTED_S > _STARTS_S:
        return None
    return since_us


def _open_alerts(connection: Connection) -> _Open:
    swept = {rule.cause for rule in SWEPT}
    found: defaultdict[str, dict[str, alerts.Row]] = defaultdict(dict)
    for row in alerts.open_alerts(connection):
        if row["cause"] in swept:
            found[row["subject"]][row["cause"]] = row
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


def _now_c(watching: Iterable[Watching]) -> float | None:
    """The newest number any of them measured."""
    newest = []
    for one in watching:
        numbers = np.flatnonzero(one.qualities == Quality.OK)
        if len(numbers):
            newest.append((int(one.heard.measured_us[numbers[-1]]), float(one.temperatures_c[numbers[-1]])))
    return max(newest, default=(0, None))[1]


def _judge(
    connection: Connection, facts: ContainerFacts, alerting: Alerting, known: Mapping[str, alerts.Row], now_us: int
) -> list[Judged]:
    """What the swept rules say; of a cause whose alert is to stay as it is, nothing."""
    heard_us = max((at_us for probe in facts.probes if (at_us := last_heard_us(probe)) is not None), default=None)
    facts = replace(facts, silent_after_s=overridden(_SILENT, alerting.overrides).delay_s)
    judged = []
    for given in SWEPT:
        rule = overridden(given, alerting.overrides)
        looked = facts
        if rule.cause == FORECAST_CROSSES and not rule.off and (is_beyond(facts) or _is_unmeasured(facts)):
            # What was foretold has come, or nothing tells any more whether it has: that is no end of it.
            continue
        if rule.cause == FORECAST_CROSSES and may_cross(rule, facts):
            looked = _with_forecast(connection, facts, now_us)
        one = asked(rule, looked, now_us)
        if rule.cause == LOGGER_SILENT and _is_still_told(known) and one.found is None and facts.hearing_us is not None:
            deaf = asked(rule, replace(facts, hearing_us=None), now_us)
            if deaf.found is not None:
                # It was silent before, and nobody has listened for long enough to say that it is no longer.
                continue
        if not rule.off and one.found is None and rule.cause in _BY_READINGS:
            one = replace(one, calm_until_us=heard_us)
        judged.append(one)
    return judged


def _is_unmeasured(facts: ContainerFacts) -> bool:
    """Whether lots are in a container of which no probe tells how warm it is."""
    return bool(facts.lot_ids) and not facts.probes


def _is_still_told(known: Mapping[str, alerts.Row]) -> bool:
    return LOGGER_SILENT in known and known[LOGGER_SILENT]["state"] != AlertState.PENDING


def _with_forecast(connection: Connection, facts: ContainerFacts, now_us: int) -> ContainerFacts:
    limits = [(limit, None) for limit in foretold_limits(facts)]
    with connection.transaction():
        found = forecast_in(connection, facts.container_id, limits, facts.profile.max_gap_s, now_us)
    if not isinstance(found, Forecast) or found.crosses is None:
        return facts
    return replace(facts, forecast_text=forecast_text(found), crosses_in_s=found.crosses.earliest_s)


def _sweep_lots(connection: Connection, open_alerts: _Open, now_us: int) -> None:
    """Lots in no container; and those that were, and are no longer."""
    nowhere = {f"lot:{one.lot_id}": one for one in lots_nowhere(connection, now_us)}
    overrides = profile_overrides(connection, {one.profile_id for one in nowhere.values()})
    [given] = [rule for rule in SWEPT if rule.cause == LOT_UNMONITORED]
    for key, one in nowhere.items():
        with whatever_becomes_of(key):
            rule = overridden(given, (overrides.get(one.profile_id, {}),))
            found = None if rule.off else lot_in_no_container(rule, one.since_us, now_us)
            judged = Judged(rule.cause, rule.recovers_s, found)
            subject = Subject(key, f"Lot {one.lot_number}", None, one.site_id, (one.lot_id,))
            _settle(connection, subject, [judged], open_alerts.get(key, {}), now_us)
    for key in open_alerts.keys() - nowhere.keys():
        if key.startswith("lot:"):
            with whatever_becomes_of(key):
                [row] = open_alerts[key].values()
                subject = Subject(key, row["name"], None, row["site_id"], tuple(row["lot_ids"]))
                judged = Judged(given.cause, given.recovers_s, None)
                _settle(connection, subject, [judged], open_alerts[key], now_us)


def _settle(
    connection: Connection, subject: Subject, judged: Iterable[Judged], known: Mapping[str, alerts.Row], now_us: int
) -> None:
    """Settle what holds or has an alert: of a thousand quiet containers none costs a query."""
    news = [
        _since_it_began(_clipped(one, now_us), known.get(one.cause))
        for one in judged
        if one.found or one.cause in known
    ]
    if news:
        # A savepoint: what fails here is undone here.
        with connection.transaction():
            settle(connection, subject, news, now_us)


def _clipped(judged: Judged, now_us: int) -> Judged:
    """With dates that can be."""
    found = judged.found
    if found is None:
        return judged
    since_us = min(max(found.since_us, 0), now_us + _TOMORROW_US)
    return replace(judged, found=replace(found, since_us=since_us, delay_s=min(found.delay_s, _LONGEST_S)))


def _since_it_began(judged: Judged, row: alerts.Row | None) -> Judged:
    """What a rule sees only as it is now has been so since it was first seen."""
    if judged.found is None or row is None or row["state"] != AlertState.PENDING:
        return judged
    since_us = min(judged.found.since_us, from_datetime(row["began_at"]))
    return replace(judged, found=replace(judged.found, since_us=since_us))
