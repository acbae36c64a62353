"""How containers are now: told of many at once, worst first, as they are judged."""

import pytest

from service.answers.containers_now import ContainerNow, told_containers
from service.domain.series.quality import Quality
from service.store.paging import Part
from service.store.pool import Connection
from service.store.registry.container_list import WORST_FIRST, ChosenContainers
from service.store.registry.loggers import register_logger
from tests.alarms import add_warm
from tests.scenario import Scenario, at, course
from tests.statements import counted

#: A reading each five minutes over ten hours.
_READINGS = 121

#: The scenario is not now: whatever the database's clock says is right.
_ANY_CLOCK_US = 2**60


def _told(connection: Connection, minutes: float = 600, chosen: ChosenContainers | None = None) -> list[ContainerNow]:
    return told_containers(connection, chosen or ChosenContainers(), Part(50), at(minutes), _ANY_CLOCK_US)


@pytest.fixture
def scenario(connection: Connection) -> Scenario:
    """Freezers over ten hours: one warms, one is silent, one shows HI, one is open, one is well, and one is empty."""
    store = Scenario(connection)
    for name in ("warming", "silent", "high", "open", "well"):
        store.container(name, loggers=(f"{name}-logger",))
        store.lot(f"lot-{name}", name)
    store.container("empty", loggers=())
    steady = [-80.0] * _READINGS
    store.store(course("warming-logger", [-80.0] * 108 + [-80.0 + n for n in range(13)]))
    store.store(course("silent-logger", steady[:97]))
    store.store(course("high-logger", [*steady[:-1], "HI"]))
    store.store(course("open-logger", [*steady[:-1], -59.0]))
    store.store(course("well-logger", [*steady[:-1], -79.5]))
    store.evaluate(600)
    return store


def test_the_worst_come_first_and_each_says_why(scenario: Scenario) -> None:
    """Beyond a limit before silent, silent before well; what is empty and unwatched comes last."""
    told = {one.listed.id: one for one in _told(scenario.connection)}
    assert {name: one.listed.condition for name, one in told.items()} == {
        "high": "alarm",
        "open": "beyond",
        "silent": "silent",
        "warming": "well",
        "well": "well",
        "empty": "unwatched",
    }
    assert list(told) == ["high", "open", "silent", "warming", "well", "empty"]
    assert [one.lots for one in told.values()] == [1, 1, 1, 1, 1, 0]


def test_a_critical_alert_and_a_warning_put_a_container_before_the_well(scenario: Scenario) -> None:
    """What people are called for is what the list begins with."""
    add_warm(scenario.connection, "well", ["lot-well"])
    add_warm(scenario.connection, "empty", [], severity="warning")
    told = _told(scenario.connection)
    assert [(one.listed.id, one.listed.condition) for one in told] == [
        ("high", "alarm"),
        ("well", "alarm"),
        ("open", "beyond"),
        ("silent", "silent"),
        ("empty", "warning"),
        ("warming", "well"),
    ]
    assert [one.listed.alerts for one in told if one.listed.id in {"well", "empty", "warming"}] == [1, 1, 0]


def test_each_tells_its_newest_reading_and_where_it_goes(scenario: Scenario) -> None:
    """A freezer that warms is seen to do so before it is beyond anything, with the time that is left."""
    told = {one.listed.id: one.worst for one in _told(scenario.connection)}
    warming, silent, high, well = (told[x] for x in ("warming", "silent", "high", "well"))
    assert warming is not None
    assert warming.present is not None
    assert (warming.present.temperature_c, warming.per_hour_c) == (-68.0, pytest.approx(12.0))
    assert warming.nearest is not None
    assert (warming.nearest.limit.threshold_c, warming.nearest.to_go_c) == (-60.0, 8.0)
    assert silent is not None
    assert (silent.stale, silent.per_hour_c) == (True, None)
    assert high is not None
    assert high.present is not None
    assert (high.present.temperature_c, high.present.quality) == (None, Quality.HI)
    assert well is not None
    assert (well.stale, well.per_hour_c) == (False, 0.0)
    foretold = {one.listed.id: one.forecast for one in _told(scenario.connection)}
    assert [name for name, found in foretold.items() if found is not None] == ["warming"]
    assert foretold["warming"] is not None
    assert foretold["warming"].limit.threshold_c == -60.0


def test_the_worst_probe_speaks_for_its_container(scenario: Scenario) -> None:
    """Of two probes that are heard the one nearer to a limit is told; a silent one has no say."""
    scenario.attach_new("well", "second", 0)
    scenario.store(course("second", [-75.0] * _READINGS))
    scenario.attach_new("well", "third", 0)
    scenario.store(course("third", [-62.0] * 20))
    scenario.evaluate(600)
    [told] = _told(scenario.connection, chosen=ChosenContainers(text="WELL"))
    assert [(probe.logger_id, probe.stale) for probe in told.probes] == [
        ("second", False),
        ("well-logger", False),
        ("third", True),
    ]


def test_what_is_asked_for_is_told_alone(scenario: Scenario) -> None:
    """Part of a name, a site, whose sites: and parts of the list meet without a seam."""
    connection = scenario.connection
    assert [one.listed.id for one in _told(connection, chosen=ChosenContainers(text="ILEN"))] == ["silent"]
    assert _told(connection, chosen=ChosenContainers(site_id="elsewhere")) == []
    assert _told(connection, chosen=ChosenContainers(seen_at=frozenset({"elsewhere"}))) == []
    first = told_containers(connection, ChosenContainers(), Part(2), at(600), _ANY_CLOCK_US)
    rest = told_containers(
        connection, ChosenContainers(), Part(9, WORST_FIRST.key(first[-1].listed)), at(600), _ANY_CLOCK_US
    )
    assert [one.listed.id for one in (*first, *rest)] == [one.listed.id for one in _told(connection)]


def test_many_containers_cost_no_more_statements_than_few(scenario: Scenario) -> None:
    """A hospital of fifty freezers is asked about as fast as a clinic of five, but for what is sent."""
    with counted(scenario.connection) as few:
        _told(scenario.connection)
    for n in range(30):
        scenario.container(f"freezer-{n:02}", loggers=(f"many-{n}",))
        scenario.store(course(f"many-{n}", [-80.0] * _READINGS))
    register_logger(scenario.connection, "spare", "site", "", None, None)
    with counted(scenario.connection) as many:
        assert len(_told(scenario.connection)) == 36
    assert sum(many.values()) == sum(few.values())
    assert sum(many.values()) <= 12
