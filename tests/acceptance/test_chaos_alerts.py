"""Receivers that fail in every way and alerts processes killed at any moment: each alert reaches somebody, and is
repeated at most once a kill, with the same key.
"""

import random
import threading
import time
from collections import Counter

import pytest

from service.store.pool import Connection
from tests.acceptance.conftest import Service, eventually
from tests.telling import alert_for, fleet, in_hand
from tests.webhook import DIE, HANG, Answer, Webhook

pytestmark = pytest.mark.acceptance

ALERTS = 24
KILLS = 5
PROCESSES = 2

ON_CALL = """
receivers:
  pager: {{kind: webhook, url: "{pager}", timeout_s: 1}}
  chief: {{kind: webhook, url: "{chief}", timeout_s: 1}}
chains:
  all:
    - {{after_min: 0, tell: [pager]}}
    - {{after_min: {escalates_min}, tell: [chief]}}
default_chain: all
reminder_min: {{critical: 600}}
"""


def on_call(service: Service, pager: Webhook, chief: Webhook, escalates_min: float = 600) -> dict[str, str]:
    """The setting that names an on-call file with a pager first and a chief after."""
    file = service.folder / "on-call.yaml"
    file.write_text(ON_CALL.format(pager=pager.url, chief=chief.url, escalates_min=escalates_min))
    return {"UNBROKEN_ON_CALL_FILE": str(file), "UNBROKEN_EVALUATOR_BEHIND_S": "600"}


def troubled(timing: random.Random) -> list[int | Answer]:
    """What a bad network and an overworked pager answer; refusals for ever among them."""
    kinds: list[int | Answer] = [
        HANG,
        DIE,
        500,
        Answer(429, retry_after="1"),
        Answer(503, retry_after="1"),
        Answer(204, after_s=0.3),
        404,
        204,
        204,
    ]
    return [timing.choice(kinds) for _ in range(ALERTS)]


def test_every_alert_reaches_somebody(service: Service, connection: Connection, timing: random.Random) -> None:
    """However the pager fares and whoever dies: no freezer is forgotten, and a repetition can be recognised."""
    names = [f"freezer-{n}" for n in range(ALERTS)]
    fleet(connection, *names)
    with Webhook(answers=troubled(timing)) as pager, Webhook(answers=[500, HANG, 204, DIE]) as chief:
        settings = on_call(service, pager, chief)
        for n in range(PROCESSES):
            service.start("alerts", name=f"alerts {n}", **settings)

        def fire() -> None:
            for name in names:
                alert_for(connection, name, site=f"at-{name}")
                time.sleep(timing.uniform(0, 0.5))

        firing = threading.Thread(target=fire)
        firing.start()
        for n in range(PROCESSES, PROCESSES + KILLS):
            time.sleep(timing.uniform(0.2, 2.5))
            service.kill(timing.choice(sorted(service.running)))
            service.start("alerts", name=f"alerts {n}", **settings)
        firing.join()
        # A message that was in the hands of one that died waits for the end of its lease.
        eventually(lambda: in_hand(connection, ALERTS), 150, "everything is told")
        eventually(lambda: all(at_work(service, name) for name in service.running), 30, "those that live are at work")
        reached = {str(alert["container_id"]) for hook in (pager, chief) for alert in told_by(hook)}
        assert reached >= set(names)
        repeats = sum(count - 1 for hook in (pager, chief) for count in Counter(hook.taken).values())
        assert repeats <= KILLS
        assert keys_by_alert(pager) == dict.fromkeys(keys_by_alert(pager), 1), "one key for one alert and reason"


def at_work(service: Service, name: str) -> bool:
    """Whether a process has come as far as telling."""
    return "telling" in service.log(name).read_text()


def told_by(hook: Webhook) -> list[dict[str, object]]:
    """The alerts in messages it said yes to."""
    taken = set(hook.taken)
    return [alert for body in hook.bodies if body["key"] in taken for alert in body["alerts"]]


def keys_by_alert(hook: Webhook) -> dict[str, int]:
    """How many different keys the first message of each container came with."""
    keys: dict[str, set[str]] = {}
    for body in hook.bodies:
        if body["reason"] == "first":
            for alert in body["alerts"]:
                keys.setdefault(str(alert["container_id"]), set()).add(body["key"])
    return {container: len(found) for container, found in keys.items()}


def test_who_does_not_answer_is_followed_by_the_next(service: Service, connection: Connection) -> None:
    """A pager that takes the message and wakes nobody: after a while the chief hears, until somebody answers."""
    fleet(connection, "freezer")
    with Webhook() as pager, Webhook() as chief:
        service.start("alerts", **on_call(service, pager, chief, escalates_min=0.05))
        alert_id = alert_for(connection, "freezer", site="at-freezer")
        eventually(lambda: pager.reasons == ["first"], 20, "the pager is told")
        eventually(lambda: chief.reasons == ["escalated"], 20, "the chief is told")
        assert pager.bodies[0]["incident"] == chief.bodies[0]["incident"]
        connection.execute(
            "UPDATE alerts SET state = 'acknowledged', acknowledged_at = now(), acknowledged_by = 'ana' WHERE id = %s",
            [alert_id],
        )
        time.sleep(4)
        assert pager.reasons == ["first"]
        assert chief.reasons == ["escalated"]


def test_a_failing_freezer_with_forty_lots_is_one_message(service: Service, connection: Connection) -> None:
    """Whoever is woken for forty lots is woken once."""
    fleet(connection, "freezer")
    with Webhook() as pager, Webhook() as chief:
        service.start("alerts", **on_call(service, pager, chief))
        alert_for(connection, "freezer", site="at-freezer", lots=tuple(f"lot-{n}" for n in range(40)))
        eventually(lambda: pager.taken, 20, "the pager is told")
        time.sleep(3)
        assert len(pager.calls) == 1
        [alert] = pager.bodies[0]["alerts"]
        assert len(alert["lot_ids"]) == 40
        assert "40" in pager.bodies[0]["text"]


def test_a_power_cut_is_one_message(service: Service, connection: Connection) -> None:
    """Twelve freezers of a site that warm together are one trouble."""
    fleet(connection, "hall")
    for n in range(12):
        connection.execute(
            "INSERT INTO containers (id, site_id, name, kind, profile_id, profile_version) "
            "SELECT %s, site_id, %s, kind, profile_id, profile_version FROM containers WHERE id = 'hall'",
            [f"freezer-{n}", f"Freezer {n}"],
        )
    with Webhook() as pager, Webhook() as chief:
        service.start("alerts", **on_call(service, pager, chief))
        eventually(lambda: at_work(service, "alerts"), 20, "alerts is up")
        with connection.transaction():
            for n in range(12):
                alert_for(connection, f"freezer-{n}", site="at-hall")
        eventually(lambda: pager.taken, 20, "the pager is told")
        time.sleep(3)
        assert len(pager.calls) == 1
        assert len(pager.bodies[0]["alerts"]) == 12
        assert pager.bodies[0]["subject"].count("\n") == 0
        assert "12" in pager.bodies[0]["subject"]
