"""Who did what, as the API tells it."""

import csv
import io

import httpx
import pytest

from alerts.sealer import Sealer
from service.domain.identity.actor import Actor
from service.store.acting import acting
from service.store.pool import Connection
from tests.scenario import at

KELLER = Actor("account:7", "A. Keller", "password and code")


def _record(connection: Connection) -> None:
    with acting(connection, KELLER):
        connection.execute("INSERT INTO sites (id, name, time_zone) VALUES ('basel', '=HYPERLINK(1)', 'UTC')")
    with acting(connection, KELLER, "-1 was meant"):
        connection.execute("UPDATE sites SET name = 'Basel'")


def test_who_did_what_is_told_newest_first(connection: Connection, api: httpx.Client) -> None:
    """An inspector sees old and new values, who, how they were known, and why."""
    _record(connection)
    items = api.get("/v1/audit", params={"table": "sites", "key": "basel"}).json()["items"]
    assert [(one["operation"], one["actor"], one["known_by"], one["reason"]) for one in items] == [
        ("update", "account:7", "password and code", "-1 was meant"),
        ("insert", "account:7", "password and code", None),
    ]
    assert items[0]["old"]["name"] == "=HYPERLINK(1)"
    assert items[0]["new"]["name"] == "Basel"
    assert items[1]["old"] is None


def test_the_trail_can_be_searched_and_paged(connection: Connection, api: httpx.Client) -> None:
    """Of ten years of acts, those of one person on one day are found."""
    _record(connection)
    first = api.get("/v1/audit", params={"actor": "account:7", "limit": 1}).json()
    second = api.get("/v1/audit", params={"actor": "account:7", "limit": 1, "after": first["next"]}).json()
    assert [page["items"][0]["operation"] for page in (first, second)] == ["update", "insert"]
    assert second["next"] is None
    recorded_at = first["items"][0]["recorded_at"]
    told = api.get("/v1/audit", params={"actor": "account:7", "from": recorded_at}).json()["items"]
    assert [one["operation"] for one in told] == ["update"]
    told = api.get("/v1/audit", params={"actor": "account:7", "until": recorded_at}).json()["items"]
    assert [one["operation"] for one in told] == ["insert"]
    assert api.get("/v1/audit", params={"actor": "account:8"}).json()["items"] == []


@pytest.mark.parametrize("path", ["/v1/audit", "/v1/audit.csv"])
def test_what_makes_no_sense_is_refused(api: httpx.Client, path: str) -> None:
    """A key names nothing without its table, and a day that ends before it begins has no acts."""
    assert api.get(path, params={"key": "basel"}).json()["errors"][0]["field"] == "key"
    refused = api.get(path, params={"from": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"})
    assert refused.status_code == 422
    assert api.get(path, params={"actr": "x"}).status_code == 422


def test_the_head_goes_with_every_answer(connection: Connection, api: httpx.Client) -> None:
    """Whoever keeps an answer keeps the proof of all that was before it."""
    before = api.get("/v1/audit/head").json()["number"]
    _record(connection)
    sealer = Sealer(lambda: at(0), wait=lambda _: None)
    sealer.seal(connection)
    told = api.get("/v1/audit", params={"limit": 1})
    assert told.headers["Unbroken-Audit-Head"] == str(sealer.head) == api.get("/v1/audit/head").json()["head"]
    assert told.json()["items"][0]["seal"] == api.get("/v1/audit/head").json()["number"] == before + 2
    assert told.json()["items"][0]["sealed_at"] is not None


def test_a_spreadsheet_of_it_runs_nothing(
    connection: Connection, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reason that somebody typed as a formula is shown to the auditor, and not executed on their machine."""
    monkeypatch.setattr("service.api.audit.trail_csv._AT_ONCE", 2)
    _record(connection)
    told = api.get("/v1/audit.csv", headers={"Accept": "text/csv"})
    assert told.headers["content-type"].startswith("text/csv")
    assert told.headers["Unbroken-Audit-Head"]
    rows = list(csv.DictReader(io.StringIO(told.text)))
    counted = connection.execute("SELECT count(*) AS lines FROM audit_trail").fetchall()
    assert [len(rows)] == [row["lines"] for row in counted]
    assert rows[0]["reason"] == "'-1 was meant"
    assert '"name": "=HYPERLINK(1)"' in rows[1]["new"].replace('":"', '": "')
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    only = api.get("/v1/audit.csv", params={"table": "sites"})
    assert len(list(csv.reader(io.StringIO(only.text)))) == 3
