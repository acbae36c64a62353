"""Lists are pages: each row comes once, whatever is added meanwhile, and no list comes whole."""

import socket
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from service.acts.adoptions import adopt
from service.domain.answers.papers import Finding
from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.store.acting import acting
from service.store.changes import note_change
from service.store.identity.kiosks import add_kiosk
from service.store.lots.assessments import NewAssessment, add_assessment
from service.store.lots.carried_in import NewCarriedIn, add_carried_in
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.adoptions import Adoption
from tests.acting import TESTER
from tests.alarms import add_message, add_warm
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
from tests.rejected_messages import add_rejected
from tests.signing import sign_all

BY = {"reason": "mistyped"}

SPECIFICATION = {"name": "S", "items": [{"name": "it", "label": "It", "kind": "text"}], "source": "Ours."}

#: Every list there is; in the store below each has at least two rows.
LISTS = (
    "/sites",
    "/profiles",
    "/products",
    "/containers",
    "/containers/f1/attachments",
    "/containers/f1/alternatives",
    "/containers/zz4/contents",
    "/containers/zz1/nestings",
    "/containers/f1/readings",
    "/containers/f1/attachments/f1-attached/absences",
    "/loggers",
    "/loggers/f1-logger/calibrations",
    "/loggers/f1-logger/clock-mends",
    "/calibrations/found-wrong/lots",
    "/lots",
    "/lots/moved/placements",
    "/lots/moved/excursions",
    "/lots/moved/gaps",
    "/lots/moved/verdicts",
    "/lots/moved/answers",
    "/lots/stayed/dispositions",
    "/lots/moved/assessments",
    "/containers/f1/assessments",
    "/lots/moved/carried-in",
    "/products/exo-a/adoptions",
    "/recalls",
    "/lots/moved/readings",
    "/corrections",
    "/alerts",
    "/alerts/1/lots",
    "/silences",
    "/notifications",
    "/rejected-messages",
    "/csv-mappings",
    "/specifications",
    "/documents",
    "/lots/moved/certificates",
    "/changes",
    "/signatures",
    "/moves",
    "/organisations",
    "/handovers",
    "/lots/moved/custody",
    "/lots/whole/parts",
    "/lots/whole/serials",
    "/shipments",
    "/audit",
    "/sites/zurich/signing-rules",
    "/kiosks",
    "/checks",
    "/aliases",
)


def move_and_hand_over(api: httpx.Client) -> None:
    """All lots are moved and moved back, and one is given to a carrier by who had it first."""
    put(api, "/containers/f1/move", {"to_id": "f3"})
    put(api, "/containers/f3/move", {"to_id": "f1"})
    for name in ("maker", "clinic"):
        put(api, "/organisations", {"id": name, "name": name, "kind": name})
    put(api, "/lots/moved/custody", {"organisation_id": "maker", "at": ago(5)})
    put(api, "/lots/moved/custody", {"organisation_id": "clinic", "carrier": "DHL", "waybill": "JD1"})


def put_beside(api: httpx.Client) -> None:
    """What is beside three freezers: another site, another product, and two boxes that were in two others."""
    put(api, "/sites", {"id": "basel", "name": "Basel", "time_zone": "Europe/Zurich"})
    put(api, "/products", {"id": "exo-b", "name": "Exosomes B", "profile_id": "cryo-80"})
    for box in ("zz1", "zz2", "zz3", "zz4"):
        body = {"id": box, "site_id": "zurich", "name": box, "kind": "box", "profile_id": "cryo-80"}
        put(api, "/containers", body)
    for box in ("zz1", "zz2"):
        for outer, minutes in (("zz3", 9), ("zz4", 5)):
            nesting = {"id": f"{box}-{outer}", "in_id": outer, "from": ago(minutes)}
            put(api, f"/containers/{box}/nestings", nesting)


def split_and_ship(api: httpx.Client) -> None:
    """A lot with two ranges of serials and two parts; and two shippers that are to be sent."""
    whole = {"id": "whole", "product_id": "exo-a", "lot_number": "WHOLE", "units": 10, "life_starts_at": ago(60)}
    put(api, "/lots", whole)
    for letter in "AB":
        put(api, "/lots/whole/serials", {"first": f"{letter}1", "last": f"{letter}5"})
    for letter in "AB":
        part = {"id": f"whole-{letter}", "serials": [{"first": f"{letter}1"}]}
        put(api, "/lots/whole/split", {"parts": [part]})
        shipper = {"id": f"shipper-{letter}", "site_id": "zurich", "name": letter, "kind": "shipper"}
        put(api, "/containers", {**shipper, "profile_id": "cryo-80"})
        sent = {"from_site_id": "zurich", "to_site_id": "basel", "carrier": "DHL", "expected_at": ago(-60)}
        put(api, "/shipments", {**sent, "id": letter, "containers": [{"id": f"shipper-{letter}"}]})


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """A cold store in which something of everything happened at least twice."""
    furnish(api, "f1", "f2", "f3")
    put_beside(api)
    register_logger(api, "second")
    put(api, "/containers/f1/attachments", attachment("second", "second-attached"))
    for lot in ("moved", "stayed"):
        register_lot(api, lot, "f1", 60)
    evaluate(connection)
    warm, cold = ([-80, -50, -80, -10, -10, -80], 60), ([-80] * 6, 25)
    for logger, sent in (("f1-logger", warm), ("second", warm), ("f2-logger", cold), ("f3-logger", cold)):
        send(api, logger, *sent)
    evaluate(connection)
    for is_on in (False, False):
        put(api, "/sites/zurich/signing-rules", {"rule": "accepts_files", "is_on": is_on, "reason": "none any more"})
    put(api, "/lots/moved/placements", {"id": "moved-f2", "container_id": "f2", "from": ago(5)})
    for number in range(2):
        span = {"from": ago(200 - 50 * number), "until": ago(190 - 50 * number), **BY}
        put(api, "/loggers/f1-logger/clock-mends", {"id": f"m{number}", "offset_s": 60, **span})
        put(api, "/containers/f1/attachments/f1-attached/absences", {"id": f"a{number}", **span})
        correction = {"kind": "absence", "row_id": f"a{number}", "replacement": None, **BY}
        assert api.post("/v1/corrections", json=correction).status_code == 201
        put(api, "/containers/f1/attachments/f1-attached/absences", {"id": f"b{number}", **span})
        put(api, "/silences", {"site_id": "zurich", "until": ago(-60), **BY})
        put(api, "/csv-mappings", {"model": f"model-{number}", "measured_at": "t", "temperature": "c", "unit": "C"})
        alert = add_warm(connection, "f1", ("moved", "stayed"), subject=f"container:{number}", site_id="zurich")
        add_message(connection, [alert])
        add_rejected(connection, topic=f"t/{number}", payload=b"x", code="not_json", received_at=datetime.now(UTC))
    for name, minutes in (("before", 100), ("found-wrong", 10)):
        calibration = {"id": name, "from": ago(minutes), "certificate": "C", "as_found": "fail"}
        put(api, "/loggers/f1-logger/calibrations", calibration)
    with acting(connection, TESTER):
        for number in range(2):
            add_kiosk(connection, f"tablet {number}", "zurich", bytes([number]))
        adopt(connection, Adoption("exo-a", specification=("exosomes", 1)))
    sign_all(connection)
    own = {"product_id": "exo-a", "lot_number": "MOVED", "issued_on": "2026-01-31"}
    for number in range(2):
        put(api, "/specifications", {**SPECIFICATION, "id": f"s{number}"})
        document = api.post("/v1/documents", content=f"{number}".encode(), headers={"Content-Type": "text/plain"})
        assert document.status_code == 201
        entered = {**own, "signatory": "Dr R. Meier", "items": {"cd9": f"{'+' * (number + 1)}"}}
        assert api.put("/v1/lots/moved/certificate", json=entered).status_code == 201
    with acting(connection, TESTER, "as tested"):
        for number in range(2):
            adopt(connection, Adoption("exo-a", release_signatures=number))
            change_id = note_change(connection, Kind.ASSESSMENT, "", {}, [Touched(lot_id="moved")], Cause.PAPERS)
            stretch = (Finding.GAP, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), 0, "chart")
            for lot_id, container_id in (("moved", None), (None, "f1")):
                add_assessment(connection, NewAssessment(lot_id, container_id, *stretch, None, "D-1"), change_id)
            used = NewCarriedIn("moved", datetime(2026, 1, 1, tzinfo=UTC), (), "record", None)
            add_carried_in(connection, used, change_id)
    for lot, decision in (("moved", "quarantined"), ("stayed", "rejected")):
        put(api, "/lots/stayed/disposition", {"decision": decision, **BY})
        put(api, "/recalls", {"lot_id": lot, **BY})
        put(api, "/checks", {"site_id": "zurich", "comment": "cold"})
        put(api, "/aliases", {"code": f"label of {lot}", "lot_id": lot})
    move_and_hand_over(api)
    split_and_ship(api)
    evaluate(connection)
    return api


def walked(api: httpx.Client, path: str, limit: int = 1) -> list[Any]:
    """A list, page by page."""
    page = get(api, path, limit=limit)
    items: list[Any] = page["items"]
    while page["next"] is not None:
        assert len(page["items"]) == limit
        page = get(api, path, limit=limit, after=page["next"])
        items += page["items"]
    return items


def named(row: dict[str, Any]) -> dict[str, Any]:
    """What a row is known by: time goes on while one looks, and figures grow."""
    known = ("id", "from", "direction", "kind", "model", "version", "lot_id", "container_id", "series_id", "sha256")
    return {name: row[name] for name in known if name in row}


def test_page_by_page_each_row_comes_once(store: httpx.Client) -> None:
    """Whoever copies a cold store into another system, a page at a time, misses no lot and gets none twice."""
    for path in LISTS:
        whole = all_of(store, path, limit=1_000)
        assert len(whole) >= 2, path
        for limit in (1, 2):
            assert list(map(named, walked(store, path, limit))) == list(map(named, whole)), (path, limit)


def test_every_list_is_walked_here(store: httpx.Client) -> None:
    """A list that is added without pages, or without this test, grows unseen until a clinic's browser hangs."""
    described = store.get("/openapi.json").json()["paths"]
    lists = [path for path, methods in described.items() if methods.get("get", {}).get("operationId", "")[:4] == "list"]
    assert len(lists) == len(LISTS)


def test_what_is_added_meanwhile_moves_no_page(store: httpx.Client) -> None:
    """A freezer registered while somebody turns the page shows no other one twice, and hides none."""
    first = get(store, "/containers", limit=2)
    assert [row["id"] for row in first["items"]] == ["f1", "f2"]
    register_container(store, "a-new-one")
    register_container(store, "f9-new-one")
    second = get(store, "/containers", limit=2, after=first["next"])
    assert [row["id"] for row in second["items"]] == ["f3", "f9-new-one"]


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("/sites", "zu%FFrich"),
        ("/sites", "zu%00rich"),
        ("/sites", "basel,zurich"),
        ("/alerts", "one"),
        ("/alerts", "9" * 30),
        ("/profiles", "cryo-80"),
        ("/lots/moved/placements", "yesterday,moved-f1"),
        ("/lots/moved/placements", "2026-01-31T06:00:00,moved-f1"),
        ("/lots/moved/placements", "2026-01-31T06:00:00Z"),
        ("/lots", "moved"),
    ],
)
def test_a_broken_cursor_is_refused(api: httpx.Client, path: str, after: str) -> None:
    """Half an address copied by hand would else begin somewhere, and what lies before would be missing."""
    if path.startswith("/lots/"):
        furnish(api, "f1")
        register_lot(api, "moved", "f1")
    assert "no `next` of this list" in refusal(api.get(f"/v1{path}", params={"after": after}), 422, "after")


def test_a_page_has_a_size(api: httpx.Client) -> None:
    """A page of none would never end, and one of all would be no page."""
    for limit in (0, -1, 1_001):
        refusal(api.get("/v1/lots", params={"limit": limit}), 422, "limit")
    words = refusal(api.get("/v1/sites", params={"offset": 10}), 422, "offset")
    assert "there are after, limit" in words


def test_an_address_has_room_for_all_that_is_taken(api: httpx.Client) -> None:
    """The longest key that the contract takes is taken, also where the address comes in pieces."""
    asked = api.build_request(
        "GET", "/v1/products", params={"after": "\N{LATIN SMALL LETTER U WITH DIAERESIS}" * 10_000}
    )
    head = f"GET {asked.url.raw_path.decode()} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n"
    head += f"Authorization: {api.headers['authorization']}\r\n\r\n"
    with socket.create_connection((api.base_url.host, api.base_url.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for first in range(0, len(head), 30_000):
            connection.sendall(head[first : first + 30_000].encode())
            time.sleep(0.05)
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
    assert answer.endswith(b'{"items":[],"next":null}')
