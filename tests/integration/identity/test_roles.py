"""One request for each route, role and site: who may do what, where."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from service.auth.access import access_to
from service.domain.identity.caller import Caller, Grant, Role
from service.domain.identity.permissions import PERMISSIONS
from service.store.pool import Connection
from service.store.visible import visible
from tests.acting import TESTER
from tests.alarms import add_warm
from tests.callers import called_by_logger, called_by_nobody, calling
from tests.cold_store import ago, attachment, get, put, refusal
from tests.routes import address
from tests.routes import answering as routes_of
from tests.statements import counted
from tests.two_sites import add_product, furnish_site, ids_at


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> dict[str, Any]:
    """Two sites: all that there is at one, and at the other what somebody there could confuse it with."""
    add_product(api)
    numbers = furnish_site(api, connection, "zurich")
    put(api, "/sites", {"id": "bern", "name": "Bern", "time_zone": "Europe/Zurich"})
    body = {"id": "bern-freezer", "site_id": "bern", "name": "Bern", "kind": "freezer", "profile_id": "cryo-80"}
    put(api, "/containers", body)
    put(api, "/loggers", {"id": "bern-logger", "site_id": "bern", "range_min_c": -100, "range_max_c": 50})
    return {**ids_at("zurich"), **numbers, "change_id": 1, "token": "x"}


def requested(api: httpx.Client, route: APIRoute, there: dict[str, Any]) -> httpx.Response:
    """A request about what there is at Zürich, without a body that could be taken."""
    path = route.path.replace(":path}", "}").format(**there)
    [method] = route.methods
    if route.name == "get_events":
        # It would answer without end.
        method = "HEAD"
    # Forms of pages are sent from our own.
    own = {"Origin": str(api.base_url).rstrip("/")}
    return api.request(method, path, headers=own, **({} if method in {"GET", "HEAD"} else {"json": {}}))


def expected(route: APIRoute, role: Role, site: str | None) -> set[int] | None:
    """With which statuses it is refused to somebody with this role at this site; None: it is not."""
    permission = PERMISSIONS[route.name]
    if not permission.roles:
        return None
    if role not in permission.roles or (permission.everywhere and site is not None):
        return {403}
    named = set(route.param_convertors) - {
        "product_id",
        "profile_id",
        "attachment_id",
        "specification_id",
        "version",
        "gtin",
    }
    return {404} if site == "bern" and named else None


@pytest.mark.long
def test_each_role_opens_its_routes_at_its_site_and_no_others(
    api: httpx.Client, http_service: FastAPI, connection: Connection, store: dict[str, Any]
) -> None:
    """A technician of Bern calibrates nothing at Zürich, an auditor calibrates nothing at all."""
    wrong, opened = [], 0
    for role in Role:
        for site in ("zurich", "bern", None):
            with calling(api, connection, (role, site)):
                for route in routes_of(http_service):
                    refused = expected(route, role, site)
                    if site is None and (refused is not None or not PERMISSIONS[route.name].everywhere):
                        continue
                    status = requested(api, route, store).status_code
                    opened += refused is None
                    fits = status not in {401, 403, 500, 503} if refused is None else status in refused
                    there = status != 404 or any(
                        named in route.path for named in ("token", "change_id", "sha256", "/certificate")
                    )
                    if not fits or (refused is None and not there):
                        wrong.append(f"{role} at {site}: {address(route)} gives {status}, expected {refused}")
    assert not wrong, "\n".join(wrong)
    assert opened > 500


def test_nobody_is_told_anything(api: httpx.Client, http_service: FastAPI, store: dict[str, Any]) -> None:
    """Who does not say who they are learns that the service lives, and nothing of any lot."""
    for route in routes_of(http_service):
        with called_by_nobody(api):
            answer = requested(api, route, store)
        if PERMISSIONS[route.name].roles is None:
            assert answer.status_code not in {401, 403, 500}, address(route)
        else:
            assert answer.status_code in {401, 303}, address(route)
            assert "zurich" not in answer.text.replace("/zurich", ""), address(route)


def lot_at(api: httpx.Client, lot_id: str, container_id: str) -> str:
    """A lot that is in this container."""
    put(api, "/lots", {"id": lot_id, "product_id": "exo-a", "lot_number": "L", "life_starts_at": ago(10)})
    put(api, f"/lots/{lot_id}/placements", {"id": f"{lot_id}-1", "container_id": container_id, "from": ago(10)})
    return lot_id


#: What names something in its body: method and address, the body, where its field is, and what it names elsewhere.
_NAMING = [
    (
        "POST",
        "/v1/containers",
        {"id": "new", "name": "N", "kind": "freezer", "profile_id": "cryo-80"},
        "site_id",
        "site",
    ),
    ("POST", "/v1/loggers", {"id": "new", "range_min_c": -100, "range_max_c": 50}, "site_id", "site"),
    ("POST", "/v1/containers/bern-freezer/attachments", attachment("", "new"), "logger_id", "logger"),
    ("POST", "/v1/lots/at-bern/placements", {"id": "new", "from": ago(1)}, "container_id", "freezer"),
    ("POST", "/v1/containers/bern-freezer/move", {}, "to_id", "freezer"),
    ("POST", "/v1/recalls", {"reason": "a donor"}, "lot_id", "lot"),
    ("POST", "/v1/silences", {"until": ago(-60), "reason": "work"}, "container_id", "freezer"),
    ("POST", "/v1/silences", {"until": ago(-60), "reason": "work"}, "site_id", "site"),
]


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(("method", "path", "body", "field", "kind"), _NAMING)
def test_what_a_body_names_elsewhere_looks_as_if_it_were_not_there(
    api: httpx.Client,
    connection: Connection,
    method: str,
    path: str,
    body: dict[str, Any],
    field: str,
    kind: str,
) -> None:
    """Nobody moves a lot into another hospital's freezer, or finds out by trying which freezers it has."""
    lot_at(api, "at-bern", "bern-freezer")
    there = "zurich" if kind == "site" else f"zurich-{kind}"
    with calling(api, connection, *((role, "bern") for role in Role)):
        hidden = api.request(method, path, json={**body, field: there})
        missing = api.request(method, path, json={**body, field: f"{there}-not"})
        assert refusal(hidden, 422, field).replace(there, "") == refusal(missing, 422, field).replace(
            f"{there}-not", ""
        )
    with calling(api, connection, *((role, "bern") for role in Role), (Role.VIEWER, "zurich")):
        assert "zurich" in refusal(api.request(method, path, json={**body, field: there}), 403)
    with calling(api, connection, *((role, site) for role in Role for site in ("bern", "zurich"))):
        # The probe is still attached at Zürich.
        assert api.request(method, path, json={**body, field: there}).status_code in {201, 409}


@pytest.mark.parametrize("written", ["{}", "%2B{}", "%20{}", "{}.0", "0_{}", "0000000000000000000000{}"])
def test_a_number_names_the_same_however_it_is_written(
    api: httpx.Client, connection: Connection, store: dict[str, Any], written: str
) -> None:
    """Whoever writes +5 for 5 sees and takes over no alert of another site."""
    alert, message = (written.format(store[name]) for name in ("alert_id", "message_id"))
    with calling(api, connection, *((role, "bern") for role in Role)):
        refusal(api.get(f"/v1/alerts/{alert}"), 404)
        refusal(api.post(f"/v1/alerts/{alert}/acknowledge", json={}), 404)
        refusal(api.get(f"/v1/rejected-messages/{message}"), 404)


@pytest.mark.usefixtures("store")
def test_what_concerns_all_sites_needs_a_grant_at_all(api: httpx.Client, connection: Connection) -> None:
    """One ward does not silence the alarms of every other; that all are silenced, every ward sees."""
    body = {"cause": "limit_crossed", "until": ago(-60), "reason": "exercise"}
    with calling(api, connection, (Role.ON_CALL, "bern")):
        assert "on_call at 'bern'" in refusal(api.post("/v1/silences", json=body), 403)
        assert not get(api, "/silences")["items"]
    silenced = put(api, "/silences", body)["id"]
    with calling(api, connection, (Role.ON_CALL, "bern")):
        assert [one["id"] for one in get(api, "/silences")["items"]] == [silenced]
        refusal(api.post(f"/v1/silences/{silenced}/end", json={"reason": "over"}), 403)


@pytest.mark.usefixtures("store")
def test_a_lot_that_moved_on_is_read_where_it_was_and_moved_where_it_is(
    api: httpx.Client, connection: Connection
) -> None:
    """Who sent a lot can say years later how it was kept; only who has it can put it elsewhere."""
    lot_id = lot_at(api, "sent", "zurich-freezer")
    placed = {"id": "arrived", "container_id": "bern-freezer", "from": ago(2)}
    put(api, f"/lots/{lot_id}/placements", placed)
    back = {"id": "back", "container_id": "zurich-freezer", "from": ago(1)}
    with calling(api, connection, (Role.CUSTODIAN, "zurich")):
        assert [one["container_id"] for one in get(api, f"/lots/{lot_id}/placements")["items"]][-1] == "bern-freezer"
        assert "sent" in refusal(api.post(f"/v1/lots/{lot_id}/placements", json=back), 403)
    with calling(api, connection, (Role.CUSTODIAN, "bern")):
        refusal(api.post(f"/v1/lots/{lot_id}/placements", json=back), 422, "container_id")
    struck = {"kind": "placement", "row_id": "arrived", "replacement": None, "reason": "never came"}
    with calling(api, connection, (Role.CUSTODIAN, "zurich"), (Role.QUALITY, "zurich")):
        assert "arrived" in refusal(api.post("/v1/corrections", json=struck), 403)
    noted = put(api, f"/lots/{lot_id}/placements", {**back, "from": ago(1), "container_id": "bern-freezer"})
    assert noted["id"] == "back"
    put(api, "/corrections", {**struck, "row_id": "back"})
    [change] = [one for one in get(api, "/changes", lot_id=lot_id)["items"] if one["kind"] == "correction"]
    with calling(api, connection, (Role.QUALITY, "zurich")):
        assert get(api, f"/changes/{change['id']}")["site_id"] == "bern"
        record = {"kind": "change", "id": str(change["id"]), "sha256": change["content_sha256"]}
        signed = api.post("/v1/signatures", json={"records": [record], "password": "x"})
        assert "where this needs the role quality" in refusal(signed, 403)


@pytest.mark.usefixtures("store")
def test_only_who_acts_there_corrects_what_was_recorded(api: httpx.Client, connection: Connection) -> None:
    """What was recorded of one site is struck by nobody of another, and not found out by trying."""
    rows = {
        "placement": "zurich-placed",
        "attachment": "zurich-attached",
        "calibration": "zurich-calibration",
        "clock_mend": "zurich-mend",
        "absence": "zurich-absence",
    }
    for kind, row_id in rows.items():
        body = {"kind": kind, "row_id": row_id, "replacement": None, "reason": "slip"}
        with calling(api, connection, *((role, "bern") for role in Role)):
            hidden = refusal(api.post("/v1/corrections", json=body), 404)
            missing = refusal(api.post("/v1/corrections", json={**body, "row_id": "none"}), 404)
            assert hidden.replace(row_id, "none") == missing
        records, does_not = Role.TECHNICIAN, Role.CUSTODIAN
        if kind == "placement":
            records, does_not = does_not, records
        with calling(api, connection, (does_not, "zurich")):
            assert records.value in refusal(api.post("/v1/corrections", json=body), 403)
        with calling(api, connection, (records, "zurich")):
            assert api.post("/v1/corrections", json=body).status_code == 201, kind


@pytest.mark.usefixtures("store")
def test_a_logger_that_is_heard_elsewhere_is_not_taken_over(api: httpx.Client, connection: Connection) -> None:
    """A logger's readings prove what is kept at its site; registered at another, they would prove nothing any more."""
    heard = {"logger_id": "heard", "site_id": "zurich"}
    reading = [{"measured_at": ago(5), "temperature_c": -80}]
    assert api.post("/v1/readings", params=heard, json=reading).status_code == 200
    with calling(api, connection, (Role.TECHNICIAN, "bern")):
        refusal(api.post("/v1/loggers", json={"id": "heard", "site_id": "bern"}), 409)
        refusal(api.post("/v1/readings", params={**heard, "site_id": "bern"}, json=reading), 422, "logger_id")
        refusal(api.post("/v1/readings", params={"logger_id": "zurich-logger"}, json=reading), 422, "logger_id")
        own = {"logger_id": "fresh", "site_id": "bern"}
        assert api.post("/v1/readings", params=own, json=reading).status_code == 200
        assert [one["id"] for one in get(api, "/loggers")["items"]] == ["bern-logger", "fresh"]


@pytest.mark.usefixtures("store")
def test_a_page_that_may_not_be_seen_says_what_to_do_with_the_vial(api: httpx.Client, connection: Connection) -> None:
    """Who holds a vial whose page they cannot see has to be told that it is not proven to them."""
    browser = {"Accept": "text/html"}
    with calling(api, connection, (Role.VIEWER, "bern")):
        hidden = api.get("/lots/zurich-lot", headers=browser)
        missing = api.get("/lots/none", headers=browser)
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert "There is no lot “zurich-lot”" in hidden.text
    assert "do not use it yet" in hidden.text
    with calling(api, connection, (Role.MONITOR, None)):
        refused = api.get("/", headers=browser)
    assert refused.status_code == 403
    assert "This needs the role viewer, clinician" in refused.text
    assert "you are monitor at all sites" in refused.text
    assert "keep it cold, set it apart, tell quality" in refused.text


def test_whoever_may_see_all_sites_is_asked_nothing(connection: Connection) -> None:
    """One hospital with one site, where every answer is looked at, waits for no question about sites."""
    tester = Caller(TESTER, (Grant(Role.QUALITY, None),))
    access = access_to(tester, PERMISSIONS["place_lot"])
    with counted(connection) as statements:
        access.refuse_hidden(connection, "lot", "lot")
        access.refuse_elsewhere(connection, "container", "freezer", "container_id")
        access.refuse_recorded_elsewhere(connection, "placement", "placement", "placed")
        access.refuse_not_everywhere("all alerts")
    assert not statements
    assert visible("lot", "lots.id", access.acts) == "true"


@pytest.mark.usefixtures("store")
def test_a_loggers_key_sends_its_own_readings_alone(api: httpx.Client, connection: Connection) -> None:
    """A key that lies in a logger on a corridor proves nothing of any other freezer."""
    reading = [{"measured_at": ago(5), "temperature_c": -80}]
    with called_by_logger(api, connection, "zurich-logger"):
        assert api.post("/v1/readings", params={"logger_id": "zurich-logger"}, json=reading).status_code == 200
        other = api.post("/v1/readings", params={"logger_id": "zurich-spare"}, json=reading)
        assert "zurich-logger" in refusal(other, 403)
        for path in ("/v1/lots", "/v1/loggers/zurich-logger", "/"):
            assert api.get(path).status_code == 403


@pytest.mark.usefixtures("store")
def test_who_answers_an_alert_moves_lots_only_where_they_may(api: httpx.Client, connection: Connection) -> None:
    """Called to one hospital's freezer, nobody puts its vials into another hospital's book."""
    alert_id = add_warm(connection, "zurich-freezer", ["zurich-lot"], site_id="zurich")
    moved = {"act": "move", "container": "zurich-freezer", "to": "zurich-refuge"}
    with calling(api, connection, (Role.ON_CALL, "zurich"), (Role.CUSTODIAN, "bern")):
        refused = api.post(f"/alerts/{alert_id}", data=moved)
        assert refused.status_code == 409
        assert "neither custodian nor quality where these lots are" in refused.text
    with calling(api, connection, (Role.ON_CALL, "zurich"), (Role.CUSTODIAN, "zurich")):
        assert "Bern" not in api.get(f"/alerts/{alert_id}").text
        assert "Choose the container" in api.post(f"/alerts/{alert_id}", data={**moved, "to": "bern-freezer"}).text
        assert api.post(f"/alerts/{alert_id}", data=moved).status_code == 303
