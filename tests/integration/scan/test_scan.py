"""A vial is scanned: its answer, or why there is none, and what to do."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from service.domain.identity.caller import Role
from service.store.pool import Connection
from tests.callers import called_by_nobody, calling
from tests.cold_store import ago, evaluate, furnish, get, put, refusal, send

GTIN, OTHER = "09521234543213", "09521234543220"
#: Of what is kept until next year, and until the year after.
_YEAR = datetime.now(UTC).year
SOON, LATE = f"{_YEAR + 1}-12-31", f"{_YEAR + 2}-12-31"


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """Two freezers of a product with a number: in one, lots that may be used; the other is too warm."""
    furnish(api, "cold", "warm")
    assert api.patch("/v1/products/exo-a", json={"gtin": GTIN, "reason": "it has one now"}).is_success
    for lot_id, number, container, expires_on in (
        ("exo-1", "EXO-2411", "cold", LATE),
        ("exo-2", "EXO-2412", "cold", SOON),
        ("exo-3", "Exo-99", "warm", LATE),
        ("exo-4", "N-1", "cold", None),
    ):
        lot = {"id": lot_id, "product_id": "exo-a", "lot_number": number, "expires_on": expires_on}
        put(api, "/lots", {**lot, "life_starts_at": ago(90)})
        put(api, f"/lots/{lot_id}/placements", {"id": f"{lot_id}-in", "container_id": container, "from": ago(90)})
    send(api, "cold-logger", [-80] * 19, 90)
    send(api, "warm-logger", [-80] + [-20] * 18, 90)
    evaluate(connection)
    return api


def scanned(api: httpx.Client, code: str) -> dict[str, Any]:
    found: dict[str, Any] = get(api, "/scan", code=code)
    return found


def expiry(day: str) -> str:
    """As a label says it."""
    return day.replace("-", "")[2:]


def codes(found: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in found["reasons"]]


def test_a_label_leads_to_the_answer_of_its_lot(store: httpx.Client) -> None:
    """A scan is a status: as quick, as whole, and never better."""
    found = scanned(store, f"]d201{GTIN}17{expiry(LATE)}10EXO-2411\x1d210042")
    assert (found["kind"], found["id"], found["answer"]) == ("lot", "exo-1", "usable")
    assert found["read"] == {
        "gtin": GTIN,
        "lot_number": "EXO-2411",
        "expires_on": LATE,
        "serial": "0042",
        "sscc": None,
    }


@pytest.mark.parametrize(
    ("code", "lot_id", "answer"),
    [
        (f"01{GTIN}10EXO-2411", "exo-1", "usable"),
        (f"(01){GTIN}(10)exo-2411", "exo-1", "usable"),
        (f"https://id.gs1.org/01/{GTIN}/10/EXO-2412/21/7", "exo-2", "usable"),
        (f"01{GTIN}10EXO-99", "exo-3", "do_not_use"),
        ("EXO-2411", "exo-1", "usable"),
        ("]C0exo-99", "exo-3", "do_not_use"),
        ("EXO-4", "exo-4", "usable"),
    ],
)
def test_lots_are_found_by_what_is_printed_on_them(store: httpx.Client, code: str, lot_id: str, answer: str) -> None:
    """By product and number, by number alone where it is one lot's, by our id; in any case."""
    found = scanned(store, code)
    assert (found["kind"], found["id"], found["answer"]) == ("lot", lot_id, answer)
    status = get(store, f"/lots/{lot_id}/status")
    assert found["reasons"] == status["reasons"] == found["status"]["reasons"]
    assert found["status"]["lot_id"] == lot_id
    assert found["to_do"] == ""


def test_a_scanner_without_dividers(store: httpx.Client) -> None:
    """Where a field ends is believed where the expiry date confirms it, and where nothing does nobody guesses."""
    found = scanned(store, f"01{GTIN}10EXO-241117{expiry(LATE)}210042")
    assert (found["id"], found["answer"], found["read"]["serial"]) == ("exo-1", "usable", "0042")
    found = scanned(store, f"01{GTIN}10EXO-2411210042")
    assert (found["kind"], found["answer"], codes(found)) == ("none", "not_proven", ["no_separator"])
    assert "docs/scan.md" in found["to_do"]
    assert scanned(store, f"01{GTIN}17{expiry(SOON)}10EXO-2411210042")["answer"] == "not_proven"


def test_a_label_that_says_another_expiry(store: httpx.Client) -> None:
    """One of the two is wrong: until somebody knows which, the vial is not proven; what is stored stays."""
    before = get(store, "/lots/exo-1/status")["answer"]
    found = scanned(store, f"(01){GTIN}(10)EXO-2411(17){expiry(SOON)}")
    assert (found["id"], found["answer"], found["status"]["answer"]) == ("exo-1", "not_proven", "not_proven")
    assert codes(found)[0] == "label_contradicts"
    assert SOON in found["reasons"][0]["text"]
    assert LATE in found["reasons"][0]["text"]
    assert get(store, "/lots/exo-1/status")["answer"] == before == "usable"
    refused = scanned(store, f"(01){GTIN}(10)Exo-99(17){expiry(SOON)}")
    assert refused["answer"] == refused["status"]["answer"] == "do_not_use"
    assert (codes(refused)[0], codes(refused)[-1]) == ("limit_exceeded", "label_contradicts")
    # Where none is recorded, the label is all there is.
    assert scanned(store, f"(01){GTIN}(10)N-1(17){expiry(LATE)}")["answer"] == "usable"
    assert codes(scanned(store, f"(01){GTIN}(10)N-1(17)240131"))[0] == "label_contradicts"


@pytest.mark.parametrize(
    ("code", "why", "said"),
    [
        ("EXO-0000", "unknown_code", "Nothing that may be seen here"),
        (f"01{GTIN}10EXO-0000", "unknown_code", "No lot EXO-0000 of Exosomes A"),
        (f"01{OTHER}10EXO-2411", "unknown_code", OTHER),
        (f"01{GTIN}", "lot_awaited", "Exosomes A"),
        (GTIN[1:], "lot_awaited", "Exosomes A"),
        (OTHER, "unknown_code", "Nothing"),
        ("]C110EXO-2411", "gtin_awaited", "lot number alone"),
        ("010952123454321410EXO-2411", "wrong_check_digit", "should be 3"),
        (f"01{GTIN}17991331", "unreadable", "fields"),
        ("00106141412345678908", "shipment_unknown", "SSCC"),
        ("\0", "unknown_code", "Nothing"),
    ],
)
def test_what_leads_to_no_lot_is_not_proven(store: httpx.Client, code: str, why: str, said: str) -> None:
    """Whoever scans asks whether it may be used: the answer is no error, but that it is not proven, and what to do."""
    found = scanned(store, code)
    assert (found["kind"], found["id"], found["answer"], found["status"]) == ("none", None, "not_proven", None)
    assert codes(found) == [why]
    assert said in found["reasons"][0]["text"]
    assert found["to_do"]


def test_a_number_of_two_products(store: httpx.Client) -> None:
    """A lot means nothing without its product: where two bear the number, none is named, and both are shown."""
    put(store, "/products", {"id": "exo-b", "name": "Exosomes B", "profile_id": "cryo-80", "gtin": OTHER})
    put(store, "/lots", {"id": "exo-b1", "product_id": "exo-b", "lot_number": "EXO-2411"})
    found = scanned(store, "EXO-2411")
    assert (found["kind"], found["answer"], codes(found)) == ("several", "not_proven", ["several"])
    assert [thing["id"] for thing in found["things"]] == ["exo-1", "exo-b1"]
    assert scanned(store, f"01{OTHER}10EXO-2411")["id"] == "exo-b1"


def test_labels_of_freezers_and_loggers(store: httpx.Client) -> None:
    """What hangs on a door or a logger leads to it; whether it may be used is not asked."""
    found = scanned(store, "COLD")
    assert (found["kind"], found["id"], found["answer"], found["reasons"]) == ("container", "cold", None, [])
    assert scanned(store, "warm-logger")["kind"] == "logger"


def test_who_may_scan(store: httpx.Client, connection: Connection) -> None:
    """A screen beside a freezer may; of another site's vials it is told what it is told of unknown ones."""
    put(store, "/sites", {"id": "bern", "name": "Bern", "time_zone": "Europe/Zurich"})
    code = f"01{GTIN}10EXO-2411"
    with calling(store, connection, (Role.KIOSK, "zurich")):
        assert scanned(store, code)["answer"] == "usable"
    with calling(store, connection, (Role.KIOSK, "bern")):
        for one in (code, "EXO-2411", "cold", "warm-logger"):
            assert codes(scanned(store, one)) == ["unknown_code"]
    with calling(store, connection, (Role.MONITOR, None)):
        refusal(store.get("/v1/scan", params={"code": code}), 403)
    with called_by_nobody(store):
        refusal(store.get("/v1/scan", params={"code": code}), 401)
    refusal(store.get("/v1/scan"), 422, "code")


def test_codes_of_other_kinds(store: httpx.Client, connection: Connection) -> None:
    """A blood bank's label stands for a lot from when somebody recorded it until somebody strikes it."""
    code = "=A99991234567800"
    assert codes(scanned(store, code)) == ["unknown_code"]
    with calling(store, connection, (Role.CUSTODIAN, "zurich")):
        alias = put(store, "/aliases", {"code": code, "lot_id": "exo-1"})
        refusal(store.post("/v1/aliases", json={"code": "door 3", "container_id": "cold"}), 403)
    with calling(store, connection, (Role.TECHNICIAN, "zurich")):
        put(store, "/aliases", {"code": "door 3", "container_id": "cold"})
        refusal(store.post(f"/v1/aliases/{alias['id']}/strike", json={"reason": "torn off"}), 403)
    assert scanned(store, f"]C0{code}\r")["id"] == "exo-1"
    assert scanned(store, "door 3")["kind"] == "container"
    assert codes(scanned(store, code.lower())) == ["unknown_code"]
    for refused, status in (
        ({"code": code, "lot_id": "exo-2"}, 409),
        ({"code": "EXO-2412", "lot_id": "exo-1"}, 409),
        ({"code": f"01{GTIN}10EXO-2411", "lot_id": "exo-2"}, 422),
        ({"code": "x"}, 422),
        ({"code": "x", "lot_id": "exo-1", "container_id": "cold"}, 422),
        ({"code": "x", "lot_id": "nowhere"}, 422),
    ):
        refusal(store.post("/v1/aliases", json=refused), status)
    assert store.post(f"/v1/aliases/{alias['id']}/strike", json={"reason": "torn off"}).is_success
    refusal(store.post(f"/v1/aliases/{alias['id']}/strike", json={"reason": "torn off"}), 409)
    assert codes(scanned(store, code)) == ["unknown_code"]
    put(store, "/aliases", {"code": code, "lot_id": "exo-2"})
    assert [one["lot_id"] for one in get(store, "/aliases", code=code)["items"]] == ["exo-2", "exo-1"]


def test_a_lot_number_that_no_barcode_can_hold(store: httpx.Client) -> None:
    """Somebody writes LOT 12 on a vial, and types it after the product was scanned: it is found all the same."""
    lot = {"id": "exo-5", "product_id": "exo-a", "lot_number": "LOT 12", "life_starts_at": ago(90)}
    put(store, "/lots", lot)
    now_us = round(datetime.now(UTC).timestamp() * 1_000_000)
    asked = {"gtin": GTIN, "since": now_us, "code": "LOT 12"}
    shown = store.get("/scan", params=asked, headers={"Accept": "text/html"}, follow_redirects=True)
    assert shown.url.params["lot"] == "exo-5"
    assert "Lot LOT 12" in shown.text


def test_the_barcode_of_a_product_is_no_lots(store: httpx.Client) -> None:
    """All vials of a product bear it: recorded for one lot, it would tell of each of them what is so of that one."""
    refusal(store.post("/v1/aliases", json={"code": GTIN[1:], "lot_id": "exo-1"}), 422, "code")
    # It was recorded, or a lot was called so, before the product had its number.
    put(store, "/products", {"id": "exo-b", "name": "Exosomes B", "profile_id": "cryo-80"})
    put(store, "/aliases", {"code": OTHER[1:], "lot_id": "exo-1"})
    assert scanned(store, OTHER[1:])["answer"] == "usable"
    assert store.patch("/v1/products/exo-b", json={"gtin": OTHER, "reason": "it has one now"}).is_success
    assert codes(scanned(store, OTHER[1:])) == ["lot_awaited"]


def test_the_first_of_two_barcodes_says_when_it_expires(store: httpx.Client) -> None:
    """Makers print product and expiry in one, the lot in the other: another expiry than the recorded one is told."""
    page = {"Accept": "text/html"}
    for day, answer in ((LATE, "May be used"), (SOON, "The label says that it expires on")):
        waits = store.get("/scan", params={"code": f"01{GTIN}17{expiry(day)}"}, headers=page, follow_redirects=True)
        assert waits.url.params["expires"] == expiry(day)
        assert f'name="expires" value="{expiry(day)}"' in waits.text
        assert 'http-equiv="refresh"' not in waits.text, "it would take half a lot number away"
        for second in ("EXO-2411", "]C110EXO-2411"):
            asked = {**waits.url.params, "code": second}
            shown = store.get("/scan", params=asked, headers=page, follow_redirects=True)
            assert answer in shown.text, (day, second)
        twice = store.get("/scan", params={**waits.url.params, "code": f"]C117{expiry(LATE)}10EXO-2411"}, headers=page)
        assert ("are they of one vial" in twice.text) is (day == SOON)


def test_a_lot_of_another_site_is_not_taken_for_one_here(store: httpx.Client, connection: Connection) -> None:
    """There may be a lot ab-1 and a lot AB-1: whoever may not see the one in their hand is not told of the other."""
    put(store, "/sites", {"id": "bern", "name": "Bern", "time_zone": "Europe/Zurich"})
    there = {"id": "there", "site_id": "bern", "name": "There", "kind": "freezer", "profile_id": "cryo-80"}
    put(store, "/containers", there)
    put(store, "/lots", {"id": "exo-6", "product_id": "exo-a", "lot_number": "exo-2411", "life_starts_at": ago(90)})
    put(store, "/lots/exo-6/placements", {"id": "exo-6-in", "container_id": "there", "from": ago(90)})
    with calling(store, connection, (Role.CLINICIAN, "zurich")):
        for code in (f"01{GTIN}10exo-2411", "exo-2411"):
            assert codes(scanned(store, code)) == ["unknown_code"], code
        assert scanned(store, f"01{GTIN}10EXO-2411")["answer"] == "usable"


def test_a_lot_that_went_elsewhere_is_said_to_be_there(store: httpx.Client, connection: Connection) -> None:
    """Whoever had it once may ask for it still: it is not said to be at the site where they stand."""
    put(store, "/sites", {"id": "bern", "name": "Bern", "time_zone": "Europe/Zurich"})
    there = {"id": "there", "site_id": "bern", "name": "There", "kind": "freezer", "profile_id": "cryo-80"}
    put(store, "/containers", there)
    put(store, "/lots/exo-1/placements", {"id": "exo-1-there", "container_id": "there", "from": ago(5)})
    with calling(store, connection, (Role.CLINICIAN, "zurich")):
        shown = store.get("/scan", params={"code": "EXO-2411"}, headers={"Accept": "text/html"})
        assert "There, bern" in shown.text
        assert 'http-equiv="refresh"' in shown.text, "an answer is asked for again, also without scripts"
        board = store.get("/", params={"q": "EXO-2411"}, headers={"Accept": "text/html"})
        assert '<span class="quiet">Bern</span>' in board.text


def test_two_barcodes_name_one_product(store: httpx.Client) -> None:
    """Another product's lot may bear the number: it is no answer to a vial of this one, in time or too late."""
    put(store, "/products", {"id": "exo-b", "name": "Exosomes B", "profile_id": "cryo-80", "gtin": OTHER})
    page = {"Accept": "text/html"}
    now_us = round(datetime.now(UTC).timestamp() * 1_000_000)
    for since, said in ((now_us, "No lot EXO-2411 of Exosomes B"), (now_us - 11_000_000, "More than ten seconds")):
        asked = {"gtin": OTHER, "since": since, "code": "EXO-2411"}
        shown = store.get("/scan", params=asked, headers=page, follow_redirects=True)
        assert said in shown.text
        assert "May be used" not in shown.text
    for code, said in ((f"01{GTIN}10EXO-2411", "May be used"), (GTIN, "Now its lot"), ("EXO-2411", "May be used")):
        gtin = GTIN if code == "EXO-2411" else OTHER
        shown = store.get(
            "/scan", params={"gtin": gtin, "since": now_us, "code": code}, headers=page, follow_redirects=True
        )
        assert said in shown.text, code
