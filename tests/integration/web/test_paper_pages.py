"""The pages on which people enter a certificate and decide about a lot."""

import html
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from service.store.pool import Connection
from simulators.demo import demo_world
from tests.cold_store import ago, evaluate, furnish, get, put, register_lot, send
from tests.signing import sign_all

#: What the certificate of a lot of the demo states, and a lot of any product may.
ITEMS = demo_world(born_ms=1_795_000_000_000, seed=7).papers.certificates["fd-2011"].items
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """A freezer with a lot, whose product asks for a certificate and a release, both adopted."""
    furnish(api, "f1")
    api.event_hooks["response"].clear()
    product = {"id": "exo-p", "name": "Exosomes P", "profile_id": "cryo-80", "specification_id": "exosomes"}
    put(api, "/products", {**product, "release_signatures": 1})
    sign_all(connection)
    put(api, "/lots", {"id": "lot", "product_id": "exo-p", "lot_number": "P-1", "life_starts_at": ago(10)})
    put(api, "/lots/lot/placements", {"id": "there", "container_id": "f1", "from": ago(10)})
    send(api, "f1-logger", [-80, -80, -80], 10)
    sign_all(connection)
    evaluate(connection)
    return api


def form(**otherwise: str) -> dict[str, str]:
    """A whole certificate, as it is typed, but for what is told."""
    own = {"lot_number": "P-1", "issued_on": "2026-11-20", "signatory": "Dr. A. Chemist"}
    return {**own, **{f"items.{name}": value for name, value in ITEMS.items()}, **otherwise}


def values(page: str) -> dict[str, str]:
    """What stands in the fields of a page."""
    found = re.findall(r'<input id="f-[^"]*" name="([^"]*)" type="[^"]*" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_typed_twice(
    store: httpx.Client, connection: Connection
) -> None:
    """A decimal comma and a day that is none: both are told at once, all else stays typed, and nothing is entered."""
    shown = store.get("/lots/lot/certificate").text
    assert "at most 0.5 EU/mL" in html.unescape(shown)
    assert values(shown)["items.mycoplasma"] == ""
    typed = form(**{"items.endotoxin": "0,05 EU/mL", "items.donor_screened_on": "tomorrow", "signatory": "Dr. <b>"})
    answer = store.post("/lots/lot/certificate", data=typed)
    assert answer.status_code == 422
    assert "2 fields have to be mended" in answer.text
    assert {name: values(answer.text).get(name) for name in typed} == typed
    for name in ("endotoxin", "donor_screened_on"):
        assert f'id="f-items-{name}-problem"' in answer.text
    assert connection.execute("SELECT FROM certificates").fetchall() == []


def test_a_certificate_of_another_lot_is_not_entered(store: httpx.Client) -> None:
    """Its number is typed from the paper, and not copied from the screen."""
    answer = store.post("/lots/lot/certificate", data=form(lot_number="P-2"))
    assert answer.status_code == 422
    assert "P-2" in answer.text
    no_pdf = store.post("/lots/lot/certificate", data=form(), files={"document": ("coa.pdf", b"a letter")})
    assert no_pdf.status_code == 422
    assert "not a PDF" in no_pdf.text


def test_from_nothing_to_may_be_used_by_pages(store: httpx.Client, connection: Connection) -> None:
    """A certificate lacks an item and is mended with its PDF; quality signs, releases, and at last recalls."""

    def page(path: str = "/lots/lot") -> str:
        evaluate(connection)
        return html.unescape(store.get(path).text)

    assert "It has no Certificate of Analysis." in page()
    sent = store.post("/lots/lot/certificate", data=form(**{"items.mycoplasma": "pending"}))
    assert (sent.status_code, sent.headers["location"]) == (303, "/lots/lot?done=certificate")
    assert "lacks: Mycoplasma" in page()
    assert values(page("/lots/lot/certificate"))["items.mycoplasma"] == "pending"
    store.post("/lots/lot/certificate", data=form(), files={"document": ("coa.pdf", PDF)})
    assert "18 items pass" in page()
    assert "not signed by quality yet" in page()
    document = store.get("/v1/lots/lot/certificate/document")
    assert (document.content, document.headers["content-disposition"][:10]) == (PDF, "attachment")
    assert "18 of 18 items pass" in page("/to-sign")
    sign_all(connection)

    assert "Nothing but a release stands against its use" in page("/lots/lot/decision")
    assert store.post("/lots/lot/decision", data={"act": "released"}).status_code == 422
    decided = store.post("/lots/lot/decision", data={"act": "released", "reason": "all is there"})
    assert decided.headers["location"] == "/lots/lot?done=released"
    assert "Release lot P-1 of exo-p" in page("/to-sign")
    sign_all(connection)
    assert "May be used" in page()
    assert get(store, "/lots/lot/status")["answer"] == "usable"

    store.post("/lots/lot/decision", data={"act": "recall", "reason": "a donor fell ill"})
    assert "a donor fell ill" in page()
    assert "recalled already" in html.unescape(
        store.post("/lots/lot/decision", data={"act": "recall", "reason": "again"}).text
    )
    store.post("/lots/lot/decision", data={"act": "lift", "reason": "the donor was tested again"})
    assert "waits for a signature" in page("/lots/lot/decision")
    assert "End the recall of lot P-1" in page("/to-sign")
    sign_all(connection)
    assert "May be used" in page()


def test_without_a_specification_the_form_says_what_to_do(api: httpx.Client) -> None:
    """Nothing says what a certificate must state: the page says who mends that, and asks for nothing."""
    furnish(api, "f1")
    put(api, "/lots", {"id": "lot", "product_id": "exo-a", "lot_number": "A-1", "life_starts_at": ago(10)})
    answer = api.get("/lots/lot/certificate")
    assert answer.status_code == 409
    assert "adopted no specification" in answer.text
    assert "<form" not in answer.text.partition("<main>")[2]


def test_a_gap_is_assessed_from_the_way_back(api: httpx.Client, connection: Connection) -> None:
    """The page names what nobody measured, leads to its form, and what quality accepts stands beside the verdict."""
    furnish(api, "f1")
    register_lot(api, "lot", "f1", 60)
    send(api, "f1-logger", [-80, -80, -80], 60)
    send(api, "f1-logger", [-80, -80, -80], 10)
    evaluate(connection)
    api.event_hooks["response"].clear()
    page = html.unescape(api.get("/lots/lot").text)
    assert "The way back" in page
    # In the way back, and beside the stretch.
    [link] = set(re.findall(r'href="(/lots/lot/assessment[?][^"]*)"', page))
    shown = api.get(link).text
    [stretch] = re.findall(r'<option value="(gap/[^"]*)" selected>', shown)
    asked = {"stretch": stretch, "accepted_min": "two", "evidence": "", "deviation": "D-118", "reason": "log read out"}
    wrong = api.post("/lots/lot/assessment", data=asked)
    assert wrong.status_code == 422
    assert 'id="f-evidence-problem"' in wrong.text
    assert 'id="f-accepted_min-problem"' in wrong.text
    assert values(wrong.text)["deviation"] == "D-118"
    right = asked | {"accepted_min": "0", "evidence": "the freezer's own log shows −79 °C"}
    long = api.post("/lots/lot/assessment", data=right | {"accepted_min": "600"})
    assert "no more of it than that can be accepted" in long.text
    answer = api.post("/lots/lot/assessment", data=right)
    assert (answer.status_code, answer.headers["location"]) == (303, "/lots/lot?done=assessment")
    assert "accepted as beyond the limits. Evidence" in api.get("/to-sign").text
    sign_all(connection)
    evaluate(connection)
    page = html.unescape(api.get("/lots/lot").text)
    assert "May be used" in page
    assert "not proven, by temperature alone" in page
    assert "D-118" in page


def test_what_a_lot_had_used_before_is_recorded_limit_by_limit(api: httpx.Client, connection: Connection) -> None:
    """A lot came with two warm minutes: each limit is asked for, one left empty is told, and the rest stays typed."""
    furnish(api, "f1")
    register_lot(api, "lot", "f1", 60)
    send(api, "f1-logger", [-80] * 12, 55)
    evaluate(connection)
    api.event_hooks["response"].clear()
    limits = {"used.above.-60": "2", "used.above.-20": "0", "used.below.-90": ""}
    # As a browser sends it: by the clock on the wall in Zurich.
    until = f"{datetime.fromisoformat(ago(50)).astimezone(ZoneInfo('Europe/Zurich')):%Y-%m-%dT%H:%M:%S}"
    assert re.search(r"Until \(the clock at [^)]*, CES?T\)", api.get("/lots/lot/carried-in").text)
    typed = {"until": until, "evidence": "the maker's own record", "reason": "filled elsewhere", **limits}
    wrong = api.post("/lots/lot/carried-in", data=typed)
    assert wrong.status_code == 422
    assert "1 field has to be mended" in wrong.text
    assert 'id="f-used-below--90-problem"' in wrong.text
    assert values(wrong.text)["used.above.-60"] == "2"
    answer = api.post("/lots/lot/carried-in", data=typed | {"used.below.-90": "0"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/lots/lot?done=carried-in")
    assert "above −60 °C 2 min" in html.unescape(api.get("/to-sign").text).replace("\N{NO-BREAK SPACE}", " ")
    evaluate(connection)
    assert "Not proven" in api.get("/lots/lot").text
    sign_all(connection)
    evaluate(connection)
    [limit, *_] = get(api, "/lots/lot/status")["limits"]
    assert limit["certain_s"] == 120
    assert "signed by" in api.get("/lots/lot/carried-in").text


def test_what_no_form_of_ours_sends_is_no_fault_of_ours(store: httpx.Client, connection: Connection) -> None:
    """Times that no calendar has, names with a NUL in them, an id that no lot can have: told, and nothing is kept."""
    assessed = {"accepted_min": "0", "evidence": "chart", "deviation": "D-1", "reason": "read out"}
    for stretch in ("gap/1/99999999999999999999", "gap/-99999999999999999999/5"):
        assert store.post("/lots/lot/assessment", data={**assessed, "stretch": stretch}).status_code == 422
    used = {"used.above.-60": "0", "used.above.-20": "0", "used.below.-90": "0", "evidence": "e", "reason": "r"}
    for until in ("0001-01-01T00:00+14:00", "0001-01-01T00:00", "9999-12-31T23:59-14:00"):
        assert store.post("/lots/lot/carried-in", data={**used, "until": until}).status_code == 422
    for page in ("certificate", "decision", "assessment", "carried-in"):
        assert store.get(f"/lots/a%00b/{page}").status_code == 404
    names = {"items.a\0b": "1", "items.": "1", f"items.{'x' * 300}": "1"}
    assert store.post("/lots/lot/certificate", data=form(**names)).status_code == 303
    [kept] = connection.execute("SELECT items FROM certificates").fetchall()
    assert set(kept["items"]) == set(ITEMS)
    body = b'--b\r\nContent-Disposition: form-data; name="document"; filename="a\0\x01b.pdf"\r\n'
    body += b"Content-Type: application/pdf\r\n\r\n" + PDF + b"\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert store.post("/lots/lot/certificate", content=body, headers=headers).status_code == 422
    [document] = connection.execute("SELECT name FROM documents WHERE name IS NOT NULL").fetchall()
    assert document["name"] == "a b.pdf"
