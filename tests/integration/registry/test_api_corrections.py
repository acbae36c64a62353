"""Corrections over HTTP, and the history of verdicts that shows what they did."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from service.acts.intake import take
from service.domain.clocks import AsOf
from service.domain.instant import from_datetime
from service.domain.series.quality import quality_of
from service.evaluator.run import evaluate_once
from service.formats.reading import Reading
from service.store.pool import Connection
from tests.acting import TESTER
from tests.cold_store import (
    ago,
    all_of,
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


@pytest.fixture
def store(api: httpx.Client) -> httpx.Client:
    """A cold freezer and one that has been warm for most of the last two hours; a lot recorded in the warm one."""
    furnish(api, "cold", "warm")
    register_lot(api, "lot", "warm", minutes_ago=120)
    send(api, "cold-logger", [-80] * 25, minutes_ago=120)
    send(api, "warm-logger", [-80] * 5 + [-40] * 20, minutes_ago=120)
    return api


def correction(kind: str, row_id: str, replacement: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """A slip put right."""
    return {
        "kind": kind,
        "row_id": row_id,
        "replacement": replacement,
        "reason": "slip",
        **more,
    }


def verdict(store: httpx.Client, connection: Connection, lot_id: str = "lot") -> str:
    """A lot's verdict once everything is evaluated."""
    evaluate(connection)
    found: str = get(store, f"/lots/{lot_id}/status")["verdict"]
    return found


def causes(store: httpx.Client) -> list[tuple[str, str]]:
    """The history of the lot in words."""
    return [(row["cause"], row["verdict"]) for row in all_of(store, "/lots/lot/verdicts")]


def test_a_correction_that_helps_a_lot_is_listed(store: httpx.Client, connection: Connection) -> None:
    """The lot had been in the cold freezer all along. Perhaps; so all see who said it, and why."""
    assert verdict(store, connection) == "nonviable"
    recorded = put(store, "/corrections", correction("placement", "lot-warm", {"container_id": "cold"}))
    was = {"id": "lot-warm", "lot_id": "lot", "container_id": "warm", "from": ago(120), "until": None, "position": None}
    assert (recorded["was"], recorded["becomes"]) == (was, {**was, "id": "lot-warm~2", "container_id": "cold"})
    assert (recorded["row_id"], recorded["reason"], recorded["recorded_by"]) == ("lot-warm", "slip", TESTER.name)
    assert verdict(store, connection) == "viable"
    assert all_of(store, "/corrections") == [recorded]
    assert causes(store) == [("first", "nonviable"), ("correction", "viable")]
    assert [place["id"] for place in all_of(store, "/lots/lot/placements")] == ["lot-warm~2"]


def test_a_correction_may_harm_a_lot(store: httpx.Client, connection: Connection) -> None:
    """It is done all the same: what is true is true."""
    register_lot(store, "good", "cold", minutes_ago=120)
    assert verdict(store, connection, "good") == "viable"
    put(store, "/corrections", correction("placement", "good-cold", {"container_id": "warm"}))
    assert verdict(store, connection, "good") == "nonviable"


def test_a_row_is_corrected_once_and_its_successor_again(store: httpx.Client, connection: Connection) -> None:
    """Two who correct the same slip do not overwrite one another."""
    put(store, "/corrections", correction("placement", "lot-warm", {"from": ago(110)}))
    again = correction("placement", "lot-warm", {"from": ago(100)})
    assert "corrected already" in refusal(store.post("/v1/corrections", json=again), 409)
    put(store, "/corrections", {**again, "row_id": "lot-warm~2"})
    put(store, "/corrections", correction("placement", "lot-warm~3", {"until": ago(50)}))
    [place] = all_of(store, "/lots/lot/placements")
    assert (place["id"], place["from"], place["until"]) == ("lot-warm~4", ago(100), ago(50))
    put(store, "/corrections", correction("placement", "lot-warm~4", None))
    assert all_of(store, "/lots/lot/placements") == []
    kept = connection.execute("SELECT count(*) AS rows FROM recorded_placements WHERE lot_id = 'lot'").fetchall()
    assert [row["rows"] for row in kept] == [4]


def test_placements_that_would_overlap_are_refused(store: httpx.Client) -> None:
    """A lot is in one container at a time, also in hindsight."""
    put(store, "/lots/lot/placements", {"id": "later", "container_id": "cold", "from": ago(60)})
    body = correction("placement", "later", {"from": ago(90)})
    assert "overlaps" in refusal(store.post("/v1/corrections", json=body), 409)
    put(store, "/corrections", correction("placement", "lot-warm", {"until": ago(90)}))
    put(store, "/corrections", body)
    assert all_of(store, "/corrections")[0]["id"] > all_of(store, "/corrections")[1]["id"]


def test_a_probe_recorded_in_the_wrong_container(store: httpx.Client, connection: Connection) -> None:
    """The warm logger hung in another freezer: what it proved here, it proves there."""
    register_container(store, "other")
    register_lot(store, "neighbour", "other", minutes_ago=120)
    assert verdict(store, connection) == "nonviable"
    body = {"id": "x1", "from": ago(100), "until": ago(99), "reason": "battery"}
    put(store, "/containers/warm/attachments/warm-attached/absences", body)
    put(store, "/corrections", correction("attachment", "warm-attached", {"container_id": "other"}))
    assert verdict(store, connection) == "unproven"
    assert get(store, "/lots/neighbour/status")["verdict"] == "nonviable"
    assert all_of(store, "/containers/warm/attachments") == []
    [absence] = all_of(store, "/containers/other/attachments/warm-attached~2/absences")
    assert absence["attachment_id"] == "warm-attached~2"
    answer = store.post("/v1/containers/other/attachments/warm-attached~2/end", json={"until": ago(5)})
    assert answer.json()["until"] == ago(5)


def test_a_commissioning_taken_back(store: httpx.Client, connection: Connection) -> None:
    """Until someone confirms it again, the probe stands for nothing."""
    put(store, "/corrections", correction("commissioning", "warm-attached", {"commissioned_at": ago(30)}))
    [attached] = all_of(store, "/containers/warm/attachments")
    assert (attached["id"], attached["commissioned_at"]) == ("warm-attached~2", ago(30))
    put(store, "/corrections", correction("commissioning", "warm-attached~2", None))
    [attached] = all_of(store, "/containers/warm/attachments")
    assert (attached["id"], attached["commissioned_at"]) == ("warm-attached~3", None)
    assert verdict(store, connection) == "unproven"
    confirmed = {"attachment_id": "warm-attached~3", "commissioned_at": ago(14_400)}
    refusal(store.post("/v1/containers/warm/commission", json=confirmed), 422, "reason")
    confirmed |= {"reason": "it had settled"}
    assert store.post("/v1/containers/warm/commission", json=confirmed).json()["id"] == "warm-attached~4"
    assert verdict(store, connection) == "nonviable"
    assert [cause for cause, _ in causes(store)] == ["first", "correction"]


def test_wrong_mends_are_withdrawn(store: httpx.Client, connection: Connection) -> None:
    """A calibration or clock mend entered for the wrong logger is taken back, and verdicts with it."""
    span = {"from": ago(300), "until": ago(0), "reason": "zone"}
    put(store, "/loggers/warm-logger/clock-mends", {"id": "m1", **span, "offset_s": -3_600})
    body = {"id": "c1", "from": ago(300), "offset_c": -40, "certificate": "C"}
    put(store, "/loggers/warm-logger/calibrations", body)
    put(store, "/containers/warm/attachments/warm-attached/absences", {"id": "x1", **span})
    assert verdict(store, connection) == "unproven"
    for kind, row_id in (("clock_mend", "m1"), ("calibration", "c1"), ("absence", "x1")):
        body = correction(kind, row_id, {"from": ago(10)})
        assert "strike it" in refusal(store.post("/v1/corrections", json=body), 422, "replacement.from")
        put(store, "/corrections", correction(kind, row_id, None))
    assert verdict(store, connection) == "nonviable"
    assert all_of(store, "/loggers/warm-logger/clock-mends") == all_of(store, "/loggers/warm-logger/calibrations") == []
    put(store, "/loggers/warm-logger/clock-mends", {"id": "m2", **span, "offset_s": -60})


_WRONG: list[tuple[dict[str, Any], str]] = [
    (correction("placement", "lot-warm", {}), "replacement"),
    (correction("placement", "lot-warm", {"container_id": "warm"}), "replacement"),
    (correction("placement", "lot-warm", {"container_id": "no"}), "container_id"),
    (correction("placement", "lot-warm", {"container_id": None}), "replacement.container_id"),
    (correction("placement", "lot-warm", {"from": None}), "replacement.from"),
    (correction("placement", "lot-warm", {"from": "2099-01-01T00:00:00Z"}), "replacement.from"),
    (correction("placement", "lot-warm", {"until": "2020-01-01T00:00:00Z"}), "replacement.until"),
    (correction("placement", "lot-warm", {"commissioned_at": None}), "replacement.commissioned_at"),
    (correction("commissioning", "warm-attached", {"until": None}), "replacement.until"),
    (
        correction("commissioning", "warm-attached", {"commissioned_at": "2099-01-01T00:00:00Z"}),
        "replacement.commissioned_at",
    ),
    (correction("handover", "lot-warm", None), "kind"),
    (correction("placement", "lot-warm", None, reason=""), "reason"),
    (correction("placement", "lot-warm", None, recorded_by="A. Meier"), "recorded_by"),
]


@pytest.mark.parametrize("number", range(len(_WRONG)))
def test_a_wrong_field_is_named(store: httpx.Client, number: int) -> None:
    """What is refused leaves everything as it was."""
    body, field = _WRONG[number]
    refusal(store.post("/v1/corrections", json=body), 422, field)
    assert all_of(store, "/corrections") == []
    assert [place["id"] for place in all_of(store, "/lots/lot/placements")] == ["lot-warm"]


def test_a_correction_cannot_be_forgotten_to_say_what_it_puts_in_place(store: httpx.Client) -> None:
    """Whoever leaves the replacement out has not said that it is to be struck."""
    body = correction("placement", "lot-warm", None)
    del body["replacement"]
    refusal(store.post("/v1/corrections", json=body), 422, "replacement")
    refusal(store.post("/v1/corrections", json=correction("placement", "no", None)), 404)


def test_a_logger_that_cannot_see_the_limits_is_not_moved_there_either(store: httpx.Client) -> None:
    """A correction is held to the same rules as what it corrects."""
    register_container(store, "vessel", "ln2-vapour")
    body = correction("attachment", "cold-attached", {"container_id": "vessel"})
    assert "does not span" in refusal(store.post("/v1/corrections", json=body), 422, "logger_id")


def test_history_says_what_each_change_came_from(store: httpx.Client, connection: Connection) -> None:
    """Silence, a late upload, a warm freezer: each row of the record has its own word."""
    register_container(store, "third")
    register_logger(store, "third-logger")
    attached = {"id": "a3", "logger_id": "third-logger", "place": "air", "from": ago(600), "commissioned_at": ago(600)}
    put(store, "/containers/third/attachments", attached)
    register_lot(store, "told", "third", minutes_ago=300)
    now = datetime.now(UTC)

    def evaluate_at(minutes_ago: float) -> None:
        evaluate_once(connection, AsOf(from_datetime(now - timedelta(minutes=minutes_ago))))

    def heard(temperatures: list[float], minutes_ago: float) -> None:
        """From the logger itself."""
        first_us = from_datetime(datetime.fromisoformat(ago(minutes_ago)))
        take(
            connection,
            TESTER,
            [
                Reading("third-logger", "", first_us + number * 300_000_000, one, quality_of(one))
                for number, one in enumerate(temperatures)
            ],
            from_datetime(now),
        )

    heard([-80] * 7, minutes_ago=300)
    evaluate_at(270)
    evaluate_at(200)
    heard([-80] * 16, minutes_ago=265)
    evaluate_at(185)
    heard([-40], minutes_ago=185)
    evaluate_at(184)
    body = {"id": "c1", "from": ago(300), "offset_c": -35, "certificate": "C"}
    put(store, "/loggers/third-logger/calibrations", body)
    evaluate_at(183)
    history = all_of(store, "/lots/told/verdicts")
    assert [(row["cause"], row["verdict"], row["answer"]) for row in history] == [
        ("first", "viable", "usable"),
        ("time", "unproven", "not_proven"),
        ("late_data", "viable", "usable"),
        ("excursion", "at_risk", "usable"),
        ("calibration", "viable", "usable"),
    ]


def test_what_was_known_then_is_answered_as_it_was(store: httpx.Client, connection: Connection) -> None:
    """Whoever used a vial on Tuesday is judged by what Tuesday's answer said."""
    before = datetime.now(UTC)
    evaluate(connection)
    told = get(store, "/lots/lot/status")
    between = datetime.now(UTC)
    put(store, "/corrections", correction("placement", "lot-warm", {"container_id": "cold"}))
    evaluate(connection)
    assert get(store, "/lots/lot/status")["verdict"] == "viable"
    known = get(store, "/lots/lot/status", at=between.isoformat())
    assert (known["answer"], known["verdict"]) == ("do_not_use", "nonviable")
    assert before <= datetime.fromisoformat(known["as_of"]) <= between
    assert [reason["code"] for reason in known["reasons"]] == [reason["code"] for reason in told["reasons"]]
    assert known["parts"].keys() == told["parts"].keys()
    assert known["limits"][0]["threshold_c"] == told["limits"][0]["threshold_c"]
    path = "/v1/lots/lot/status"
    words = refusal(store.get(path, params={"at": before.isoformat()}), 404)
    assert "nothing was known of lot 'lot'" in words
    refusal(store.get(path, params={"at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}), 422, "at")
    refusal(store.get("/v1/lots/no/status", params={"at": before.isoformat()}), 404)
