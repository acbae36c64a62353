"""Sites, products, profiles, containers and loggers over HTTP."""

from typing import Any

import httpx
import pytest

from service.store.pool import Connection
from tests.cold_store import ago, all_of, get, put, refusal, register_logger, register_site, send

SITE = {"id": "zurich", "name": "Zürich", "time_zone": "Europe/Zurich"}
PRODUCT = {"id": "exo-a", "name": "Exosomes A", "profile_id": "cryo-80"}
CONTAINER = {"id": "f1", "site_id": "zurich", "name": "Freezer 1", "kind": "freezer", "profile_id": "cryo-80"}
LOGGER = {"id": "TAG 7/b", "site_id": "zurich", "model": "Tag", "range_min_c": -95.0, "range_max_c": 40.0}


@pytest.fixture
def site(api: httpx.Client) -> httpx.Client:
    """The service, knowing one site."""
    put(api, "/sites", SITE)
    return api


def test_a_site_is_registered_once(api: httpx.Client) -> None:
    """Two freezers' homes must never share a name by accident."""
    recorded = {**SITE, "organisation_id": None, "retired_at": None}
    assert put(api, "/sites", SITE) == recorded
    assert all_of(api, "/sites") == [recorded]
    assert get(api, "/sites/zurich") == recorded
    assert "'zurich' exists already" in refusal(api.post("/v1/sites", json={**SITE, "name": "Other"}), 409)
    assert all_of(api, "/sites") == [recorded]


def test_a_product_is_pinned_to_its_profiles_version(api: httpx.Client) -> None:
    """A later version of the conditions does not judge what was made under an earlier one."""
    assert put(api, "/products", PRODUCT).items() >= {**PRODUCT, "profile_version": 1}.items()
    assert all_of(api, "/products") == [get(api, "/products/exo-a")]
    refusal(api.post("/v1/products", json=PRODUCT), 409)


def test_a_container_has_a_site_and_a_profile(site: httpx.Client) -> None:
    """The profile of a freezer decides when its alarm rings."""
    unsaid = {"mapping_study": None, "door_grace_s": 0, "declared_c": None, "retired_at": None}
    where = {"in_id": None, "position": None, "path": [{"id": "f1", "name": "Freezer 1", "position": None}]}
    recorded = {**CONTAINER, **unsaid, **where, "profile_version": 1}
    assert put(site, "/containers", CONTAINER) == recorded
    assert get(site, "/containers/f1") == recorded
    assert [row["id"] for row in all_of(site, "/containers", site_id="zurich")] == ["f1"]
    assert all_of(site, "/containers", site_id="boston") == []
    refusal(site.post("/v1/containers", json=CONTAINER), 409)


def test_a_logger_is_registered_once(site: httpx.Client) -> None:
    """Registering again could quietly change what its "HI" has proven so far."""
    created = put(site, "/loggers", LOGGER)
    assert {name: created[name] for name in LOGGER} == LOGGER
    assert (created["attached"], created["container_ids"], created["probes"]) == (False, [], [])
    assert (created["online"], created["first_seen_at"], created["last_reading"]) == (None, None, None)
    assert created["registered_at"] is not None
    assert all_of(site, "/loggers") == [created]
    assert get(site, "/loggers/TAG%207%2Fb").items() >= created.items()
    assert "registered already" in refusal(site.post("/v1/loggers", json=LOGGER), 409)


def test_a_logger_heard_before_anybody_registered_it_is_listed(site: httpx.Client, connection: Connection) -> None:
    """A device switched on too early is found, registered and attached, and nothing it said is lost."""
    answer = site.post(
        "/v1/readings",
        params={"logger_id": "early", "site_id": "zurich"},
        json={"measured_at": ago(5), "temperature_c": -79.5, "battery_v": 3.5},
    )
    assert answer.json()["stored"] == 1
    [heard] = all_of(site, "/loggers", registered=False)
    assert get(site, "/loggers/early").items() >= heard.items()
    assert (heard["attached"], heard["registered_at"], heard["site_id"]) == (False, None, "zurich")
    assert (heard["probes"], heard["model"], heard["range_max_c"]) == ([""], "", None)
    assert heard["last_reading"]["temperature_c"] == -79.5
    assert heard["last_reading"]["quality"] == "ok"
    assert heard["last_reading"]["battery_v"] == 3.5

    register_logger(site, "early")
    put(site, "/containers", CONTAINER)
    body = {"id": "a1", "logger_id": "early", "place": "air", "from": ago(60)}
    put(site, "/containers/f1/attachments", body)
    [known] = all_of(site, "/loggers", attached=True)
    assert (known["id"], known["attached"], known["container_ids"]) == ("early", True, ["f1"])
    assert all_of(site, "/loggers", attached=False) == []
    assert connection.execute("SELECT count(*) AS n FROM readings").fetchall() == [{"n": 1}]


def test_the_newest_reading_of_a_logger_is_shown(site: httpx.Client) -> None:
    """Whoever looks for a silent logger sees what it said last, a fault among it."""
    register_logger(site, "tag")
    send(site, "tag", [-80, -79, "HI"], minutes_ago=30)
    newest = get(site, "/loggers/tag")["last_reading"]
    assert (newest["temperature_c"], newest["quality"], newest["probe"]) == (None, "hi", "")


_DANGLING: list[tuple[str, dict[str, Any], str]] = [
    ("/products", {**PRODUCT, "profile_id": "warm"}, "profile_id"),
    ("/containers", {**CONTAINER, "profile_id": "warm"}, "profile_id"),
    ("/containers", {**CONTAINER, "site_id": "nowhere"}, "site_id"),
    ("/loggers", {**LOGGER, "site_id": "nowhere"}, "site_id"),
]


def test_what_is_referred_to_must_exist(site: httpx.Client) -> None:
    """A freezer at a site nobody knows is a slip of the pen; the refusal names the slip and leaves nothing behind."""
    for path, body, field in _DANGLING:
        named = body[field]
        words = refusal(site.post(f"/v1{path}", json=body), 422, field)
        assert f"'{named}'" in words
        assert "register it first" in words
        assert all_of(site, path) == []


def test_what_is_not_there_is_not_found(api: httpx.Client) -> None:
    """A mistyped id is told as such, with where to look."""
    for path in ("sites/no", "products/no", "profiles/no", "containers/no", "containers/no/attachments", "loggers/no"):
        assert "'no'" in refusal(api.get(f"/v1/{path}"), 404)


_WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("/sites", {"id": "a b"}, "id"),
    ("/sites", {"id": "../etc"}, "id"),
    ("/sites", {"id": "zürich"}, "id"),
    ("/sites", {"id": "x" * 65}, "id"),
    ("/sites", {"id": ""}, "id"),
    ("/sites", {"id": 7}, "id"),
    ("/sites", {"id": "nul\x00"}, "id"),
    ("/sites", {"name": "  "}, "name"),
    ("/sites", {"name": "nul\x00"}, "name"),
    ("/sites", {"name": "x" * 201}, "name"),
    ("/sites", {"time_zone": "Mars/Olympus"}, "time_zone"),
    ("/sites", {"colour": "blue"}, "colour"),
    ("/containers", {"kind": "cupboard"}, "kind"),
    ("/containers", {"site_id": "\x00"}, "site_id"),
    ("/containers", {"profile_id": None}, "profile_id"),
    ("/loggers", {"id": "tab\t"}, "id"),
    ("/loggers", {"id": "nul\x00"}, "id"),
    ("/loggers", {"id": "x" * 129}, "id"),
    ("/loggers", {"model": "nul\x00"}, "model"),
    ("/loggers", {"range_min_c": 40.0}, "range_max_c"),
    ("/loggers", {"range_min_c": -300.0}, "range_min_c"),
    ("/loggers", {"range_max_c": "warm"}, "range_max_c"),
]


def test_a_wrong_field_is_named(site: httpx.Client) -> None:
    """Who registers a freezer at night is told which field is wrong, not that something is."""
    for path, change, field in _WRONG:
        body = {"/sites": {**SITE, "id": "boston"}, "/containers": CONTAINER, "/loggers": LOGGER}[path]
        words = refusal(site.post(f"/v1{path}", json={**body, **change}), 422, field)
        assert words.startswith(f"{field}: ")
        assert len(all_of(site, path)) == (1 if path == "/sites" else 0)


def test_missing_fields_are_named_all_at_once(api: httpx.Client) -> None:
    """One answer for a form, not one for each empty line of it."""
    answer = api.post("/v1/sites", json={"id": "zurich"})
    refusal(answer, 422, "name")
    assert [error["field"] for error in answer.json()["errors"]] == ["name", "time_zone"]


def test_every_profile_says_where_its_figures_come_from(api: httpx.Client) -> None:
    """A limit without a source is an opinion."""
    profiles = all_of(api, "/profiles")
    assert {profile["id"] for profile in profiles} >= {"cryo-80", "ln2-vapour", "frozen-20", "lyophilised-2-8"}
    assert all(profile["source"] and profile["limits"] for profile in profiles)
    cryo = get(api, "/profiles/cryo-80")
    assert cryo in profiles
    assert cryo["limits"][0] == {
        "direction": "above",
        "threshold_c": -60.0,
        "effect": "condemns",
        "budget_s": 3600,
        "single_s": None,
        "alarm_delay_s": 600,
    }


def test_lists_are_in_the_order_of_their_ids(api: httpx.Client) -> None:
    """A list read every morning keeps its order."""
    register_site(api)
    for site_id in ("c", "a", "b"):
        put(api, "/sites", {**SITE, "id": site_id})
    assert [row["id"] for row in all_of(api, "/sites")] == ["a", "b", "c", "zurich"]
