"""Readings arrive, and the lot is not measured: each door says why, until somebody confirms that the probe settled."""

import html
import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from service.domain.identity.caller import Role
from service.store.pool import Connection
from tests.callers import calling
from tests.cold_store import (
    ago,
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


def shown(api: httpx.Client, path: str) -> str:
    """A page as it is read: without its markup."""
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", answer.text)).split())


def first(api: httpx.Client) -> tuple[str, str]:
    """The answer of the lot, and the code of its first reason."""
    status = get(api, "/lots/lot/status")
    return status["answer"], status["reasons"][0]["code"]


@pytest.fixture
def store(api: httpx.Client) -> httpx.Client:
    """Freezer f1, with logger tag of the same site."""
    register_site(api)
    register_container(api, "f1")
    register_logger(api, "tag")
    return api


def attach(api: httpx.Client, **more: Any) -> None:
    """The logger hangs in the freezer for an hour, and nobody has confirmed that it has settled."""
    body = attachment("tag", "f1-tag", **{"from": ago(60), "commissioned_at": None, **more})
    put(api, "/containers/f1/attachments", body)


def test_every_door_names_the_probe_that_nobody_commissioned(store: httpx.Client, connection: Connection) -> None:
    """Whoever asks why hears of logger and freezer, and what to do; a minute later the lot is proven."""
    attach(store)
    register_lot(store, "lot", "f1", minutes_ago=12)
    evaluate(connection)
    assert first(store) == ("not_proven", "probe_not_commissioned")
    status = get(store, "/lots/lot/status")
    assert status["reasons"][0]["text"].endswith("and no reading of it has arrived.")
    looks_again = datetime.fromisoformat(status["good_until"]) - datetime.fromisoformat(status["as_of"])
    assert looks_again <= timedelta(minutes=1), "lists are to tell it, too, once one has"
    # No span changes by them, and still the next answer tells of them.
    send(store, "tag", [-80.0] * 3, minutes_ago=11)
    evaluate(connection)
    status = get(store, "/lots/lot/status")
    reason = status["reasons"][0]
    assert "Logger tag in f1, attached since " in reason["text"]
    assert "is not commissioned: its readings arrive, the last of " in reason["text"]
    assert reason["since"] == ago(12)
    assert status["way_back"][0]["action"] == "commission"
    assert status["way_back"][0]["attachment_id"] == "f1-tag"
    scan = get(store, "/scan", code="lot")
    assert scan["reasons"][0]["text"] == reason["text"]
    assert [row["reasons"][0]["code"] for row in all_of(store, "/lots/lot/answers")] == ["probe_not_commissioned"]
    commission = "/containers/f1/commission?attachment=f1-tag"
    for path in ("/lots/lot", "/containers/f1", "/start"):
        assert "is not commissioned: its readings arrive" in shown(store, path), path
        assert commission in store.get(path).text, path
    for path in ("/?q=lot", "/scan?code=lot", "/loggers/tag"):
        assert "tag in f1, attached since" in shown(store, path), path
    assert "Nothing was heard" not in shown(store, "/containers/f1")
    with calling(store, connection, (Role.CLINICIAN, "zurich")):
        assert commission not in store.get("/lots/lot").text

    done = store.post(
        "/v1/containers/f1/commission",
        json={"attachment_id": "f1-tag", "commissioned_at": ago(12), "reason": "it showed −80 °C as it does now"},
    )
    assert done.status_code == 200, done.text
    evaluate(connection)
    assert first(store) == ("usable", "within_limits")
    for path in ("/containers/f1", "/start", "/loggers/tag"):
        assert "is not commissioned" not in shown(store, path), path


def test_a_probe_in_the_room_is_not_one_in_the_freezer(store: httpx.Client, connection: Connection) -> None:
    """The room's logger is recorded beside the freezer; that the lot is not measured has that for a reason."""
    attach(store, place="ambient", commissioned_at=ago(60))
    register_lot(store, "lot", "f1", minutes_ago=12)
    send(store, "tag", [21.0] * 3, minutes_ago=11)
    evaluate(connection)
    assert first(store) == ("not_proven", "probe_only_ambient")
    for path in ("/lots/lot", "/containers/f1"):
        assert "Only logger tag beside f1 is attached, as ambient" in shown(store, path), path


def test_a_probe_that_is_to_hang_there_later_is_told_with_its_time(store: httpx.Client, connection: Connection) -> None:
    """A fitting that was recorded for next week measures nothing today; from then on it does."""
    attach(store, commissioned_at=ago(60))
    connection.execute("UPDATE attachments SET from_at = now() + interval '7 days', commissioned_at = from_at")
    register_lot(store, "lot", "f1", minutes_ago=12)
    evaluate(connection)
    assert first(store) == ("not_proven", "probe_counts_later")
    assert "counts only from" in shown(store, "/lots/lot")
    assert "counts only from" in shown(store, "/containers/f1")


def test_a_logger_that_is_attached_nowhere_is_told_of_where_one_is_missing(
    store: httpx.Client, connection: Connection
) -> None:
    """It sends, and nobody said what it measures: the freezer without a logger, and the first steps, ask for that."""
    told = "Readings arrive from logger tag, which is attached nowhere"
    assert told not in shown(store, "/containers/f1")
    send(store, "tag", [-80.0] * 3, minutes_ago=11)
    send(store, "loose", [-80.0] * 3, minutes_ago=11)
    for path in ("/containers/f1", "/start"):
        assert told in shown(store, path), path
    assert "/containers/f1/attach?logger=tag" in store.get("/containers/f1").text
    assert "Readings arrive from logger loose" in shown(store, "/start")
    assert "/new/logger?id=loose" in store.get("/start").text
    assert "it is attached nowhere, and what it sends counts for nothing" in shown(store, "/loggers/tag")
    with calling(store, connection, (Role.TECHNICIAN, "zurich")):
        assert told in shown(store, "/start")
        assert "loose" not in shown(store, "/start"), "it may be of another clinic"
    attach(store, commissioned_at=ago(60))
    for path in ("/containers/f1", "/start"):
        assert told not in shown(store, path), path
