"""Profiles of one's own over HTTP."""

from typing import Any

import httpx
from psycopg.types.json import Jsonb

from service.store.pool import Connection
from tests.cold_store import all_of, evaluate, furnish, get, put, refusal, register_lot, send

THAW = {"threshold_c": -20, "min_s": 300, "allowed": 1, "effect": "condemns"}
PROFILE: dict[str, Any] = {
    "id": "own",
    "name": "Exosomes A, frozen",
    "limits": [{"direction": "above", "threshold_c": -60, "effect": "condemns", "budget_s": 36_000}],
    "max_gap_s": 900,
    "thaw": THAW,
    "source": "Stability study 2026-04.",
}


def test_a_profile_is_stored_as_the_next_version(api: httpx.Client) -> None:
    """What was judged under the first version stays judged under it."""
    first = put(api, "/profiles", PROFILE)
    assert (first["version"], first["thaw"], first["warning_fraction"]) == (1, THAW, 0.5)
    second = put(api, "/profiles", {**PROFILE, "thaw": None, "max_gap_s": 600})
    assert (second["version"], second["thaw"]) == (2, None)
    assert get(api, "/profiles/own") == second
    assert [row for row in all_of(api, "/profiles") if row["id"] == "own"] == [first, second]


def test_built_in_profiles_are_not_changed(api: httpx.Client) -> None:
    """The figures that come with the software are those in its documents."""
    before = get(api, "/profiles/cryo-80")
    assert "choose another id" in refusal(api.post("/v1/profiles", json={**PROFILE, "id": "cryo-80"}), 409)
    assert get(api, "/profiles/cryo-80") == before
    assert before["thaw"] is None


def test_a_profile_stored_before_there_were_thaw_rules_is_read(api: httpx.Client, connection: Connection) -> None:
    """An update of the software leaves every profile as it was."""
    stored = put(api, "/profiles", {**PROFILE, "thaw": None})
    document = {**stored, "id": "old"}
    del document["thaw"]
    connection.execute("INSERT INTO profiles (id, version, document) VALUES ('old', 1, %s)", [Jsonb(document)])
    assert get(api, "/profiles/old") == {**stored, "id": "old"}


_LIMIT = PROFILE["limits"][0]
_WRONG: list[tuple[dict[str, Any], str]] = [
    ({"limits": []}, "limits"),
    ({"limits": [{**_LIMIT, "budget_s": -1}]}, "limits.0.budget_s"),
    ({"limits": [{**_LIMIT, "budget_s": None}]}, "limits.0"),
    ({"limits": [{**_LIMIT, "direction": "beside"}]}, "limits.0.direction"),
    ({"max_gap_s": 0}, "max_gap_s"),
    ({"warning_fraction": 0}, "warning_fraction"),
    ({"source": " "}, "source"),
    ({"thaw": {**THAW, "min_s": 0}}, "thaw.min_s"),
    ({"thaw": {**THAW, "allowed": -1}}, "thaw.allowed"),
    ({"version": 7}, "version"),
]


def test_a_wrong_field_of_a_profile_is_named(api: httpx.Client) -> None:
    """A limit that condemns without a figure, or without a source, judges nothing."""
    for change, field in _WRONG:
        refusal(api.post("/v1/profiles", json={**PROFILE, **change}), 422, field)
    refusal(api.get("/v1/profiles/own"), 404)


def test_thaws_are_counted_for_a_lot_under_such_a_profile(api: httpx.Client, connection: Connection) -> None:
    """The second thaw condemns, and the status says how many there were; other lots beside it are not concerned."""
    furnish(api, "f1")
    put(api, "/profiles", PROFILE)
    put(api, "/products", {"id": "exo-t", "name": "Exosomes T", "profile_id": "own"})
    register_lot(api, "plain", "f1", 120)
    before = get(api, "/lots/plain")
    body = {"id": "lot", "product_id": "exo-t", "lot_number": "T", "life_starts_at": before["life_starts_at"]}
    put(api, "/lots", body)
    put(api, "/lots/lot/placements", {"id": "p", "container_id": "f1", "from": before["life_starts_at"]})
    send(api, "f1-logger", [-80, -10, -10, -10, -80, -80, -80, -10, -10, -80, *[-80] * 15], 120)
    evaluate(connection)
    status = get(api, "/lots/lot/status")
    assert (status["answer"], status["reasons"][0]["code"]) == ("do_not_use", "thawed_too_often")
    cycles = status["thaw_cycles"]
    assert (cycles["certain"], cycles["possible"], cycles["allowed"]) == (2, 2, 1)
    assert cycles["exceeded_at"] == status["reasons"][0]["since"]
    assert get(api, "/lots/plain/status")["thaw_cycles"] is None
