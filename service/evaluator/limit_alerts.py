"""What the limits say of containers, asked with their readings."""

from collections.abc import Mapping, Sequence

from service.domain.container import threshold_of
from service.domain.instant import BEGINNING_US, SECOND_US, to_datetime
from service.domain.limit_rules import LIMIT_RULES, is_budget, share_used
from service.domain.profiles import Profile
from service.domain.rules import AtStake, ContainerFacts, Judged, asked, overridden
from service.evaluator.judging import judge_lots
from service.evaluator.settling import container_subject, settle, whatever_becomes_of
from service.store import alerts, registry
from service.store.alerting import alerting_of
from service.store.attachments import judged_attachments
from service.store.lots import lots_now_in
from service.store.pool import Connection
from service.store.records import Records, last_end_us, load_ends
from service.store.series import newest_c

_CAUSES = tuple(rule.cause for rule in LIMIT_RULES)


def update_alerts(
    connection: Connection, container_ids: Sequence[str], profiles: Mapping[tuple[str, int], Profile], now_us: int
) -> None:
    """What the limits say of these containers, and of those whose alerts are due to fire."""
    due = alerts.alarmed_containers(connection, _CAUSES, to_datetime(now_us))
    update_alerts_of(connection, sorted({*container_ids, *due}), profiles, now_us)


def containers_with_alerts(connection: Connection) -> list[str]:
    """The containers that have an alert about a limit: one that is taken over may be left too long."""
    return sorted(alerts.alarmed_containers(connection, _CAUSES))


def update_alerts_of(
    connection: Connection, container_ids: Sequence[str], profiles: Mapping[tuple[str, int], Profile], now_us: int
) -> None:
    """What the limits say of these containers."""
    if not container_ids:
        return
    records = load_ends(connection, container_ids)
    alarmed = {row["container_id"] for row in alerts.open_alerts(connection, [f"container:{x}" for x in container_ids])}
    hot = {container_id for (container_id, _), record in records.items() if record.open_beyond}
    concerned = sorted(alarmed | hot)
    if not concerned:
        return
    rows = registry.containers_by_id(connection, concerned)
    alerting = alerting_of(connection, concerned)
    attached = judged_attachments(connection, concerned)
    for container_id in concerned:
        row, overrides = rows[container_id], alerting[container_id].overrides
        profile = profiles[row["profile_id"], row["profile_version"]]
        with whatever_becomes_of(f"container:{container_id}"), connection.transaction():
            watched = [x.series_id for x in attached[container_id] if x.from_us <= now_us < x.until_us]
            facts = _facts(connection, row, profile, records, watched, now_us)
            judged = [asked(overridden(rule, overrides), facts, now_us) for rule in LIMIT_RULES]
            if watched or row["declared_c"] is not None:
                judged = [_calm(connection, one, facts, now_us) for one in judged]
            else:
                # What nothing measures any more is told of as such, if lots are in it.
                judged = [Judged(one.cause, 0, None) for one in judged]
            settle(connection, container_subject(row, facts.lot_ids), judged, now_us)


def _facts(
    connection: Connection, row: alerts.Row, profile: Profile, records: Records, watched: Sequence[int], now_us: int
) -> ContainerFacts:
    lot_ids = lots_now_in(connection, row["id"])
    of_container = {max_gap_s: record for (name, max_gap_s), record in records.items() if name == row["id"]}
    own = of_container.pop(profile.max_gap_s, None)
    return ContainerFacts(
        row["id"],
        row["kind"],
        profile,
        own,
        tuple(lot_ids),
        tuple(_at_stake(connection, lot_ids, now_us)),
        newest_c(connection, watched, now_us),
        other_records=tuple(of_container.values()),
    )


def _at_stake(connection: Connection, lot_ids: Sequence[str], now_us: int) -> list[AtStake]:
    """What is left of the budgets of lots."""
    return [
        AtStake(
            found.lot.id,
            used.limit,
            (used.remaining_us or 0) / SECOND_US,
            share_used(used.limit, used.certain_us),
        )
        for found in judge_lots(connection, lot_ids, now_us)
        for used in found.judgement.limits
        if is_budget(used.limit)
    ]


def _calm(connection: Connection, judged: Judged, facts: ContainerFacts, now_us: int) -> Judged:
    """With the time its readings prove to be within limits: silence proves nothing."""
    if judged.found is not None or facts.record is None or judged.recovers_s == 0:
        return judged
    until_us = min(facts.record.measured_until_us, now_us)
    if until_us == BEGINNING_US:
        # By a correction nothing was ever measured here, and nothing will show that it is calm.
        return Judged(judged.cause, 0, None)
    keys = [threshold_of(limit) for limit in facts.profile.limits]
    since_us = last_end_us(connection, facts.container_id, facts.profile.max_gap_s, keys)
    return Judged(judged.cause, judged.recovers_s, None, until_us, min(until_us, since_us or until_us))
