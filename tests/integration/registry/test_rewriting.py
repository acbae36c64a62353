"""The past is not rewritten without a word: who changes time already judged says why, and all see whom it helped."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from service.store.pool import Connection
from tests.acting import TESTER
from tests.cold_store import (
    ago,
    all_of,
    attachment,
    evaluate,
    furnish,
    get,
    put,
    refusal,
    register_container,
    register_logger,
    register_lot,
    send,
)

BY = {"reason": "the sheet at the freezer says so"}

#: An act that makes a lost lot fine, told in the words of its method, address and body.
Act = tuple[str, dict[str, Any]]


@pytest.fixture
def lost(api: httpx.Client, connection: Connection) -> httpx.Client:
    """A lot that lay six hours in a freezer, warm for the last two of them; beside it a cold one. It is judged."""
    furnish(api, "cold", "warm")
    register_lot(api, "lot", "warm", minutes_ago=360)
    send(api, "cold-logger", [-80] * 73, minutes_ago=360)
    send(api, "warm-logger", [-80] * 48 + [-40] * 25, minutes_ago=360)
    evaluate(connection)
    assert answer(api) == "do_not_use"
    return api


def answer(api: httpx.Client) -> str:
    """May it be used?"""
    found: str = get(api, "/lots/lot/status")["answer"]
    return found


def moved(minutes_ago: float, **more: Any) -> Act:
    """Into the cold freezer, so long ago."""
    return "/lots/lot/placements", {"id": "moved", "container_id": "cold", "from": ago(minutes_ago), **more}


def all_moved(minutes_ago: float, **more: Any) -> Act:
    """Everything, by one act."""
    return "/containers/warm/move", {"to_id": "cold", "at": ago(minutes_ago), **more}


def taken_out(minutes_ago: float, **more: Any) -> Act:
    """The probe that was warm."""
    return "/containers/warm/attachments/warm-attached/end", {"until": ago(minutes_ago), **more}


@pytest.mark.parametrize("act", [moved, all_moved, taken_out])
@pytest.mark.parametrize("minutes_ago", [150, 121, 16])
def test_a_lost_lot_is_not_made_fine_without_a_word(
    lost: httpx.Client, connection: Connection, act: Callable[..., Act], minutes_ago: float
) -> None:
    """Moved before it got warm, or not measured since then: whoever says so afterwards says why, or is not heard."""
    path, body = act(minutes_ago)
    words = refusal(lost.post(f"/v1{path}", json=body), 422, "reason")
    assert "judged already" in words or "out of limits since then" in words
    evaluate(connection)
    assert answer(lost) == "do_not_use"
    assert all_of(lost, "/corrections") == []


@pytest.mark.parametrize("act", [moved, all_moved, taken_out])
def test_a_lot_lost_just_now_is_not_made_fine_by_a_few_minutes(
    api: httpx.Client, connection: Connection, act: Callable[..., Act]
) -> None:
    """Three minutes may decide: what was lost two minutes ago was not, had it been moved three minutes ago."""
    furnish(api, "cold", "warm")
    register_lot(api, "lot", "warm", minutes_ago=360)
    send(api, "cold-logger", [-80] * 73, minutes_ago=360)
    send(api, "warm-logger", [-80] * 59 + [-40] * 14, minutes_ago=360)
    evaluate(connection)
    assert answer(api) == "do_not_use"
    path, body = act(10)
    assert "out of limits since then" in refusal(api.post(f"/v1{path}", json=body), 422, "reason")
    path, body = act(2)
    assert api.post(f"/v1{path}", json=body).is_success
    evaluate(connection)
    assert answer(api) == "do_not_use"


@pytest.mark.parametrize(("act", "kind"), [(moved, "placement"), (all_moved, "placement"), (taken_out, "attachment")])
def test_who_makes_a_lost_lot_better_is_listed_with_it(
    lost: httpx.Client, connection: Connection, act: Callable[..., Act], kind: str
) -> None:
    """It may be true. So it is done, and all see what was recorded before, who said what, and which lot gained."""
    path, body = act(150, **BY)
    assert lost.post(f"/v1{path}", json=body).is_success
    evaluate(connection)
    assert answer(lost) != "do_not_use"
    [listed] = all_of(lost, "/corrections")
    assert (listed["kind"], listed["reason"], listed["recorded_by"]) == (kind, BY["reason"], TESTER.name)
    assert (listed["was"]["until"], listed["becomes"]["until"]) == (None, ago(150))
    table = "recorded_placements" if kind == "placement" else "recorded_attachments"
    kept = connection.execute(f"SELECT until_at FROM {table} WHERE superseded_by = %s", [listed["id"]]).fetchall()  # noqa: S608 - of two names
    assert [row["until_at"] for row in kept] == [None]


def test_what_makes_a_lot_worse_is_listed_as_that(api: httpx.Client, connection: Connection) -> None:
    """Somebody remembers that a lot had been in the warm freezer: that counts at once, and is in the list too."""
    furnish(api, "cold", "warm")
    register_lot(api, "lot", "cold", minutes_ago=360)
    send(api, "cold-logger", [-80] * 73, minutes_ago=360)
    send(api, "warm-logger", [-40] * 73, minutes_ago=360)
    evaluate(connection)
    put(api, "/lots/lot/placements", {"id": "w", "container_id": "warm", "from": ago(150), **BY})
    evaluate(connection)
    [listed] = all_of(api, "/corrections")
    assert (listed["kind"], listed["row_id"]) == ("placement", "lot-cold")
    assert answer(api) == "do_not_use"


def test_a_move_scanned_in_time_stays_as_simple_as_it_is(api: httpx.Client, connection: Connection) -> None:
    """Who carries lots first and scans ten minutes later is asked for nothing, and no list grows by it."""
    furnish(api, "f1", "f2")
    register_lot(api, "lot", "f1", minutes_ago=360)
    for logger in ("f1-logger", "f2-logger"):
        send(api, logger, [-80] * 73, minutes_ago=360)
    evaluate(connection)
    put(api, "/lots/lot/placements", {"id": "moved", "container_id": "f2", "from": ago(10)})
    assert api.post("/v1/containers/f1/attachments/f1-attached/end", json={"until": ago(10)}).is_success
    evaluate(connection)
    assert answer(api) == "usable"
    assert all_of(api, "/corrections") == []


def test_the_first_placement_belongs_to_the_registration_of_a_lot(api: httpx.Client, connection: Connection) -> None:
    """A lot filled this morning and registered at noon was somewhere meanwhile, judged or not when that is recorded."""
    furnish(api, "f1", "f2")
    register_lot(api, "lot", minutes_ago=360)
    evaluate(connection)
    put(api, "/lots/lot/placements", {"id": "p", "container_id": "f1", "from": ago(360)})
    assert all_of(api, "/corrections") == []


def test_a_lot_that_was_nowhere_is_not_housed_afterwards_without_a_word(
    api: httpx.Client, connection: Connection
) -> None:
    """A lot whose night nobody can account for was in a freezer after all: perhaps, and with a name to it."""
    furnish(api, "f1")
    send(api, "f1-logger", [-80] * 73, minutes_ago=360)
    register_lot(api, "lot", minutes_ago=360)
    put(api, "/lots/lot/placements", {"id": "p", "container_id": "f1", "from": ago(360), "until": ago(200)})
    evaluate(connection)
    body = {"id": "q", "container_id": "f1", "from": ago(200)}
    refusal(api.post("/v1/lots/lot/placements", json=body), 422, "reason")
    put(api, "/lots/lot/placements", {**body, **BY})
    evaluate(connection)
    [listed] = all_of(api, "/corrections")
    assert (listed["was"], listed["becomes"]["id"]) == (None, "q")


def test_a_lot_known_for_long_is_not_placed_in_the_past_without_a_word(
    api: httpx.Client, connection: Connection
) -> None:
    """Weeks after its registration a lot's first place is news, whether or not an evaluator was at work meanwhile."""
    furnish(api, "f1")
    register_lot(api, "lot", minutes_ago=360)
    connection.execute("UPDATE lots SET recorded_at = recorded_at - interval '20 min'")
    body = {"id": "p", "container_id": "f1", "from": ago(360)}
    refusal(api.post("/v1/lots/lot/placements", json=body), 422, "reason")
    put(api, "/lots/lot/placements", {**body, **BY})


def test_a_probe_is_not_put_into_the_past_of_a_lot_without_a_word(api: httpx.Client, connection: Connection) -> None:
    """A freezer that nobody measured was measured after all, says somebody who attaches a cold logger to its past."""
    furnish(api, "cold")
    register_container(api, "blind")
    register_logger(api, "tag")
    send(api, "tag", [-80] * 73, minutes_ago=360)
    register_lot(api, "lot", "blind", minutes_ago=360)
    evaluate(connection)
    path = "/containers/blind/attachments"
    refusal(api.post(f"/v1{path}", json=attachment("tag")), 422, "reason")
    # Not confirmed it proves nothing, so that is no news; confirming it for the past is.
    put(api, path, attachment("tag", commissioned_at=None))
    confirmed = {"attachment_id": "attached", "commissioned_at": ago(14_400)}
    refusal(api.post("/v1/containers/blind/commission", json=confirmed), 422, "reason")
    evaluate(connection)
    assert answer(api) == "not_proven"
    told = api.post("/v1/containers/blind/commission", json={**confirmed, **BY}).json()
    assert (told["id"], told["commissioned_at"]) == ("attached~2", ago(14_400))
    evaluate(connection)
    assert answer(api) == "usable"
    assert [listed["kind"] for listed in all_of(api, "/corrections")] == ["commissioning"]


def test_a_probe_may_be_put_into_a_past_in_which_no_lot_was_there(api: httpx.Client, connection: Connection) -> None:
    """A new freezer is set up with its history, and a probe beside the lots counts for nothing: no lot gains."""
    furnish(api, "f1")
    register_lot(api, "lot", "f1", minutes_ago=100)
    evaluate(connection)
    register_logger(api, "tag")
    put(api, "/containers/f1/attachments", attachment("tag", until=ago(101)))
    put(api, "/containers/f1/attachments", attachment("tag", "beside", place="ambient", **{"from": ago(101)}))
    assert all_of(api, "/corrections") == []


def test_what_is_recorded_already_needs_no_word(lost: httpx.Client) -> None:
    """Whoever registers a history again, as the demo does at each start, is told that it is known, and not asked."""
    again = attachment("warm-logger", "warm-attached", **{"from": ago(400)})
    refusal(lost.post("/v1/containers/warm/attachments", json=again), 409)
    [stay] = get(lost, "/lots/lot")["placements"]
    again = {"id": stay["id"], "container_id": "warm", "from": stay["from"]}
    refusal(lost.post("/v1/lots/lot/placements", json=again), 409)


def test_calibrations_clocks_absences_and_doors_are_listed_with_what_they_did(
    lost: httpx.Client, connection: Connection
) -> None:
    """A certificate that turns −40 into −80 °C for a lost lot's night is a change of the past like any other."""
    body = {"id": "c1", "from": ago(360), "offset_c": -40, "certificate": "SCS 1"}
    put(lost, "/loggers/warm-logger/calibrations", body)
    evaluate(connection)
    [listed] = all_of(lost, "/corrections")
    assert (listed["kind"], listed["was"], listed["becomes"]["offset_c"]) == ("calibration", None, -40)
    assert listed["reason"] == "calibration, certificate SCS 1"
    absence = {"id": "a1", "from": ago(300), "until": ago(200), **BY}
    put(lost, "/containers/warm/attachments/warm-attached/absences", absence)
    mend = {"id": "m1", "from": ago(360), "until": ago(200), "offset_s": -60, **BY}
    put(lost, "/loggers/warm-logger/clock-mends", mend)
    grace = {"door_grace_s": 60, "mapping_study": "MAP-1", "reason": "mapped"}
    assert lost.post("/v1/containers/warm/door-grace", json=grace).is_success
    evaluate(connection)
    listed = all_of(lost, "/corrections")
    assert [one["kind"] for one in listed] == ["door_grace", "clock_mend", "absence", "calibration"]
    assert listed[0]["was"]["door_grace_s"] == 0
    assert listed[1]["becomes"]["offset_s"] == -60
    assert [one["was"] for one in listed[1:3]] == [None, None]


@pytest.mark.parametrize("then", ["back", "nowhere"])
def test_a_stay_inside_another_says_what_becomes_of_the_rest(
    api: httpx.Client, connection: Connection, then: str
) -> None:
    """A lot on the bench for an hour went back into its freezer, or did not: nobody but who carried it knows."""
    furnish(api, "f1", "f2")
    register_lot(api, "lot", "f1", minutes_ago=100)
    body = {"id": "bench", "container_id": "f2", "from": ago(14), "until": ago(4)}
    assert "back" in refusal(api.post("/v1/lots/lot/placements", json=body), 422, "then")
    assert len(all_of(api, "/lots/lot/placements")) == 1
    put(api, "/lots/lot/placements", {**body, "then": then})
    evaluate(connection)
    found = [(row["container_id"], row["from"], row["until"]) for row in all_of(api, "/lots/lot/placements")]
    rest = [("f1", ago(4), None)] if then == "back" else []
    assert found == [("f1", ago(100), ago(14)), ("f2", ago(14), ago(4)), *rest]


def test_a_stay_inside_another_long_ago_keeps_the_row_it_cuts(api: httpx.Client, connection: Connection) -> None:
    """The stay that was cut in two stands in the list as it was recorded; its pieces carry its name on."""
    furnish(api, "f1", "f2")
    register_lot(api, "lot", "f1", minutes_ago=100)
    evaluate(connection)
    body = {"id": "bench", "container_id": "f2", "from": ago(80), "until": ago(70), "then": "back"}
    refusal(api.post("/v1/lots/lot/placements", json=body), 422, "reason")
    put(api, "/lots/lot/placements", {**body, **BY})
    assert [row["id"] for row in all_of(api, "/lots/lot/placements")] == ["lot-f1~2", "bench", "lot-f1~3"]
    [listed] = all_of(api, "/corrections")
    assert (listed["row_id"], listed["was"]["until"], listed["becomes"]["until"]) == ("lot-f1", None, ago(80))


def test_what_becomes_of_the_rest_is_asked_only_where_there_is_one(api: httpx.Client) -> None:
    """A stay that ends where none was goes on has no rest."""
    furnish(api, "f1")
    register_lot(api, "lot", minutes_ago=100)
    body = {"id": "p", "container_id": "f1", "from": ago(14), "until": ago(4)}
    refusal(api.post("/v1/lots/lot/placements", json={**body, "then": "back"}), 422, "then")
    put(api, "/lots/lot/placements", body)


def test_what_a_logger_can_show_is_not_declared_afterwards_without_a_word(
    api: httpx.Client, connection: Connection
) -> None:
    """LO proves nothing until somebody says how cold the logger can show: then the whole night was at −90 °C."""
    furnish(api)
    register_container(api, "f1")
    register_logger(api, "tag", (None, 50))
    put(api, "/containers/f1/attachments", attachment("tag"))
    register_lot(api, "lot", "f1", minutes_ago=360)
    send(api, "tag", ["LO"] * 73, minutes_ago=360)
    evaluate(connection)
    assert answer(api) == "not_proven"
    body = {"range_min_c": -90}
    refusal(api.post("/v1/loggers/tag/range", json=body), 422, "reason")
    evaluate(connection)
    assert (answer(api), all_of(api, "/corrections")) == ("not_proven", [])
    assert api.post("/v1/loggers/tag/range", json={**body, **BY}).is_success
    evaluate(connection)
    assert answer(api) == "usable"
    [listed] = all_of(api, "/corrections")
    assert (listed["kind"], listed["row_id"], listed["reason"]) == ("logger_range", "tag", BY["reason"])
    assert (listed["was"]["range_min_c"], listed["becomes"]["range_min_c"]) == (None, -90)


def test_a_hot_probe_is_not_taken_back_by_a_few_minutes(api: httpx.Client, connection: Connection) -> None:
    """The top was at 15 °C and then silent: if it was out before that, somebody says so."""
    furnish(api, "f1")
    register_logger(api, "top")
    put(api, "/containers/f1/attachments", attachment("top", "top-attached"))
    register_lot(api, "lot", "f1", minutes_ago=360)
    send(api, "f1-logger", [-80] * 73, minutes_ago=360)
    send(api, "top", [-80] * 70 + [15], minutes_ago=364)
    evaluate(connection)
    assert answer(api) == "not_proven"
    path, body = "/v1/containers/f1/attachments/top-attached/end", {"until": ago(14.5)}
    assert "out of limits since then" in refusal(api.post(path, json=body), 422, "reason")
    evaluate(connection)
    assert answer(api) == "not_proven"
    assert api.post(path, json={**body, **BY}).is_success
    evaluate(connection)
    assert answer(api) == "usable"
    assert [listed["kind"] for listed in all_of(api, "/corrections")] == ["attachment"]


@pytest.mark.parametrize("act", [moved, all_moved, taken_out])
def test_an_answer_that_no_pass_has_kept_is_not_rewritten_either(
    api: httpx.Client, connection: Connection, act: Callable[..., Act]
) -> None:
    """A lot registered in a warm freezer must not be used from the first minute on, kept by a pass or not."""
    furnish(api, "cold", "warm")
    send(api, "cold-logger", [-80] * 73, minutes_ago=360)
    send(api, "warm-logger", [-40] * 73, minutes_ago=360)
    evaluate(connection)
    register_lot(api, "lot", "warm", minutes_ago=360)
    assert answer(api) == "do_not_use"
    path, body = act(359)
    refusal(api.post(f"/v1{path}", json=body), 422, "reason")
    evaluate(connection)
    assert answer(api) == "do_not_use"
