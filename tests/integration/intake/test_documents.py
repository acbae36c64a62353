"""Documents over HTTP: bytes kept by their SHA-256, if they are what they are said to be, and never shown inline."""

import hashlib

import httpx
from fastapi import FastAPI

from service.store.pool import Connection
from tests.cold_store import all_of, refusal

PDF = b"%PDF-1.7\nsome pages\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40) + b"IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + bytes(40) + b"\xff\xd9"


def bring(api: httpx.Client, content: bytes, media_type: str, **parameters: str) -> httpx.Response:
    return api.post("/v1/documents", params=parameters, content=content, headers={"Content-Type": media_type})


def test_documents_are_kept_once_by_their_bytes(api: httpx.Client) -> None:
    """Whoever brings the same certificate again is told who brought it first, and when."""
    for content, media_type in (
        (PDF, "application/pdf"),
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        ("µg,−79\n".encode(), "text/csv; charset=utf-8"),
        (b"<script>alert(1)</script>", "text/plain"),
    ):
        first = bring(api, content, media_type, name='a "b"\\.html')
        assert first.status_code == 201, first.text
        known = first.json()
        assert known["sha256"] == hashlib.sha256(content).hexdigest()
        assert (known["size"], known["recorded_by"], known["is_kept"]) == (len(content), "T. Tester", True)
        again = bring(api, content, media_type, name="other")
        assert (again.status_code, again.json()) == (200, known)
        kept = api.get(f"/v1/documents/{known['sha256']}", headers={"Accept": "*/*"})
        assert kept.content == content
        assert kept.headers["content-type"].split(";")[0] == media_type.split(";")[0]
        assert kept.headers["content-disposition"].startswith('attachment; filename="a_b_.html"; ')
        assert kept.headers["x-content-type-options"] == "nosniff"
        assert kept.headers["content-security-policy"].startswith("sandbox")
    assert [x["media_type"] for x in all_of(api, "/documents")][-1] == "application/pdf"


def test_what_is_no_document_or_too_much_is_refused(
    api: httpx.Client, http_service: FastAPI, connection: Connection
) -> None:
    """Only what is known is kept, each within a bound, and all together within another."""
    assert "application/pdf" in refusal(bring(api, b"<html>", "text/html"), 415)
    assert "begins with other bytes" in refusal(bring(api, b"<html>", "application/pdf"), 422, "body")
    assert "UTF-8" in refusal(bring(api, b"x", "text/plain; charset=latin-1"), 415)
    settings = http_service.state.settings
    http_service.state.settings = settings.model_copy(update={"largest_document_bytes": 30, "documents_cap_bytes": 50})
    assert "30 are allowed" in refusal(bring(api, bytes(31), "text/plain"), 422, "body")
    assert bring(api, PDF, "application/pdf").status_code == 201
    assert "no room" in refusal(bring(api, PDF.replace(b"some", b"more"), "application/pdf"), 409)
    assert len(all_of(api, "/documents")) == 1
    # As it is of what loggers' files are too many of.
    connection.execute(
        "INSERT INTO documents (sha256, size, recorded_by) VALUES (decode(%s, 'hex'), 5, 'T. Tester')", ["ab" * 32]
    )
    assert "not kept" in refusal(api.get(f"/v1/documents/{'ab' * 32}"), 409)
    refusal(api.get(f"/v1/documents/{'cd' * 32}"), 404)
