"""HI and LO are no numbers: wherever a peak, an end, a mean or the temperature now is told, so is what they prove."""

from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from alerts.messages.lines import line_of
from alerts.messages.message_writer import alert_document
from service.store.alerting.history import alerts_listed
from service.store.pool import Connection
from tests.cold_store import (
    all_of,
    attachment,
    evaluate,
    get,
    put,
    register_container,
    register_logger,
    register_lot,
    register_site,
    send,
)

#: Cold, once below what a logger can show that goes to −100 °C, and above what it can show for the last twenty minutes.
SENT = [-80, -80, "LO", -80, -80, "HI", "HI", "HI", "HI", "HI"]


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """Two freezers with one course: of the logger of one it is known that it goes to −10 °C, of the other nothing."""
    register_site(api)
    for name, range_c in (("known", (-100.0, -10.0)), ("unknown", (None, None))):
        register_container(api, name)
        register_logger(api, f"{name}-logger", range_c)
        put(api, f"/containers/{name}/attachments", attachment(f"{name}-logger", f"{name}-attached"))
        register_lot(api, f"lot-{name}", name, minutes_ago=46)
        send(api, f"{name}-logger", SENT, minutes_ago=46)
    evaluate(connection)
    return api


def page(api: httpx.Client, path: str) -> str:
    """A page as people read it."""
    answer = api.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text.replace("\N{NO-BREAK SPACE}", " ")


def extremes(lot: dict[str, Any]) -> list[Any]:
    """Of a lot's figures the ends."""
    return [lot["temperatures"][name] for name in ("minimum_c", "minimum_is", "maximum_c", "maximum_is")]


def test_no_client_takes_hi_for_a_number(store: httpx.Client) -> None:
    """Each number that rests on HI or LO says which side of it the truth is on; without a range there is no number."""
    known, unknown = (get(store, f"/lots/lot-{name}") for name in ("known", "unknown"))
    assert extremes(known) == [-100, "at_most", -10, "at_least"]
    assert extremes(unknown) == [None, "at_most", None, "at_least"]
    for lot in (known, unknown):
        assert lot["temperatures"]["mean_c"] == pytest.approx(-80)
        assert lot["temperatures"]["mean_kinetic_c"] == pytest.approx(-80)
        assert (lot["temperatures"]["without_number"], lot["temperatures"]["means_leave_out_s"]) == (6, 7 * 300)
    for found in all_of(store, "/lots/lot-known/excursions"):
        told = found["direction"], found["peak_c"], found["peak_is"], found["degree_minutes_is"]
        assert told == (
            ("above", -10, "at_least", "at_least")
            if found["direction"] == "above"
            else ("below", -100, "at_most", "at_least")
        )
    assert all_of(store, "/lots/lot-unknown/excursions") == []
    for name, range_c in (("known", (-100, -10)), ("unknown", (None, None))):
        [line] = get(store, f"/lots/lot-{name}/chart")["lines"]
        assert (line["range_min_c"], line["range_max_c"], line["warmest_c"][-1]) == (*range_c, "HI")
        [series] = all_of(store, f"/containers/{name}/readings")
        assert (series["range_min_c"], series["range_max_c"], series["beyond_range"][-1]) == (*range_c, "HI")


def test_pages_say_at_least(store: httpx.Client) -> None:
    """Of the freezer, of its lot, of all freezers, on the wall and on paper: nobody reads −10 °C, or nothing."""
    at_least, above = "at least −10 °C (HI)", "above its range (HI)"
    for path in ("/containers", "/wall", "/downtime?site=zurich", "/loggers", "/sites/zurich"):
        shown = page(store, path)
        assert at_least in shown, path
        assert above in shown, path
    of_freezer = page(store, "/containers/known")
    assert at_least in of_freezer
    assert "at least 50.0 °C above −60 °C" in of_freezer
    # Before it left the range of its logger it was steady; that is not where it is going.
    assert "steady" not in of_freezer
    assert "may be above −60 °C" in page(store, "/containers/unknown")
    known, unknown = page(store, "/lots/lot-known"), page(store, "/lots/lot-unknown")
    assert f'<td data-label="Peak">{at_least}</td>' in known
    assert 'data-label="Area">at least ' in known
    assert f'<td data-label="Warmest">{at_least}</td>' in known
    assert '<td data-label="Coldest">at most −100 °C (LO)</td>' in known
    assert "−80.0 °C without " in known
    assert "(HI or LO)" in known
    assert f'<td data-label="Warmest">{above}</td>' in unknown
    assert '<td data-label="Coldest">below its range (LO)</td>' in unknown


def test_the_morning_check_keeps_what_was_proven(store: httpx.Client) -> None:
    """On the sheet of the month stands what could be known that morning, whatever is recorded of the logger later."""
    shown = page(store, "/checks/zurich")
    for words in ("at least −10 °C (HI)", "above its range (HI)", "at most −100 °C (LO)", "below its range (LO)"):
        assert words in shown, words
    made = put(store, "/checks", {"site_id": "zurich", "comment": "Called the technician."})
    by_id = {one["container_id"]: one for one in made["containers"]}
    names = ("coldest_c", "coldest_proven_c", "warmest_c", "warmest_proven_c", "now_c", "now_proven_c")
    assert [by_id["known"][name] for name in names] == ["LO", -100, "HI", -10, "HI", -10]
    assert [by_id["unknown"][name] for name in names] == ["LO", None, "HI", None, "HI", None]
    assert "at most −100 °C (LO) … at least −10 °C (HI)" in page(store, f"/checks/zurich/{made['until'][:7]}")


def test_alerts_say_how_warm_it_is_at_least(store: httpx.Client, connection: Connection) -> None:
    """Whoever is called reads what is known now, not the last number from before it left the logger's range."""
    found = {one.container_id: one for one in alerts_listed(connection) if one.cause == "limit_crossed"}
    words = {"known": "at least −10 °C (HI)", "unknown": "above its range (HI)"}
    assert {name: line_of(one, ZoneInfo("UTC")).now for name, one in found.items()} == words
    told = {name: alert_document(one) for name, one in found.items()}
    assert {name: (one["now_c"], one["now_is"]) for name, one in told.items()} == {
        "known": (-10, "at_least"),
        "unknown": (None, "at_least"),
    }
    of_api = {
        one["container_id"]: one["figures"] for one in all_of(store, "/alerts") if one["cause"] == "limit_crossed"
    }
    assert {name: (one["now_c"], one["now_is"]) for name, one in of_api.items()} == {
        "known": (-10, "at_least"),
        "unknown": (None, "at_least"),
    }
    shown = page(store, "/alerts")
    for said in words.values():
        assert said in shown, said
