"""Moves that a signed link recorded: counted at once, told as unconfirmed, and then confirmed or struck."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from service.acts.moves import move
from service.domain.corrections import Word
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Role
from service.store.pool import Connection
from tests.acting import TESTER
from tests.callers import calling
from tests.scenario import Scenario, course

pytestmark = pytest.mark.usefixtures("store")

LINK = Actor("link:ana-phone", "ana-phone (by link)", "signed link")


@pytest.fixture
def store(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """A freezer with two lots, and another one, both cold for an hour."""
    monkeypatch.setattr("tests.scenario.START", datetime.now(UTC) - timedelta(hours=1))
    scenario = Scenario(connection)
    for name in ("freezer", "cold"):
        scenario.container(name, loggers=[f"logger-{name}"])
        scenario.store(course(f"logger-{name}", [-80] * 13))
    for name in ("lot-1", "lot-2"):
        scenario.lot(name, "freezer")
    scenario.evaluate(60)
    return scenario


def moved(connection: Connection, actor: Actor = LINK) -> int:
    """All lots are moved, ten minutes ago."""
    now = datetime.now(UTC)
    word = Word(actor, now, 900.0, 60.0, "moved because: it was warm")
    return move(connection, "freezer", "cold", at=now - timedelta(minutes=10), word=word).id


def unconfirmed(api: httpx.Client, lot_id: str = "lot-1") -> list[str]:
    """What the status of a lot says of it, and its placements."""
    reasons = api.get(f"/v1/lots/{lot_id}/status").json()["reasons"]
    placements = api.get(f"/v1/lots/{lot_id}/placements").json()["items"]
    said = [reason["text"] for reason in reasons if reason["code"] == "unconfirmed_move"]
    assert bool(said) == any(one["unconfirmed"] for one in placements)
    return said


def whereabouts(api: httpx.Client, lot_id: str = "lot-1") -> list[tuple[str, bool]]:
    """Its placements: where, and whether it is there still."""
    return [(one["container_id"], one["until"] is None) for one in api.get(f"/v1/lots/{lot_id}").json()["placements"]]


def test_a_move_by_link_is_unconfirmed_until_a_custodian_says_so(
    api: httpx.Client, store: Scenario, connection: Connection
) -> None:
    """Whoever holds a link may have been nowhere near: it counts, and everybody who reads of the lot reads that too."""
    move_id = moved(connection)
    store.evaluate(61)
    assert whereabouts(api) == [("freezer", False), ("cold", True)]
    assert unconfirmed(api) == [
        "It was moved to Cold, as ana-phone (by link) recorded; no custodian has confirmed it yet."
    ]
    [listed] = api.get("/v1/moves", params={"unconfirmed": True}).json()["items"]
    assert (listed["id"], listed["lot_ids"], listed["unconfirmed"]) == (move_id, ["lot-1", "lot-2"], True)
    confirmed = api.post(f"/v1/moves/{move_id}/confirm").json()
    assert (confirmed["outcome"], confirmed["reviewed_by"], confirmed["unconfirmed"]) == (
        "confirmed",
        "T. Tester",
        False,
    )
    # Also before the evaluator has looked again.
    assert unconfirmed(api) == []
    store.evaluate(62)
    assert unconfirmed(api) == []
    assert whereabouts(api) == [("freezer", False), ("cold", True)]
    assert api.get("/v1/moves", params={"unconfirmed": True}).json()["items"] == []
    again = api.post(f"/v1/moves/{move_id}/confirm")
    assert (again.status_code, again.json()["detail"]) == (
        409,
        f"there is nothing to say of move {move_id}: it was confirmed already",
    )


def test_a_move_that_never_was_is_struck(api: httpx.Client, connection: Connection) -> None:
    """Each lot is recorded as never having left, which quality has to sign like any correction."""
    move_id = moved(connection)
    assert api.post(f"/v1/moves/{move_id}/strike", json={}).status_code == 422
    struck = api.post(f"/v1/moves/{move_id}/strike", json={"reason": "nobody was there"}).json()
    assert (struck["outcome"], struck["unconfirmed"]) == ("struck", False)
    for lot_id in ("lot-1", "lot-2"):
        assert whereabouts(api, lot_id) == [("freezer", True)]
        assert unconfirmed(api, lot_id) == []
    corrections = api.get("/v1/corrections").json()["items"]
    assert {one["reason"] for one in corrections} >= {"nobody was there"}


def test_what_came_after_a_move_that_never_was_stays(
    api: httpx.Client, store: Scenario, connection: Connection
) -> None:
    """A lot that was carried on since was carried on from where it really was."""
    move_id = moved(connection)
    store.container("third", loggers=["logger-third"])
    placed = {"id": "on", "container_id": "third", "from": (datetime.now(UTC) - timedelta(minutes=5)).isoformat()}
    assert api.post("/v1/lots/lot-1/placements", json=placed).is_success
    assert api.post(f"/v1/moves/{move_id}/strike", json={"reason": "nobody was there"}).is_success
    assert whereabouts(api) == [("freezer", False), ("third", True)]
    assert whereabouts(api, "lot-2") == [("freezer", True)]


def test_what_was_mended_since_is_not_struck_over(api: httpx.Client, connection: Connection) -> None:
    """Whoever corrected one of its placements knew more than the link."""
    move_id = moved(connection)
    correction: dict[str, Any] = {
        "kind": "placement",
        "row_id": f"move-{move_id}-1",
        "replacement": None,
        "reason": "it stayed",
    }
    assert api.post("/v1/corrections", json=correction).is_success
    refused = api.post(f"/v1/moves/{move_id}/strike", json={"reason": "nobody was there"})
    assert refused.status_code == 409
    assert "lot 'lot-1' went by this move was corrected since" in refused.json()["detail"]
    assert whereabouts(api, "lot-2") == [("freezer", False), ("cold", True)]


def test_a_move_by_somebody_who_is_logged_in_needs_no_other(api: httpx.Client, connection: Connection) -> None:
    """It is known who said it."""
    move_id = moved(connection, TESTER)
    assert unconfirmed(api) == []
    refused = api.post(f"/v1/moves/{move_id}/confirm")
    assert refused.status_code == 409
    assert "recorded by somebody who was logged in" in refused.json()["detail"]
    assert api.post("/v1/moves/4711/confirm").status_code == 404


def test_it_is_confirmed_on_a_page(api: httpx.Client, connection: Connection) -> None:
    """A custodian in the morning sees what the night recorded, and says what of it was so."""
    move_id = moved(connection)
    page = api.get("/moves").text
    assert "They are there" in page
    assert "ana-phone (by link)" in page
    for act, reason in (("", ""), ("strike", " ")):
        assert api.post(f"/moves/{move_id}", data={"act": act, "reason": reason}).status_code == 409

    with calling(api, connection, (Role.VIEWER, None)):
        assert "They are there" not in api.get("/moves").text
        assert api.post(f"/moves/{move_id}", data={"act": "confirm"}).status_code == 403
    with calling(api, connection, (Role.CUSTODIAN, "site")):
        assert api.post(f"/moves/{move_id}", data={"act": "confirm"}).status_code == 303
    assert "No move waits to be confirmed." in api.get("/moves").text


def test_a_move_to_another_site_is_confirmed_by_who_is_custodian_of_both(
    api: httpx.Client, connection: Connection
) -> None:
    """What arrived is not for who let it go alone to say; and who is at neither knows of no move."""
    move_id = moved(connection)
    connection.execute(
        "INSERT INTO sites (id, name, time_zone) VALUES ('other', 'Other', 'UTC'), ('elsewhere', 'E', 'UTC')"
    )
    connection.execute("UPDATE containers SET site_id = 'other' WHERE id = 'cold'")

    for sites, seen, status in ((["elsewhere"], 0, 404), (["other"], 1, 403), (["site", "other"], 1, 200)):
        with calling(api, connection, *((Role.CUSTODIAN, site) for site in sites)):
            assert len(api.get("/v1/moves").json()["items"]) == seen
            assert api.post(f"/v1/moves/{move_id}/confirm").status_code == status
