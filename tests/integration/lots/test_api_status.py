"""What is told of a lot: its answer, and the evidence for it."""

import httpx
import pytest

from service.domain.verdicts.reasons import REASON_CODES
from service.store.pool import Connection
from tests.cold_store import (
    ago,
    all_of,
    attachment,
    evaluate,
    furnish,
    get,
    put,
    refusal,
    register_logger,
    register_lot,
    send,
)


@pytest.fixture
def store(api: httpx.Client) -> httpx.Client:
    """The service, knowing two watched freezers and a product."""
    furnish(api, "f1", "f2")
    return api


def test_a_lot_kept_cold_may_be_used(store: httpx.Client, connection: Connection) -> None:
    """Cold and measured throughout: the answer is one word, with the figures that carry it."""
    register_lot(store, "lot", "f1")
    send(store, "f1-logger", [-80] * 12 + [-79])
    evaluate(connection)
    status = get(store, "/lots/lot/status")
    assert (status["answer"], status["verdict"], status["verdict_text"]) == ("usable", "viable", "within limits")
    assert [reason["code"] for reason in status["reasons"]] == ["within_limits", "temperature_alone"]
    assert (status["profile_id"], status["profile_version"]) == ("cryo-80", 1)
    assert (status["disposition"], status["use_by"]) == (None, None)
    first = status["limits"][0]
    assert (first["direction"], first["threshold_c"], first["effect"]) == ("above", -60, "condemns")
    assert (first["budget_s"], first["certain_s"], first["remaining_s"]) == (3600, 0, 3600)
    assert first["exceeded_at"] is None
    parts = status["parts"]
    assert parts.pop("life_s") == pytest.approx(sum(parts.values()))
    figures = get(store, "/lots/lot")["temperatures"]
    assert (figures["readings"], figures["without_number"]) == (13, 0)
    assert (figures["minimum_c"], figures["maximum_c"]) == (-80, -79)
    assert -80 < figures["mean_c"] < figures["mean_kinetic_c"] < -79


def test_a_lot_too_long_too_warm_is_told_with_its_excursion(store: httpx.Client, connection: Connection) -> None:
    """An hour above −60 °C is past when and how long and how warm: three figures for whoever must decide."""
    register_lot(store, "lot", "f1", 200)
    send(store, "f1-logger", [-80, -80, *[-50] * 14, -80, *[-80] * 24], 200)
    evaluate(connection)
    status = get(store, "/lots/lot/status")
    assert (status["answer"], status["verdict"]) == ("do_not_use", "nonviable")
    assert status["reasons"][0]["code"] == "limit_exceeded"
    assert status["limits"][0]["certain_s"] == pytest.approx(5 * 60 * 13 + 100 * 2, abs=1)
    [excursion] = all_of(store, "/lots/lot/excursions")
    assert (excursion["direction"], excursion["threshold_c"], excursion["peak_c"]) == ("above", -60, -50)
    assert excursion["from"] < ago(190)
    assert excursion["until"] > ago(125)
    assert excursion["duration_s"] == excursion["certain_s"] == status["limits"][0]["certain_s"]
    assert excursion["degree_minutes"] == pytest.approx(10 * (65 + 2 * 5 / 3 / 2), rel=1e-3)
    assert (excursion["crossings"], excursion["open"], excursion["ended"]) == (1, False, "recovered")
    history = all_of(store, "/lots/lot/verdicts")
    assert [row["verdict"] for row in history] == ["nonviable"]
    assert history[0]["reasons"] == [x for x in status["reasons"] if x["code"] != "temperature_alone"]
    assert {reason["code"] for reason in history[0]["reasons"]} <= REASON_CODES.keys()
    assert history[0]["limits"] == status["limits"]


def test_an_excursion_that_lasts_has_no_end(store: httpx.Client, connection: Connection) -> None:
    """While it is warm, nobody knows until when."""
    register_lot(store, "lot", "f1", 30)
    send(store, "f1-logger", [-80, -80, -80, -50, -50, -50, -50], 30)
    evaluate(connection)
    [excursion] = all_of(store, "/lots/lot/excursions")
    assert (excursion["until"], excursion["open"], excursion["ended"]) == (None, True, None)
    assert "beyond_now" in {reason["code"] for reason in get(store, "/lots/lot/status")["reasons"]}


def test_a_logger_that_fell_silent_leaves_its_excursion_unknown(store: httpx.Client, connection: Connection) -> None:
    """Warm, then nothing: it ended nowhere, and what is warm again after the silence is told apart from it."""
    register_lot(store, "lot", "f1", 120)
    send(store, "f1-logger", [-80, -50, -50], 120)
    send(store, "f1-logger", [-50, -80, -50, -60.5, -50, -80, -80], 60)
    evaluate(connection)
    before, after, flutter = all_of(store, "/lots/lot/excursions")
    assert (before["until"], before["ended"]) == (ago(110), "unknown")
    assert (after["from"], after["ended"]) == (ago(60), "recovered")
    assert (flutter["crossings"], flutter["ended"]) == (2, "recovered")
    assert flutter["certain_s"] < flutter["duration_s"]
    page = store.get("/lots/lot").text
    assert "nobody measured" in page
    assert "°C·min" in page


def test_a_gap_says_why_nobody_knows(store: httpx.Client, connection: Connection) -> None:
    """Nowhere, in a silent freezer, or only so lately that the reading may still come."""
    register_lot(store, "lot", minutes_ago=300)
    put(store, "/lots/lot/placements", {"id": "p", "container_id": "f1", "from": ago(240)})
    send(store, "f1-logger", [-80] * 13, 240)
    send(store, "f1-logger", [-80] * 12, 60)
    evaluate(connection)
    nowhere, silent, lately = all_of(store, "/lots/lot/gaps")
    assert (nowhere["kind"], nowhere["from"], nowhere["until"]) == ("no_container", ago(300), ago(240))
    assert (silent["kind"], silent["from"], silent["until"]) == ("gap", ago(180), ago(60))
    assert (lately["kind"], lately["from"]) == ("pending", ago(5))
    assert (nowhere["duration_s"], silent["duration_s"]) == (3600, 7200)
    status = get(store, "/lots/lot/status")
    assert (status["answer"], status["verdict_text"]) == ("not_proven", "not proven")


def test_readings_are_told_by_series(store: httpx.Client, connection: Connection) -> None:
    """Each probe's readings while the lot was with it, and null where a logger gave no number."""
    register_logger(store, "second")
    put(store, "/containers/f1/attachments", attachment("second"))
    register_lot(store, "lot", "f1")
    send(store, "f1-logger", [-81, "HI", None, -80, -80, -80, -80, -80, -80], 90, every=10)
    send(store, "second", [-79] * 7, 60, every=10)
    evaluate(connection)
    one, other = all_of(store, "/lots/lot/readings")
    assert (one["container_id"], one["logger_id"], one["probe"]) == ("f1", "f1-logger", "")
    assert (one["at"][0], one["temperature_c"]) == (ago(60), [-80] * 6)
    assert (other["logger_id"], other["temperature_c"]) == ("second", [-79] * 7)
    one, other = all_of(store, "/lots/lot/readings", **{"from": ago(30), "until": ago(10)})
    assert (one["at"], other["at"]) == ([ago(30), ago(20)], [ago(30), ago(20)])
    assert [found["at"] for found in all_of(store, "/lots/lot/readings", until=ago(4000))] == []


def test_thinning_keeps_every_peak(store: httpx.Client) -> None:
    """A chart of ten years shows the one warm hour, and the one the logger could not measure."""
    register_lot(store, "lot", "f1", 1000)
    temperatures: list[float | str | None] = [-80.0] * 1000
    temperatures[123], temperatures[456], temperatures[789], temperatures[790] = -30.5, "HI", -95.5, None
    send(store, "f1-logger", temperatures, 1000, every=1)
    for points in (2, 3, 20, 999, 1000, 100_000):
        [found] = all_of(store, "/lots/lot/readings", points=points)
        assert len(found["at"]) == len(found["temperature_c"]) <= points
        assert ago(1000 - 456) in found["at"]
        assert -95.5 in found["temperature_c"]
        if points >= 20:
            assert -30.5 in found["temperature_c"]


def test_readings_are_asked_for_sensibly(store: httpx.Client) -> None:
    """A question that cannot be meant is not answered with an empty list."""
    register_lot(store, "lot", "f1")
    wrong = [
        ({"points": 1}, "points"),
        ({"points": 100_001}, "points"),
        ({"points": 10**30}, "points"),
        ({"from": "2026-01-31T06:00:00"}, "from"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "until"),
        ({"from": ago(5), "until": ago(10)}, "until"),
        ({"since": ago(5)}, "since"),
    ]
    for parameters, field in wrong:
        refusal(store.get("/v1/lots/lot/readings", params=parameters), 422, field)


def test_lots_are_listed_by_what_is_asked(store: httpx.Client, connection: Connection) -> None:
    """Whoever walks to one freezer sees its lots; whoever looks for trouble sees trouble."""
    register_lot(store, "cold", "f1")
    register_lot(store, "warm", "f2", 200)
    register_lot(store, "lost")
    send(store, "f1-logger", [-80] * 13)
    send(store, "f2-logger", [-50] * 41, 200)
    evaluate(connection)

    def listed(**filters: str) -> list[str]:
        return [row["id"] for row in all_of(store, "/lots", **filters)]

    assert listed() == ["warm", "lost", "cold"]
    assert listed(container_id="f1") == ["cold"]
    assert listed(site_id="zurich") == ["warm", "cold"]
    assert listed(site_id="boston") == listed(container_id="f3") == []
    assert listed(verdict="nonviable") == listed(answer="do_not_use") == ["warm"]
    assert listed(verdict="viable") == listed(answer="usable") == ["cold"]
    assert listed(answer="not_proven") == ["lost"]
    assert listed(verdict="viable", container="f2") == []
    assert listed(q="OL") == ["cold"]
    assert listed(q="exosomes") == listed(q="") == ["warm", "lost", "cold"]
    assert listed(q="%") == listed(q="_") == listed(q="ß'") == []


def test_a_lot_in_a_list_says_where_it_is_and_why(store: httpx.Client, connection: Connection) -> None:
    """One line a lot: its answer, its first reason, its freezer."""
    register_lot(store, "lot", "f1")
    send(store, "f1-logger", [-80] * 13)
    evaluate(connection)
    [row] = all_of(store, "/lots")
    status = get(store, "/lots/lot/status")
    assert (row["container_id"], row["container_name"], row["site_id"]) == ("f1", "f1", "zurich")
    assert (row["lot_number"], row["product_id"], row["product_name"]) == ("LOT", "exo-a", "Exosomes A")
    assert {row["answer"], row["verdict"], row["verdict_text"]} == {"usable", "viable", "within limits"}
    assert row["reason"] == status["reasons"][0]["text"]


def test_filters_are_heeded_or_refused(store: httpx.Client) -> None:
    """An answer to a question nobody asked could be read as the answer to the one that was."""
    for field, sent in (("verdict", "fine"), ("answer", "yes"), ("container_id", "a b"), ("conatiner", "f1")):
        refusal(store.get("/v1/lots", params={field: sent}), 422, field)
    register_lot(store, "lot")
    words = refusal(store.get("/v1/lots/lot/status", params={"as_of": ago(60)}), 422, "as_of")
    assert "no such query parameter" in words


def test_a_dead_evaluator_leaves_no_good_answer(store: httpx.Client, connection: Connection) -> None:
    """Readings that wait unseen could say anything, so the lot is not proven until they are judged."""
    register_lot(store, "lot", "f1")
    send(store, "f1-logger", [-80] * 13)
    evaluate(connection)
    assert get(store, "/lots/lot/status")["answer"] == "usable"
    connection.execute(
        "INSERT INTO dirty (lot_id, from_us, until_us, marked_at) VALUES ('lot', 0, 1, now() - interval '1 min')"
    )
    status = get(store, "/lots/lot/status")
    assert (status["answer"], status["verdict"]) == ("not_proven", "unproven")
    assert "evaluator_behind" in {reason["code"] for reason in status["reasons"]}
    assert [row["answer"] for row in all_of(store, "/lots")] == ["not_proven"]
    assert get(store, "/lots/lot")["status"]["answer"] == "not_proven"
    evaluate(connection)
    assert get(store, "/lots/lot/status")["answer"] == "usable"
