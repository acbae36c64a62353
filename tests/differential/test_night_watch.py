"""Nights of freezers that fail, through the real doors: somebody hears of each in time, and of no end too early."""

from datetime import UTC, datetime
from typing import Any

import pytest

from service.local.servers import LocalServers
from tests.alarms import in_words
from tests.differential.doors import Installation, installation
from tests.differential.happenings import MINUTE_US, time_of_day
from tests.differential.nights import Night, night
from tests.differential.play import BEGINS_US

_IN_CI, _IN_A_BATCH = 20, 40
_STEP_US, _STEPS = 5 * MINUTE_US, 72

#: Causes by which a warm freezer is told; `sensor_fault`: what it says cannot be.
_TELLING = ["limit_crossed", "budget_used", "sensor_fault"]

#: What is open, and whether people know: of what came back before its end was told, they do.
_OPEN = """
SELECT container_id, cause, (
    SELECT reason NOT IN ('resolved', 'past') FROM tellings JOIN alerts AS earlier ON earlier.id = alert_id
    WHERE (earlier.subject, earlier.cause) = (alerts.subject, alerts.cause) AND NOT earlier.past
    AND EXISTS (SELECT FROM notifications WHERE alert_ids @> ARRAY[earlier.id])
    ORDER BY told_at DESC, tellings.id DESC LIMIT 1
) AS told FROM alerts WHERE state <> 'resolved' AND NOT past AND cause = ANY(%s)
"""
_ENDED = """
SELECT alerts.* FROM alerts JOIN tellings ON alert_id = alerts.id
WHERE told_at = %s AND reason = 'resolved' AND cause = 'limit_crossed'
"""
_EVER = "SELECT DISTINCT container_id FROM alerts JOIN tellings ON alert_id = alerts.id WHERE cause = ANY(%s)"


def test_somebody_hears_of_every_warm_night(batch: str, servers: LocalServers, request: pytest.FixtureRequest) -> None:
    """Possibly beyond a condemning limit for its delay and a minute: told. Told as over: seen within its limits."""
    seed, _, alone = batch.partition(".")
    many = _IN_A_BATCH if request.config.getoption("--soak") else _IN_CI
    steps_us = [BEGINS_US + _STEP_US * number for number in range(1, _STEPS)]
    numbers = [int(alone)] if alone else range(many)
    nights = [night(int(seed) * 1_000 + number, f"n{number}", BEGINS_US, steps_us) for number in numbers]
    with installation(servers, "nights", datetime.fromtimestamp(BEGINS_US / 1e6, UTC)) as doors:
        doors.set(BEGINS_US)
        for one in nights:
            for act in one.furnish():
                answer = doors.act(act)
                assert answer.is_success, answer.text
                act.fact(one.facts)
        for was_us, now_us in zip([BEGINS_US, *steps_us], steps_us, strict=False):
            _step(doors, nights, was_us, now_us)
    failed = [(number, one) for number, one in zip(numbers, nights, strict=True) if one.wrong]
    if failed:
        names = ",".join(f"{seed}.{number}" for number, _ in failed)
        _, first = failed[0]
        pytest.fail(f"COURSES={names}; the first of them:\n{_story(first)}", pytrace=False)


def _step(doors: Installation, nights: list[Night], was_us: int, now_us: int) -> None:
    doors.set(now_us)
    sent = {one.name: list(one.readings(was_us, now_us)) for one in nights}
    for one in nights:
        for readings in sent[one.name]:
            one.facts.hear(readings.probe, readings.values)
            one.told.append(readings.says)
        for act in one.acts_at(now_us):
            if doors.act(act).is_success:
                act.fact(one.facts)
                one.told.append(f"{time_of_day(now_us)} {act.says}")
    doors.publish(readings for some in sent.values() for readings in some)
    doors.evaluate()
    doors.sweep_in_batches()
    alerts = _by_container(doors, _OPEN, [_TELLING])
    ended = _by_container(doors, _ENDED, [doors.clock()])
    ever = _by_container(doors, _EVER, [_TELLING])
    for one in nights:
        over = [in_words(row)["summary"] for row in ended.get(one.name, [])]
        one.told += [f"{time_of_day(now_us)} told as over: {text}" for text in over]
        one.look(now_us, alerts.get(one.name, []), over, ever_told=one.name in ever)


def _by_container(doors: Installation, statement: str, values: list[Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in doors.connection.execute(statement, values).fetchall():
        found.setdefault(row["container_id"], []).append(row)
    return found


def _story(one: Night) -> str:
    limits = [
        f"above {x.threshold_c:g} ({x.alarm_delay_s} s)" for p in (one.profile, one.lot_profile) for x in p.limits
    ]
    ranges = [f"{probe.logger} {probe.range_c}" for probe in one.probes]
    return "\n".join([f"limits {limits}, ranges {ranges}", *one.told, "", "What is wrong:", *one.wrong[:8]])
