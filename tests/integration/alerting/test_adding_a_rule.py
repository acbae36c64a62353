"""A rule is added as docs/alerts.md says."""

import re
from pathlib import Path
from typing import Any

import pytest

from service.domain.alerting import rule_table
from service.domain.alerting.details import ProbeName, Probes
from service.domain.alerting.lifecycle import Finding
from service.domain.alerting.rules import ContainerFacts, Rule
from service.domain.severity import Severity
from service.evaluator.alerting.sweep import sweep
from service.store.alerting.history import alerts_listed
from service.store.pool import Connection
from service.store.registry.profiles import all_profiles
from service.web.alerting.views import what_is_said
from tests.alarms import alerts_in_words
from tests.scenario import Scenario, at, at_us, course
from tests.telling import Clock, Noted, telling, until


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> Rule[ContainerFacts]:
    """The rule of the worked example, as the page has it, in the table of those that are swept."""
    page = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")
    function, entry = re.findall(r"```python\n(.*?)```", page.partition("## Adding a rule")[2], re.DOTALL)[:2]
    names: dict[str, Any] = {
        "ContainerFacts": ContainerFacts,
        "Finding": Finding,
        "ProbeName": ProbeName,
        "Probes": Probes,
        "Rule": Rule,
        "Severity": Severity,
    }
    exec(function, names)  # noqa: S102  our own page
    rule: Rule[ContainerFacts] = eval(entry, names)  # noqa: S307  our own page
    monkeypatch.setattr(rule_table, "SWEPT_RULES", (*rule_table.SWEPT_RULES, rule))
    return rule


def test_the_worked_example_fires_and_is_told(
    connection: Connection, database_url: str, added: Rule[ContainerFacts]
) -> None:
    """One function and one entry: people hear of it, of what to do, and that it is over."""
    scenario = Scenario(connection)
    scenario.container("freezer", loggers=["L1"])
    scenario.lot("lot", "freezer")
    scenario.store(course("L1", [-80.0] * 4))
    profiles = all_profiles(connection)
    sweep(connection, profiles, at_us(16))
    of_cause = f"WHERE cause = '{added.cause}'"
    assert [row["state"] for row in alerts_in_words(connection, of_cause)] == ["pending"]
    scenario.store(course("L1", [-80.0] * 3, start=20))
    sweep(connection, profiles, at_us(16 + added.delay_s / 60))  # type: ignore[operator]  # it has one
    [alert] = alerts_in_words(connection, of_cause)
    said = "Freezer (site) is watched by one probe alone: logger L1; 1 lot: lot"
    assert (alert["state"], alert["severity"], alert["summary"]) == ("firing", "warning", said)
    log = Noted()
    with telling(database_url, log, clock=Clock(at(27))):
        until(lambda: log.taken)
        scenario.attach_new("freezer", "L2", 28)
        sweep(connection, profiles, at_us(28))
        until(lambda: len(log.taken) == 2)
    first, over = log.taken
    assert first.subject.startswith(f"WARNING: {said}; since ")
    assert "What to do: Attach a second probe, so that one may fail." in first.text
    assert over.subject.startswith("OVER since ")
    [record] = [one for one in alerts_listed(connection) if one.cause == added.cause]
    assert what_is_said(record) == "Freezer (The site) was watched by one probe alone: logger L1"
