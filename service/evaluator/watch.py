"""The sweep: now and then all containers are looked at, for what time alone makes true. No reading tells of silence."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from service.domain.container import Record, with_declared
from service.domain.forecast import Forecast, forecast_text
from service.domain.health import clock_lag_us, latest_battery_v, together
from service.domain.instant import from_datetime
from service.domain.lifecycle import AlertState
from service.domain.logger_rules import last_heard_us, usual_interval_s
from service.domain.lot_rules import (
    FORECAST_CROSSES,
    LOT_UNMONITORED,
    foretold_limits,
    lot_in_no_container,
    may_cross,
)
from service.domain.profiles import Profile
from service.domain.quality import Quality
from service.domain.rule_table import SWEPT
from service.domain.rules import Alerting, ContainerFacts, Judged, Probe, asked, overridden
from service.evaluator.alarms import Subject, container_subject, settle
from service.evaluator.forecasts import forecast_in
from service.store import alerts, generations, registry
from service.store.alerting import alerting_of, profile_overrides
from service.store.pool import Connection
from service.store.records import Records, load_ends
from service.store.watch import Watching, interpret_queries, lots_now, lots_nowhere, watching_now

#: Of these, what was measured last decides, however long ago: silence ends none of them.
_BY_READINGS = frozenset({"sensor_fault", "sensor_stuck", "battery_low", "clock_skew", "forecast_crosses"})

#: Open alerts of swept causes, by subject and cause.
_Open = Mapping[str, Mapping[str, alerts.Row]]


def sweep(connection: Connection, profiles: Mapping[tuple[str, int], Profile], now_us: int) -> int:
    """Ask the swept rules of every container and every lot in none, in one transaction; how many containers it saw."""
    with connection.transaction():
        generations.hold_generation(connection)
        interpret_queries(connection)
        open_alerts = _open_alerts(connection)
        rows = registry.containers(connection)
        ids = [row["id"] for row in rows]
        watching, lots = watching_now(connection, now_us), lots_now(connection, now_us)
        records, alerting = load_ends(connection, ids), alerting_of(connection, ids)
        for row in rows:
            container_id, profile = row["id"], profiles[row["profile_id"], row["profile_version"]]
            facts = ContainerFacts(
                container_id,
                row["kind"],
                profile,
                _record(row, profile, records),
                lots.get(container_id, ()),
                now_c=_now_c(watching.get(container_id, ())),
                probes=_probes(watching.get(container_id, ())),
                due_us=alerting[container_id].due_us,
            )
            subject = container_subject(row, facts.lot_ids)
            _settle(connection, subject, _judge(connection, facts, alerting[container_id], now_us), open_alerts, now_us)
        _sweep_lots(connection, open_alerts, now_us)
    return len(rows)


def _open_alerts(connection: Connection) -> _Open:
    swept = {rule.cause for rule in SWEPT}
    found: defaultdict[str, dict[str, alerts.Row]] = defaultdict(dict)
    for row in alerts.open_alerts(connection):
        if row["cause"] in swept:
            found[row["subject"]][row["cause"]] = row
    return found


def _record(row: Mapping[str, Any], profile: Profile, records: Records) -> Record | None:
    record = records.get((row["id"], profile.max_gap_s))
    # A room with a declared temperature is measured by that, also before anybody asked.
    return record if row["declared_c"] is None else with_declared(record or Record(), row["declared_c"])


def _probes(watching: Sequence[Watching]) -> tuple[Probe, ...]:
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
        )
        for one in watching
    )


def _now_c(watching: Iterable[Watching]) -> float | None:
    """The newest number any of them measured."""
    newest = []
    for one in watching:
        numbers = np.flatnonzero(one.qualities == Quality.OK)
        if len(numbers):
            newest.append((int(one.heard.measured_us[numbers[-1]]), float(one.temperatures_c[numbers[-1]])))
    return max(newest, default=(0, None))[1]


def _judge(connection: Connection, facts: ContainerFacts, alerting: Alerting, now_us: int) -> list[Judged]:
    heard_us = max((at_us for probe in facts.probes if (at_us := last_heard_us(probe)) is not None), default=None)
    judged = []
    for given in SWEPT:
        rule = overridden(given, alerting.overrides)
        looked = facts
        if rule.cause == FORECAST_CROSSES and may_cross(rule, facts):
            looked = _with_forecast(connection, facts, now_us)
        one = asked(rule, looked, now_us)
        if not rule.off and one.found is None and rule.cause in _BY_READINGS:
            one = replace(one, calm_until_us=heard_us)
        judged.append(one)
    return judged


def _with_forecast(connection: Connection, facts: ContainerFacts, now_us: int) -> ContainerFacts:
    limits = [(limit, None) for limit in foretold_limits(facts)]
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
        rule = overridden(given, (overrides.get(one.profile_id, {}),))
        found = None if rule.off else lot_in_no_container(rule, one.since_us, now_us)
        judged = Judged(rule.cause, rule.recovers_s, found)
        subject = Subject(key, f"Lot {one.lot_number}", None, one.site_id, (one.lot_id,))
        _settle(connection, subject, [judged], open_alerts, now_us)
    for key in open_alerts.keys() - nowhere.keys():
        if key.startswith("lot:"):
            [row] = open_alerts[key].values()
            subject = Subject(key, row["name"], None, row["site_id"], tuple(row["lot_ids"]))
            _settle(connection, subject, [Judged(given.cause, given.recovers_s, None)], open_alerts, now_us)


def _settle(
    connection: Connection, subject: Subject, judged: Iterable[Judged], open_alerts: _Open, now_us: int
) -> None:
    """Settle what holds or has an alert: of a thousand quiet containers none costs a query."""
    known = open_alerts.get(subject.key, {})
    news = [_since_it_began(one, known.get(one.cause)) for one in judged if one.found or one.cause in known]
    if news:
        settle(connection, subject, news, now_us)


def _since_it_began(judged: Judged, row: alerts.Row | None) -> Judged:
    """What a rule sees only as it is now has been so since it was first seen."""
    if judged.found is None or row is None or row["state"] != AlertState.PENDING:
        return judged
    since_us = min(judged.found.since_us, from_datetime(row["began_at"]))
    return replace(judged, found=replace(judged.found, since_us=since_us))
