"""The morning check over HTTP: what was seen is kept as it was shown, and a forgotten morning is told."""

from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from service.domain.instant import from_datetime
from service.evaluator.alerting.sweep import sweep
from service.store.acting import acting
from service.store.pool import Connection
from service.store.registry.profiles import all_profiles
from tests.acting import TESTER
from tests.alarms import alerts_in_words
from tests.cold_store import ago, all_of, attachment, evaluate, furnish, put, refusal, register_container, send

CALM = [-80.0, -79.5, -79.0, -79.5]


def night(connection: Connection, api: httpx.Client) -> None:
    """A freezer whose door stood open for a quarter of an hour, one that was well, and one that nothing watches."""
    furnish(api, "door", "well")
    register_container(api, "spare")
    warm = [*CALM * 70, -70.0, -55.0, -55.0, -55.0, -70.0, *CALM * 10]
    send(api, "door-logger", warm, minutes_ago=5 * len(warm) - 4)
    send(api, "well-logger", CALM * 80, minutes_ago=5 * len(CALM * 80) - 4)
    evaluate(connection)


def test_a_night_is_seen_with_a_word_and_kept_as_it_was_shown(api: httpx.Client, connection: Connection) -> None:
    """Whoever looks in the morning says what they did; a year later the log shows the very figures they looked at."""
    night(connection, api)
    refusal(api.post("/v1/checks", json={"site_id": "zurich"}), 422, "comment")
    refusal(api.post("/v1/checks", json={"site_id": "zurich", "as_of": ago(-5)}), 422, "as_of")
    refusal(api.post("/v1/checks", json={"site_id": "basel"}), 422, "site_id")
    made = put(api, "/checks", {"site_id": "zurich", "comment": "Door closed at six."})
    by_id = {one["container_id"]: one for one in made["containers"]}
    [odd] = by_id["door"]["odd"]
    assert odd["text"].startswith("above −60 °C for 13 min")
    assert (by_id["door"]["coldest_c"], by_id["door"]["warmest_c"]) == (-80.0, -55.0)
    assert (by_id["well"]["coldest_c"], by_id["well"]["warmest_c"], by_id["well"]["odd"]) == (-80.0, -79.0, [])
    assert (by_id["spare"]["coldest_c"], by_id["spare"]["now_c"], by_id["spare"]["odd"]) == (None, None, [])

    # The next begins where this one ended, and nothing was odd since.
    again = put(api, "/checks", {"site_id": "zurich"})
    assert (again["from"], again["comment"]) == (made["until"], "")
    assert all(not one["odd"] for one in again["containers"])
    assert [one["id"] for one in all_of(api, "/checks", site_id="zurich")] == [again["id"], made["id"]]
    assert all_of(api, "/checks", until=made["until"]) == []
    [kept] = all_of(api, "/checks", **{"from": made["until"], "until": again["until"]})
    assert kept == made
    with pytest.raises(psycopg.DatabaseError, match="evidence"), acting(connection, TESTER):
        connection.execute("UPDATE checks SET comment = 'nothing was'")


def test_now_is_of_this_container_and_of_the_true_time(api: httpx.Client, connection: Connection) -> None:
    """A probe that has just come here says nothing of here yet; one whose clock is slow is read at the true time."""
    furnish(api, "warm", "slow")
    register_container(api, "cold")
    send(api, "warm-logger", [-40.0] * 13, minutes_ago=65)
    span = {"from": ago(14_400), "until": ago(64)}
    put(api, "/loggers/slow-logger/clock-mends", {"id": "m", **span, "offset_s": 3_600, "reason": "an hour slow"})
    send(api, "slow-logger", [*[-80.0] * 12, -79.0], minutes_ago=125)
    ended = {"until": ago(2), "reason": "it hangs in the other one"}
    assert api.post("/v1/containers/warm/attachments/warm-attached/end", json=ended).is_success
    moved = attachment("warm-logger", "cold-attached", **{"from": ago(1), "commissioned_at": ago(1)})
    put(api, "/containers/cold/attachments", moved)
    evaluate(connection)
    made = put(api, "/checks", {"site_id": "zurich", "comment": "It was moved."})
    by_id = {one["container_id"]: one for one in made["containers"]}
    assert (by_id["cold"]["coldest_c"], by_id["cold"]["now_c"], by_id["cold"]["now_at"]) == (None, None, None)
    assert (by_id["slow"]["now_c"], by_id["slow"]["warmest_c"]) == (-79.0, -79.0)
    assert abs(datetime.fromisoformat(by_id["slow"]["now_at"]) - datetime.fromisoformat(ago(5))) < timedelta(seconds=1)


def test_the_page_keeps_what_was_typed_and_leads_to_the_month(api: httpx.Client, connection: Connection) -> None:
    """In a ward with one site the check is one page and one tap; the month hangs on the door."""
    night(connection, api)
    site = api.get("/checks")
    assert site.status_code == 303
    shown = api.get(site.headers["location"])
    assert "1 to look at" in shown.text
    assert "above −60\N{NO-BREAK SPACE}°C for 13\N{NO-BREAK SPACE}min" in shown.text
    as_of = shown.text.partition('form="seen" value="')[2].partition('"')[0]
    refused = api.post("/checks/zurich", data={"as_of": as_of, "comment": ""})
    assert refused.status_code == 422
    assert "say what you did about it" in refused.text
    # What comes while they write is for the next check.
    send(api, "well-logger", [-70.0], minutes_ago=-1)
    recorded = api.post("/checks/zurich", data={"as_of": as_of, "comment": "Door closed at six."})
    assert recorded.status_code == 303
    assert "Recorded: T. Tester has seen it" in api.get(recorded.headers["location"]).text
    [kept] = all_of(api, "/checks")
    assert datetime.fromisoformat(kept["until"]) == datetime.fromisoformat(as_of)
    [well] = [one for one in kept["containers"] if one["container_id"] == "well"]
    assert (well["warmest_c"], well["now_c"]) == (-79.0, -79.5)
    # Somebody with the same page still open is told that it was done.
    late = api.post("/checks/zurich", data={"as_of": as_of, "comment": "Door closed."})
    assert late.status_code == 409
    assert "has recorded the check" in late.text
    month = datetime.fromisoformat(as_of).astimezone().strftime("%Y-%m")
    printed = api.get(f"/checks/zurich/{month}").text.replace("\N{NO-BREAK SPACE}", " ")
    for told in ("−80.0 … −55.0", "Door closed at six.", "T. Tester"):
        assert told in printed
    assert api.get("/checks/zurich/2026-13", headers={"accept": "text/html"}).status_code == 404
    assert api.get("/checks/basel", headers={"accept": "text/html"}).status_code == 404


def test_a_forgotten_morning_is_told_at_noon_and_over_at_night(api: httpx.Client, connection: Connection) -> None:
    """A ward that checks each day hears at noon; one that never did hears nothing, and nobody is woken for it."""
    furnish(api, "well")
    profiles = all_profiles(connection)

    def swept(at: datetime) -> list[tuple[str, str, str]]:
        sweep(connection, profiles, from_datetime(at))
        rows = alerts_in_words(connection, "WHERE cause = 'check_missing'")
        return [(row["state"], row["severity"], row["summary"]) for row in rows]

    noon = datetime.now(UTC).replace(hour=11, minute=30, second=0) + timedelta(days=1)
    assert swept(noon) == []
    put(api, "/checks", {"site_id": "zurich", "comment": "A new freezer, not yet measured."})
    today = datetime.now(UTC)
    assert swept(noon - timedelta(hours=2)) == []
    [(state, severity, said)] = swept(noon)
    assert (state, severity) == ("firing", "info")
    assert said == f"Zürich lacks its morning check: none was recorded by noon on {noon.date().isoformat()}"
    assert [state for state, _, _ in swept(noon + timedelta(hours=12))] == ["resolved"]
    assert [state for state, _, _ in swept(noon + timedelta(days=1))] == ["resolved", "firing"]
    assert today < noon
