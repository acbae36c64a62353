"""`GET /v1/events`: what has changed, to whoever may see it."""

from contextlib import ExitStack

import httpx
import pytest

from service.api.live import events
from service.domain.identity.caller import Role
from service.store.acting import acting
from service.store.pool import Connection
from service.store.registry.sites import add_site
from tests.acting import TESTER
from tests.callers import calling
from tests.scenario import Scenario, course
from tests.streams import all_end_at_the_last_state, listening, touch


def test_a_freezer_that_fails_is_heard_of(api: httpx.Client, connection: Connection) -> None:
    """Its lot, the container and the alert, and no word of what is so now."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80] * 5))
    scenario.evaluate(20)
    with listening(api) as listener:
        scenario.store(course("logger", [-40] * 3, start=25))
        scenario.evaluate(40)
        heard = []
        while not {"lot", "container", "alert"} <= {hint["kind"] for hint in heard}:
            heard.append(listener.next())
    assert {"lot", "freezer"} <= {hint["id"] for hint in heard}
    numbers = [hint["number"] for hint in heard]
    assert numbers == sorted(numbers)
    assert all(hint.keys() == {"kind", "id", "number"} for hint in heard)


def test_nobody_hears_of_another_site(api: httpx.Client, connection: Connection) -> None:
    """Not of its lots, its freezers or its sites, and by no number either; many of a kind are named by none."""
    scenario = Scenario(connection)
    add_site(connection, "bern", "Bern", "Europe/Zurich")
    scenario.container("here")
    scenario.lot("lot-here", "here")
    scenario.lot("lot-nowhere")
    with acting(connection, TESTER):
        connection.execute(
            "INSERT INTO containers (id, site_id, name, kind, profile_id, profile_version) "
            "SELECT 'there', 'bern', name, kind, profile_id, profile_version FROM containers WHERE id = 'here'"
        )
    scenario.lot("lot-there", "there")
    with ExitStack() as stack:
        everywhere = stack.enter_context(listening(api))
        with calling(api, connection, (Role.VIEWER, "bern")):
            there = stack.enter_context(listening(api))
        touch(connection, "lots", "lot-here", "lot-nowhere")
        touch(connection, "containers", "here", "there", column="name")
        heard = {hint["id"] for hint in everywhere.until("container", "there")}
        touch(connection, "lots", "lot-there")
        heard |= {hint["id"] for hint in everywhere.until("lot", "lot-there")}
        assert heard == {"lot-here", "lot-nowhere", "here", "there", "lot-there"}
        own = there.until("lot", "lot-there")
        assert [hint["id"] for hint in own] == ["there", "lot-there"]
        assert own[1]["number"] == own[0]["number"] + 1
        with acting(connection, TESTER):
            connection.execute("SELECT hint_of('lot', ARRAY(SELECT 'x' || n FROM generate_series(1, 1001) AS n))")
        assert there.until("lot", None)[-1]["id"] is None


def test_whoever_missed_something_is_told_to_look_at_everything(api: httpx.Client, connection: Connection) -> None:
    """After a break of the stream, and after one of the service's own connection; not where nothing happened."""
    Scenario(connection).lot("lot")
    with listening(api) as first:
        touch(connection, "lots", "lot")
        last = first.until("lot", "lot")[-1]["number"]
    with listening(api, **{"Last-Event-ID": str(last)}) as second:
        touch(connection, "lots", "lot")
        assert second.next()["kind"] == "lot"
    with listening(api, **{"Last-Event-ID": str(last)}) as third:
        assert third.next()["kind"] == "all"
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'unbroken api hints' AND datname = current_database()"
        )
        assert third.until("all", None)
        touch(connection, "lots", "lot")
        assert third.until("lot", "lot")


def test_a_key_that_is_revoked_hears_no_more(
    api: httpx.Client, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does one whose grants were taken: the stream ends by itself."""
    monkeypatch.setattr(events, "PING_S", 0.05)
    monkeypatch.setattr(events, "_WHO_S", 0.1)
    with calling(api, connection, (Role.VIEWER, None)), listening(api) as listener:
        assert listener.next()["kind"] == "ping"
        with acting(connection, TESTER):
            connection.execute("UPDATE api_keys SET revoked_at = now() WHERE name = 'of one test'")
        assert listener.ended.wait(20)


def test_each_of_many_listeners_ends_at_the_last_state(api: httpx.Client, connection: Connection) -> None:
    """However many changes there are, and whoever listens slowly: all hear of the last change of each lot."""
    all_end_at_the_last_state(api, connection, listeners=20, changes=200)


def test_a_page_may_ask_whether_there_is_a_stream(api: httpx.Client) -> None:
    """Who asks by HEAD is answered, and not held for ever."""
    assert api.head("/v1/events").status_code == 200
