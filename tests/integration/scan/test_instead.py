"""What to take instead of a vial that may not be used."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service.answers.instead import take_instead
from service.domain.clocks import AsOf
from service.domain.identity.caller import Sites
from service.domain.instant import from_datetime
from service.evaluator.run import evaluate_once
from service.settings import Settings
from service.store.pool import Connection
from tests.scenario import Scenario, course

PRODUCT = "product-cryo-80"


@pytest.fixture
def store(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """Freezers that were cold, warm for a while, and too warm for too long."""
    now = datetime.now(UTC)
    monkeypatch.setattr("tests.scenario.START", now - timedelta(hours=3))
    scenario = Scenario(connection)
    courses = {"cold": [-80.0] * 37, "used": [-50.0] * 5 + [-80.0] * 32, "lost": [-20.0] * 37}
    for name, temperatures in courses.items():
        scenario.container(name, loggers=[f"logger-{name}"])
        scenario.store(course(f"logger-{name}", temperatures))
    for lot, container in (("late", "cold"), ("soon-used", "used"), ("soon", "cold"), ("lost", "lost")):
        scenario.lot(lot, container)
        expires_on = date(2090, 1, 1) if "soon" in lot or lot == "lost" else date(2091, 1, 1)
        with connection.transaction():
            connection.execute("UPDATE lots SET expires_on = %s WHERE id = %s", [expires_on, lot])
    scenario.lot("undated", "cold")
    evaluate_once(connection, AsOf(from_datetime(now)))
    return scenario


def taken(connection: Connection, but: str, seen_at: Sites = None, site_id: str = "site") -> str | None:
    asked = {"product_id": PRODUCT, "site_id": site_id, "seen_at": seen_at, "but": but}
    found = take_instead(connection, Settings(), datetime.now(UTC), **asked)  # type: ignore[arg-type]  # by their names
    return None if found is None else found.id


def test_the_first_to_expire_of_which_most_is_left(store: Scenario) -> None:
    """Nothing is wasted, and of two that expire together the one less used is taken; a lost one never."""
    connection = store.connection
    assert taken(connection, "lost") == "soon"
    assert taken(connection, "soon") == "soon-used"
    with connection.transaction():
        connection.execute("UPDATE lot_states SET answer = 'do_not_use' WHERE lot_id LIKE 'soon%'")
    assert taken(connection, "lost") == "late"
    assert taken(connection, "late") == "undated"


def test_what_does_not_stand_is_no_refuge(store: Scenario) -> None:
    """Of another site, unseen, or of a freezer that fell silent since: none is named."""
    connection = store.connection
    assert taken(connection, "lost", site_id="bern") is None
    assert taken(connection, "lost", seen_at=frozenset({"bern"})) is None
    assert taken(connection, "lost", seen_at=frozenset({"site"})) == "soon"
    with connection.transaction():
        connection.execute("UPDATE lot_states SET good_until_us = 0")
    assert taken(connection, "lost") is None
