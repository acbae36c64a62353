"""Lists, filters and counts of lots go by the answers that are stored, as far as they still stand."""

import re
from typing import Any

import httpx
import pytest

from service.domain.identity.caller import Role
from service.store.lots import listing
from service.store.pool import Connection
from tests.callers import calling
from tests.cold_store import all_of, evaluate, furnish, get, refusal, register_lot, send


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """Lots in a cold freezer and in one that failed, and one that nobody put anywhere; all of them judged."""
    furnish(api, "cold", "warm", "other")
    register_lot(api, "fine", "cold")
    register_lot(api, "well", "other")
    register_lot(api, "lost", "warm", 200)
    register_lot(api, "nowhere")
    send(api, "cold-logger", [-80] * 13)
    send(api, "other-logger", [-80] * 13)
    send(api, "warm-logger", [-50] * 41, 200)
    evaluate(connection)
    return api


def listed(api: httpx.Client, **filters: Any) -> dict[str, str]:
    """Answers by lot, in the order of the list."""
    return {row["id"]: row["answer"] for row in all_of(api, "/lots", **filters)}


JUDGED = {"lost": "do_not_use", "nowhere": "not_proven", "fine": "usable", "well": "usable"}

#: Whatever makes an answer stand no longer, and whether it does so for one freezer's lots alone.
DOUBTS = {
    "time passed": ("UPDATE lot_states SET good_until_us = 1", False),
    "other rules": ("UPDATE lot_states SET rules = rules + 1", False),
    "judged later than now": ("UPDATE lot_states SET judged_us = 1::bigint << 60", False),
    "never judged": ("UPDATE lot_states SET verdict = NULL, answer = 'not_proven', document = NULL "
                     "WHERE answer = 'usable'", False),
    "silence": ("UPDATE container_records SET measured_until_us = 1 WHERE container_id = 'cold'", True),
    "measured later than can be": (
        "UPDATE container_records SET measured_until_us = 1::bigint << 60 WHERE container_id = 'cold'", True),
    "a reading waits": ("INSERT INTO dirty (series_id, from_us, until_us, marked_at) SELECT id, 0, 1, "
                        "now() - interval '1 hour' FROM series WHERE logger_id = 'cold-logger'", True),
    "an act waits": ("INSERT INTO dirty (container_id, from_us, until_us, cause) "
                     "VALUES ('cold', 0, 1, 'correction')", True),
    "the clocks disagree": (
        "ALTER TABLE verdicts DISABLE TRIGGER verdicts_stay; "
        "UPDATE verdicts SET decided_at = now() + interval '7 hours'",
        False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("doubt", DOUBTS)
def test_what_does_not_stand_is_not_proven_in_any_list(store: httpx.Client, connection: Connection, doubt: str) -> None:
    """A dead evaluator leaves no board green; a lot that is lost stays lost; another freezer's lots keep theirs."""
    assert listed(store) == JUDGED
    statement, of_one = DOUBTS[doubt]
    connection.execute(statement)
    told = JUDGED | {"fine": "not_proven"} | ({} if of_one else {"well": "not_proven"})
    assert listed(store) == told
    for answer in ("do_not_use", "not_proven", "usable"):
        assert listed(store, answer=answer) == {lot: found for lot, found in told.items() if found == answer}
    verdicts = {row["id"]: row["verdict"] for row in all_of(store, "/lots")}
    for verdict in ("nonviable", "unproven", "at_risk", "viable"):
        assert listed(store, verdict=verdict).keys() == {lot for lot, found in verdicts.items() if found == verdict}
    counts = get(store, "/lots/counts")
    assert counts["lots"] == 4
    assert counts["answers"] == {answer: list(told.values()).count(answer) for answer in counts["answers"]}
    assert counts["verdicts"] == {verdict: list(verdicts.values()).count(verdict) for verdict in counts["verdicts"]}
    figures = store.get("/metrics").text
    viable = list(verdicts.values()).count("viable")
    assert re.search(rf'^unbroken_lots{{verdict="viable"}} {viable}\.0$', figures, re.MULTILINE)
    page = store.get("/").text
    assert page.count("May be used</strong>") == list(told.values()).count("usable")
    reasons = {row["id"]: row["reason"] for row in all_of(store, "/lots")}
    assert ("not evaluated yet" in reasons["fine"]) is (doubt != "the clocks disagree")


def test_lots_are_counted_as_they_are_found(store: httpx.Client) -> None:
    """The figure beside a choice is how many lots it shows."""
    for filters in ({}, {"q": "EL"}, {"q": "exosomes"}, {"q": "%"}, {"container_id": "cold"}, {"site_id": "zurich"}):
        counts = get(store, "/lots/counts", **filters)
        found = listed(store, **filters)
        assert counts["lots"] == len(found), filters
        for answer, count in counts["answers"].items():
            assert count == len(listed(store, answer=answer, **filters)), (filters, answer)
        for verdict, count in counts["verdicts"].items():
            assert count == len(listed(store, verdict=verdict, **filters)), (filters, verdict)


def test_many_lots_are_found_as_few_are(
    store: httpx.Client, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many a clinic keeps, a search shows the same lots in the same order; a sign in a name is only a sign."""
    connection.execute("UPDATE lots SET lot_number = 'A_1%' WHERE id = 'well'")
    filters: list[dict[str, str]] = [
        {"q": text} for text in ("l", "EL", "ell", "exosomes", "%", "_1%", "a_", "\\", "zz")
    ]
    filters += [{"container_id": "cold"}, {"site_id": "zurich"}, {"site_id": "bern"}, {"q": "e", "site_id": "zurich"}]
    assert listed(store, q="_1%") == listed(store, q="a_1") == {"well": "usable"}
    found = []
    for many, letters in ((5_000, 0), (0, 3)):
        monkeypatch.setattr(listing, "_MANY", many)
        monkeypatch.setattr(listing, "_LETTERS", letters)
        found.append([list(listed(store, **one).items()) for one in filters])
        with calling(store, connection, (Role.VIEWER, "zurich")):
            found[-1] += [list(listed(store).items()), list(listed(store, q="well").items())]
    assert found[0] == found[1]


def test_the_worst_is_on_the_first_page(store: httpx.Client) -> None:
    """Whoever has time for one page sees what calls for somebody."""
    page = get(store, "/lots", limit=2)
    assert [row["id"] for row in page["items"]] == ["lost", "nowhere"]
    assert [row["id"] for row in get(store, "/lots", limit=2, after=page["next"])["items"]] == ["fine", "well"]


def test_a_lot_is_listed_before_anybody_judged_it(api: httpx.Client) -> None:
    """Registered a second ago: not proven, and in no list does it lack."""
    furnish(api, "cold")
    register_lot(api, "new", "cold")
    [row] = all_of(api, "/lots")
    assert (row["answer"], row["verdict"], row["limits"]) == ("not_proven", "unproven", [])
    assert get(api, "/lots/counts")["answers"] == {"usable": 0, "not_proven": 1, "do_not_use": 0}


def test_no_lot_is_called_as_an_address_is(api: httpx.Client) -> None:
    """It could be listed and never be asked for."""
    furnish(api)
    refusal(api.post("/v1/lots", json={"id": "counts", "product_id": "exo-a", "lot_number": "1"}), 422, "id")
