"""Certificates of lots over HTTP: entered, judged, signed, superseded, and what the lot's answer makes of them."""

import json
from io import BytesIO
from typing import Any

import httpx
import pytest

from service.acts.adoptions import adopt
from service.acts.products import add_product
from service.domain.identity.caller import Role
from service.store.acting import acting
from service.store.documents import keep_document
from service.store.pool import Connection
from service.store.registry.adoptions import Adoption
from tests.acting import TESTER
from tests.callers import calling
from tests.cold_store import (
    ago,
    all_of,
    attachment,
    evaluate,
    get,
    put,
    refusal,
    register_container,
    register_logger,
    register_lot,
    register_site,
    send,
)
from tests.signing import sign_all
from tests.unit.answers.test_certificate import GOOD

PDF = b"%PDF-1.7\nsome pages\n%%EOF\n"


def certificate(**stated: Any) -> dict[str, Any]:
    """A good certificate of the lot, but for what is stated otherwise."""
    own = {"product_id": "exo-a", "lot_number": "LOT", "issued_on": ago(1440)[:10], "signatory": "Dr R. Meier"}
    return {**own, "items": GOOD, **stated}


def with_items(**items: Any) -> dict[str, Any]:
    return certificate(items={**GOOD, **items})


def entered(api: httpx.Client, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    """PUT what must be accepted."""
    answer = api.put("/v1/lots/lot/certificate", json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def codes(api: httpx.Client, connection: Connection) -> set[str]:
    """What the answer is, and what is said against it."""
    evaluate(connection)
    told = get(api, "/lots/lot/status")
    return {told["answer"], *(x["code"] for x in told["reasons"] if x["severity"] == "critical")}


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """A lot in a cold freezer whose product asks for the shipped specification; from here on nobody signs by itself."""
    register_site(api)
    register_container(api, "f1")
    register_logger(api, "f1-logger")
    put(api, "/containers/f1/attachments", attachment("f1-logger", "f1-attached"))
    send(api, "f1-logger", [-80] * 13, minutes_ago=60)
    register_lot(api, "lot", "f1", minutes_ago=60)
    with acting(connection, TESTER):
        adopt(connection, Adoption("exo-a", specification=("exosomes", 1)))
    sign_all(connection)
    evaluate(connection)
    api.event_hooks["response"].clear()
    return api


def test_a_certificate_from_nothing_to_usable(store: httpx.Client, connection: Connection) -> None:
    """Missing, entered with an item lacking, mended, signed: only then the vial may be used, and its PDF is at hand."""
    assert codes(store, connection) == {"not_proven", "certificate_missing"}
    refusal(store.get("/v1/lots/lot/certificate"), 404)
    first = entered(store, with_items(mycoplasma="n.d.", colour="clear"))
    assert (first["version"], first["specification_id"], first["signed_at"]) == (1, "exosomes", None)
    lacking = {item["name"]: item for item in first["items"] if item["outcome"] != "pass"}
    assert lacking.keys() == {"mycoplasma", "colour"}
    assert (lacking["mycoplasma"]["outcome"], lacking["colour"]["outcome"]) == ("missing", None)
    assert "may mean" in lacking["mycoplasma"]["why"]
    assert codes(store, connection) == {"not_proven", "certificate_item_missing", "certificate_unsigned"}
    brought = store.post(
        "/v1/documents", params={"name": "CoA µ.pdf"}, content=PDF, headers={"Content-Type": "application/pdf"}
    )
    assert brought.status_code == 201, brought.text
    body = certificate(document_sha256=brought.json()["sha256"])
    second = entered(store, body)
    assert entered(store, body, status=200) == second, "sent twice, it is one version"
    assert codes(store, connection) == {"not_proven", "certificate_unsigned"}
    [waiting] = [x for x in all_of(store, "/changes", state="unsigned", lot_id="lot") if x["id"] == second["change_id"]]
    signed = json.loads(waiting["content"])["what"]["certificate"]
    assert (signed["items"], signed["document_sha256"]) == (body["items"], body["document_sha256"])
    sign_all(connection)
    assert codes(store, connection) == {"usable"}
    kept = get(store, "/lots/lot/certificate")
    assert (kept["version"], kept["signed_by"], kept["recorded_by"]) == (2, ["Q. Quality"], "T. Tester")
    assert [x["version"] for x in all_of(store, "/lots/lot/certificates")] == [2, 1]
    document = store.get("/v1/lots/lot/certificate/document")
    assert document.content == PDF
    assert document.headers["content-type"] == "application/pdf"
    assert document.headers["content-disposition"].startswith('attachment; filename="CoA_.pdf"')
    assert document.headers["x-content-type-options"] == "nosniff"
    assert document.headers["content-security-policy"].startswith("sandbox")
    refusal(store.get("/v1/lots/lot/certificate/document", params={"version": 1}), 404)


def test_a_loggers_file_does_not_come_out_by_a_certificate(store: httpx.Client, connection: Connection) -> None:
    """Files of loggers are for quality: who may enter a certificate reads none by naming it as the certificate's."""
    with acting(connection, TESTER):
        file = keep_document(connection, BytesIO(b"2026-03-01,-80.1"), 1_000)
    body = {**certificate(), "document_sha256": file.sha256.hex()}
    refusal(store.put("/v1/lots/lot/certificate", json=body), 422, "document_sha256")


def test_what_fails_counts_until_a_later_version_is_signed(store: httpx.Client, connection: Connection) -> None:
    """Nobody makes a failed certificate less than a no by entering another one that nobody has signed."""
    entered(store, certificate())
    sign_all(connection)
    assert codes(store, connection) == {"usable"}
    entered(store, with_items(endotoxin="0.9"))
    failed = {"do_not_use", "certificate_item_failed"}
    assert codes(store, connection) == {*failed, "certificate_unsigned"}
    entered(store, with_items(endotoxin="n.d."))
    assert codes(store, connection) == {*failed, "certificate_item_missing", "certificate_unsigned"}
    entered(store, with_items(endotoxin="0.09"))
    assert codes(store, connection) == {*failed, "certificate_unsigned"}
    told = get(store, "/lots/lot/status")["reasons"][0]["text"]
    assert told == "Its certificate (version 2) fails: Endotoxin 0.9 EU/mL, where at most 0.5 EU/mL is allowed."
    sign_all(connection)
    assert codes(store, connection) == {"usable"}


@pytest.mark.usefixtures("store")
def test_what_cannot_be_taken_says_which_field_and_what_to_write(api: httpx.Client) -> None:
    """A slip is mended where it was made; half of a certificate is never entered."""

    def said(body: Any, status: int = 422, field: str | None = None) -> str:
        return refusal(api.put("/v1/lots/lot/certificate", json=body), status, field)

    both = said(with_items(endotoxin="0,05", cd9="98 %"), field="items.endotoxin")
    assert "with a point for decimals" in both
    assert "items.cd9" in both
    assert "in another unit than the specification's, EU/mL" in said(with_items(endotoxin="0.05 pg/mL"))
    assert "lot number 'OTHER'" in said(certificate(lot_number="OTHER"), 409)
    assert "product 'exo-b'" in said(certificate(product_id="exo-b"), 409)
    assert "product_id or gtin" in said(
        {k: v for k, v in certificate().items() if k != "product_id"}, 422, "product_id"
    )
    all_wrong = certificate(issued_on="2199-01-01", signatory="n/a", document_sha256="0" * 64, items={"cd9": "1,5"})
    told = api.put("/v1/lots/lot/certificate", json=all_wrong).json()["errors"]
    assert [x["field"] for x in told] == ["issued_on", "signatory", "items.cd9", "document_sha256"]
    assert "in the future" in said(certificate(issued_on="2199-01-01"), field="issued_on")
    assert "2026-01-31" in said(certificate(issued_on="31.1.2026"), field="issued_on")
    assert "POST /v1/documents" in said(certificate(document_sha256="0" * 64), field="document_sha256")
    said(certificate(items={"cd9": True}), field="items.cd9")
    said(certificate(items={" cd9": "present"}))
    said(certificate(colour="clear"), field="colour")
    refusal(api.put("/v1/lots/none/certificate", json=certificate()), 404)
    twice = json.dumps(certificate()).replace('"cd9"', '"cd9": "not detected", "cd9"').encode()
    as_json = {"Content-Type": "application/json"}
    assert "twice" in refusal(api.put("/v1/lots/lot/certificate", content=twice, headers=as_json), 422)
    assert "no valid JSON" in refusal(api.put("/v1/lots/lot/certificate", content=b"{", headers=as_json), 422)
    pdf = {"Content-Type": "application/pdf"}
    assert "application/json or text/csv" in refusal(api.put("/v1/lots/lot/certificate", content=PDF, headers=pdf), 415)
    assert all_of(api, "/lots/lot/certificates") == []
    register_lot(api, "other")
    assert all_of(api, "/changes", kind="certificate") == []


def test_a_table_is_a_certificate_too(store: httpx.Client, connection: Connection) -> None:
    """A laboratory exports a table: it means the same as what somebody would type, and says where it is wrong."""
    own = certificate()
    rows = [[name, own[name], ""] for name in ("product_id", "lot_number", "issued_on", "signatory")]
    rows += [[name, value, ""] for name, value in GOOD.items() if name != "endotoxin"]
    rows += [["endotoxin", "<0.05", "EU/ml"], ["potency", "n.d.", "IU"]]

    def sent(lines: list[list[str]], separator: str = ",") -> httpx.Response:
        text = "\r\n".join(separator.join(f'"{x}"' if "," in x else x for x in line) for line in lines)
        headers = {"Content-Type": "text/csv; charset=utf-8"}
        return store.put("/v1/lots/lot/certificate", content=f"\ufeff{text}\r\n\r\n".encode(), headers=headers)

    header = [["item", "value", "unit"]]
    assert sent([*header, *rows]).status_code == 201
    assert sent([*header, *rows], ";").status_code == 200, "the same, by a spreadsheet of Zürich"
    items = {x["name"]: x for x in get(store, "/lots/lot/certificate")["items"]}
    assert (items["endotoxin"]["value"], items["endotoxin"]["outcome"]) == ("<0.05 EU/ml", "pass")
    assert items["potency"]["value"] == "n.d."
    assert "second time" in refusal(sent([*header, *rows, ["cd9", "absent", ""]]), 422, f"line {len(rows) + 2}")
    assert "item,value,unit" in refusal(sent(rows), 422, "line 1")
    assert "names no item" in refusal(sent([*header, ["", "1", ""]]), 422, "line 2")
    assert "3 cells" not in refusal(sent([*header, ["endotoxin", "0", "05", "EU/mL"]]), 422, "line 2")
    assert "UTF-8" in refusal(
        store.put("/v1/lots/lot/certificate", content=b"item,value\nx,\xff", headers={"Content-Type": "text/csv"}), 422
    )
    assert "it is missing" in refusal(sent([*header, ["cd9", "present", ""]]), 422, "lot_number")
    sign_all(connection)
    assert codes(store, connection) == {"usable"}


def test_without_an_adopted_specification_no_certificate_is_judged(api: httpx.Client, connection: Connection) -> None:
    """Nothing says what a certificate must state: then none proves anything."""
    register_site(api)
    api.event_hooks["response"].clear()
    add_product(connection, TESTER, "exo-n", "New", "cryo-80")
    put(api, "/lots", {"id": "lot", "product_id": "exo-n", "lot_number": "LOT"})
    body = certificate(product_id="exo-n")
    assert "adopted no specification" in refusal(api.put("/v1/lots/lot/certificate", json=body), 409)
    with acting(connection, TESTER):
        adopt(connection, Adoption("exo-n", specification=("exosomes", 1)))
    assert "adopted no specification" in refusal(api.put("/v1/lots/lot/certificate", json=body), 409), (
        "nobody signed it"
    )
    sign_all(connection)
    assert api.put("/v1/lots/lot/certificate", json=body).status_code == 201


def test_a_certificate_stays_judged_by_the_version_of_its_time(store: httpx.Client, connection: Connection) -> None:
    """A stricter specification asks for more from the next certificate on, and rewrites none."""
    strict = {
        "id": "strict",
        "name": "Strict",
        "source": "Release specification 2026-04.",
        "items": [{"name": "endotoxin", "label": "Endotoxin", "kind": "number", "unit": "EU/mL", "maximum": 0.01}],
    }
    assert put(store, "/specifications", strict)["version"] == 1
    second = put(store, "/specifications", strict)
    assert get(store, "/specifications/strict") == second
    assert get(store, "/specifications/strict/versions/1")["version"] == 1
    assert [x["id"] for x in all_of(store, "/specifications")] == ["exosomes", "strict", "strict"]
    refusal(store.get("/v1/specifications/strict/versions/3"), 404)
    refusal(store.post("/v1/specifications", json={**strict, "id": "exosomes"}), 409)
    without = {**strict, "items": [{**strict["items"][0], "required": False}]}  # type: ignore[index]  # a list, above
    assert "require one" in refusal(store.post("/v1/specifications", json=without), 422, "items")
    entered(store, with_items(endotoxin="0.02"))
    sign_all(connection)
    with acting(connection, TESTER):
        adopt(connection, Adoption("exo-a", specification=("strict", 2)))
    sign_all(connection)
    assert codes(store, connection) == {"usable"}
    assert entered(store, with_items(endotoxin="0.02"))["items"][0]["outcome"] == "fail"
    assert "do_not_use" in codes(store, connection)


def test_a_clinician_reads_a_certificate_and_enters_none(store: httpx.Client, connection: Connection) -> None:
    """Who is about to use a vial sees its papers, and brings none; an auditor reads any document."""
    pdf = {"Content-Type": "application/pdf"}
    sha256 = store.post("/v1/documents", content=PDF, headers=pdf).json()["sha256"]
    entered(store, certificate(document_sha256=sha256))
    with calling(store, connection, (Role.CLINICIAN, "zurich")):
        assert get(store, "/lots/lot/certificate")["version"] == 1
        assert store.get("/v1/lots/lot/certificate/document").content == PDF
        refusal(store.get(f"/v1/documents/{sha256}"), 403)
        refusal(store.put("/v1/lots/lot/certificate", json=certificate()), 403)
        refusal(store.post("/v1/documents", content=PDF, headers=pdf), 403)
    with calling(store, connection, (Role.AUDITOR, None)):
        assert store.get(f"/v1/documents/{sha256}").content == PDF
        assert store.head(f"/v1/documents/{sha256}").headers["content-length"] == str(len(PDF))
