"""Forecasts over HTTP."""

import httpx
import pytest

from service.store.pool import Connection
from tests.cold_store import evaluate, furnish, get, refusal, register_lot, send


@pytest.fixture
def store(api: httpx.Client) -> httpx.Client:
    """The service, knowing two watched freezers and a product."""
    furnish(api, "f1", "f2")
    return api


def test_a_failing_freezer_is_foretold(store: httpx.Client, connection: Connection) -> None:
    """Half an hour before the limit staff read how long they have, for the freezer and for each lot in it."""
    register_lot(store, "lot", "f1", 70)
    register_lot(store, "nowhere")
    send(store, "f1-logger", [-80 + n for n in range(15)], 70)
    evaluate(connection)
    found = get(store, "/lots/lot/forecast")["forecast"]
    assert found["limit"] == {"direction": "above", "threshold_c": -60}
    crosses, gone = found["crosses_in_s"], found["budget_gone_in_s"]
    assert crosses["about"] == pytest.approx(30 * 60, abs=60)
    assert crosses["earliest"] < crosses["about"] < crosses["latest"]
    assert gone["about"] == pytest.approx(crosses["about"] + 3_600)
    assert found["text"].startswith("Above −60 °C in about ")
    container = get(store, "/containers/f1/forecast")
    assert container["reason"] is None
    assert container["forecast"]["crosses_in_s"]["about"] == pytest.approx(crosses["about"], abs=60)
    assert container["forecast"]["budget_gone_in_s"] is None
    assert get(store, "/lots/nowhere/forecast")["forecast"] is None
    assert "<dt>Forecast</dt><dd>Above" in store.get("/lots/lot").text


def test_a_steady_freezer_foretells_nothing_and_says_why(store: httpx.Client, connection: Connection) -> None:
    """Where nothing is to be told, that is told."""
    register_lot(store, "lot", "f1", 70)
    send(store, "f1-logger", [-80, -79] * 7, 65)
    evaluate(connection)
    assert get(store, "/lots/lot/forecast")["forecast"] is None
    assert "Forecast" not in store.get("/lots/lot").text
    steady, silent = get(store, "/containers/f1/forecast"), get(store, "/containers/f2/forecast")
    assert (steady["forecast"], silent["forecast"]) == (None, None)
    assert "up and down" in steady["reason"]
    assert "too few" in silent["reason"]
    refusal(store.get("/v1/containers/no/forecast"), 404)
    refusal(store.get("/v1/lots/no/forecast"), 404)
