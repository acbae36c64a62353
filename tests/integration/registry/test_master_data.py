"""What a clinic has in its lists is registered in one go: all of it, or nothing and why."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from service.api.registry.master_tables import MasterKind, columns_of
from service.cli.main import command_line
from service.domain.identity.caller import Role
from service.store.pool import Connection
from tests.callers import calling
from tests.cold_store import all_of, furnish, get, register_site

ROOT = Path(__file__).parents[3]
_SITES = "id,name,time_zone\nbern,Bern,Europe/Zurich\nbasel,Basel,Europe/Zurich\n"
_CONTAINERS = "id;site_id;name;kind;profile_id;declared_c\n"


def sent(api: httpx.Client, kind: str, table: str, *, dry_run: bool = False) -> httpx.Response:
    asked = {"kind": kind, "dry_run": str(dry_run).lower()}
    return api.post("/v1/master-data", params=asked, content=table.encode(), headers={"Content-Type": "text/csv"})


def taken(api: httpx.Client, kind: str, table: str, *, dry_run: bool = False) -> dict[str, Any]:
    """What must be taken whole."""
    answer = sent(api, kind, table, dry_run=dry_run)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    assert said["errors"] == []
    return said


def refused(api: httpx.Client, kind: str, table: str) -> dict[tuple[int, str], str]:
    """By row and column, what is wrong; a dry run says the same."""
    answer = sent(api, kind, table)
    assert answer.status_code == 422, answer.text
    errors = answer.json()["errors"]
    dry = sent(api, kind, table, dry_run=True)
    assert dry.status_code == 200
    assert [[one[name] for name in ("row", "field", "problem")] for one in dry.json()["errors"]] == [
        [one[name] for name in ("row", "field", "problem")] for one in errors
    ]
    return {(one["row"], one["field"]): one["problem"] for one in errors}


def test_a_whole_cold_store_comes_from_tables(api: httpx.Client, connection: Connection) -> None:
    """Sites, products, freezers, loggers and lots, in this order; sent again, they are there already."""
    tables = {
        "sites": _SITES,
        "products": "id,name,profile_id,gtin,release_signatures\nexo-a,Exosomes A,cryo-80,9506000134352,2\n",
        "containers": _CONTAINERS + "f1;bern;Freezer 1;freezer;cryo-80;\nroom;basel;Room;ambient;cryo-80;21.5\n",
        "loggers": "id\tsite_id\tmodel\trange_min_c\trange_max_c\nTAG-1\tbern\tUltra Low\t-95\t40\n",
        "lots": "id,product_id,lot_number,units,life_starts_at,expires_on\n"
        "L-1,exo-a,0001,40,2026-01-31T06:40:00+01:00,2028-01-31\n",
    }
    for kind, table in tables.items():
        dry = taken(api, kind, table, dry_run=True)
        assert all_of(api, f"/{kind}") == []
        done = taken(api, kind, table)
        assert done["added"] == dry["added"]
        assert [one["id"] for one in all_of(api, f"/{kind}")] == sorted(done["added"])
    lines = "SELECT actor_name FROM audit_trail WHERE table_name = ANY(%s) AND operation = 'insert'"
    by = connection.execute(lines, [list(tables)]).fetchall()
    assert len(by) == 7, "each row has its own line"
    assert get(api, "/lots/L-1")["life_starts_at"] == "2026-01-31T05:40:00Z"
    for kind, table in tables.items():
        again = taken(api, kind, table)
        assert again["added"] == []
        assert len(again["there_already"]) == table.count("\n") - 1


def test_every_error_is_told_by_row_and_nothing_is_kept(api: httpx.Client) -> None:
    """Whoever mends a list wants to mend it once: each cell, reference and double is named, and no half is left."""
    register_site(api)
    wrong = (
        _CONTAINERS
        + "good;zurich;Good;freezer;cryo-80;\n"
        + "f 2;zurich;;freezer;cryo-80;\n"
        + "f3;nowhere;F3;fridge;cryo-80;\n"
        + "f4;nowhere;F4;freezer;cryo-80;\n"
        + "good;zurich;Good;freezer;cryo-80;\n"
        + "room;zurich;Room;ambient;cryo-80;21,5\n"
        + "f6;zurich;F6;freezer;no-such;\n"
        + "f7;zurich;F7;freezer;cryo-80;20\n"
    )
    found = refused(api, "containers", wrong)
    assert found.keys() == {
        (3, "id"),
        (3, "name"),
        (4, "kind"),
        (5, "site_id"),
        (6, "id"),
        (7, "declared_c"),
        (8, "profile_id"),
        (9, "declared_c"),
    }
    assert found[3, "name"] == "it is missing"
    assert "freezer" in found[4, "kind"]
    assert "register it first" in found[5, "site_id"]
    assert "row 2" in found[6, "id"]
    assert "decimal sign" in found[7, "declared_c"]
    assert all_of(api, "/containers") == []
    lots = "id,product_id,lot_number,units,life_starts_at\n"
    lots += "L-1,exo-a,1,,2026-01-31 06:40\nL-2,exo-a,2,,2199-01-31T06:40:00Z\ncounts,exo-a,3,,\nL-4,none,4,4.5,\n"
    found = refused(api, "lots", lots)
    assert "no offset" in found[2, "life_starts_at"]
    assert "future" in found[3, "life_starts_at"]
    assert found.keys() == {(2, "life_starts_at"), (3, "life_starts_at"), (4, "id"), (5, "units")}
    assert all_of(api, "/lots") == []


def test_what_is_there_and_differs_is_not_changed_by_a_table(api: httpx.Client) -> None:
    """A list is no change with a reason: what it would change is told, cell by cell, with the way to do it."""
    taken(api, "sites", _SITES)
    other = _SITES.replace("Basel,Europe/Zurich", "Basel 2,Europe/Berlin") + "zug,Zug,Europe/Zurich\n"
    found = refused(api, "sites", other)
    assert found.keys() == {(3, "name"), (3, "time_zone")}
    assert "with Basel here; write that" in found[3, "name"]
    assert [one["id"] for one in all_of(api, "/sites")] == ["basel", "bern"]


def test_each_kind_is_for_whoever_registers_one_of_it(api: httpx.Client, connection: Connection) -> None:
    """A technician of one site registers freezers there: not elsewhere, no sites, and learns nothing of the other."""
    furnish(api, "f1")
    taken(api, "sites", _SITES)
    with calling(api, connection, (Role.TECHNICIAN, "bern")):
        assert sent(api, "sites", _SITES).status_code == 403
        assert sent(api, "lots", "id,product_id,lot_number\nL-1,exo-a,1\n").status_code == 403
        rows = "f1;bern;F1;freezer;cryo-80;\nf2;basel;F2;freezer;cryo-80;\nf3;bern;F3;freezer;cryo-80;\n"
        found = refused(api, "containers", _CONTAINERS + rows)
        assert found[3, "site_id"] == "there is no site 'basel'; register it first"
        assert found[2, "row"].startswith("container 'f1' exists already")
        assert found.keys() == {(2, "row"), (3, "site_id")}
        found = refused(api, "loggers", "id,site_id\nf1-logger,bern\n")
        assert "zurich" not in str(found)
        assert taken(api, "containers", _CONTAINERS + rows.splitlines()[2] + "\n")["added"] == ["f3"]


def test_the_command_does_the_same(
    api: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    """Whoever sets a service up has the lists as files: the command says what is wrong, and ends in an error."""
    monkeypatch.setenv("UNBROKEN_DATABASE_URL", database_url)
    run = CliRunner()
    file = tmp_path / "sites.csv"
    file.write_text(_SITES.replace("Bern,", ","), encoding="utf-8")
    wrong = run.invoke(command_line(["import-master"]), ["import-master", "sites", str(file)])
    assert wrong.exit_code == 1
    assert "row 2, name: it is missing" in wrong.output
    file.write_text(_SITES, encoding="utf-8")
    dry = run.invoke(command_line(["import-master"]), ["import-master", "sites", str(file), "--dry-run"])
    assert dry.output == "would be added: bern, basel\nsites: 2 would be added, 0 there already\n"
    assert all_of(api, "/sites") == []
    done = run.invoke(command_line(["import-master"]), ["import-master", "sites", str(file)])
    assert done.output == "sites: 2 added, 0 there already\n"
    assert len(all_of(api, "/sites")) == 2


_CERTIFICATES = "gtin,lot_number,issued_on,signatory,item,value,unit\n"


def test_certificates_come_from_a_table_with_a_row_an_item(api: httpx.Client, connection: Connection) -> None:
    """A maker's list of lots and results is entered as certificates: whole, or with each wrong result by its row."""
    product = "id,name,profile_id,gtin,specification_id\nexo-a,Exosomes A,cryo-80,9506000134352,exosomes\n"
    for kind, table in {
        "products": product,
        "lots": "id,product_id,lot_number\nL-1,exo-a,0001\nL-2,exo-a,0002\n",
    }.items():
        assert taken(api, kind, table)["added"]
    # Quality has signed what the product asks for: now its certificates can be judged.
    of = "9506000134352,{},2026-01-31,Dr R. Meier,{}\n".format
    wrong = _CERTIFICATES + of("0001", "cd9,present,") + of("0001", 'endotoxin,"0,05",EU/mL')
    wrong += (
        of("0001", "cd9,absent,") + of("0009", "cd9,present,") + of("0002", "cd9,present,").replace("-01-31", "-1-31")
    )
    wrong += of("0003", "sterility,n.d.,").replace("9506000134352", "9506000134369")
    found = refused(api, "certificates", wrong)
    assert found.keys() == {(4, "item"), (5, "lot_number"), (6, "issued_on"), (7, "gtin")}
    assert "row 2" in found[4, "item"]
    unreadable = _CERTIFICATES + of("0001", "manufactured_on,31.1.2026,") + of("0001", 'endotoxin,"0,05",EU/mL')
    assert refused(api, "certificates", unreadable).keys() == {(2, "value"), (3, "value")}
    right = _CERTIFICATES + of("0001", "cd9,present,") + of("0002", "cd9,absent,") + of("0001", "endotoxin,<0.05,EU/mL")
    assert taken(api, "certificates", right)["added"] == ["L-1/1", "L-2/1"]
    assert get(api, "/lots/L-1/certificate")["signatory"] == "Dr R. Meier"
    assert taken(api, "certificates", right)["there_already"] == ["L-1/1", "L-2/1"]
    taken(api, "sites", _SITES)
    with calling(api, connection, (Role.CUSTODIAN, "bern")):
        found = refused(api, "certificates", right)
        assert found.keys() == {(2, "lot_number"), (3, "lot_number")}


def test_no_certificate_is_entered_for_one_of_two_lots_of_a_number(api: httpx.Client, connection: Connection) -> None:
    """Two batches bear one number, from when that was not refused: nobody guesses whose certificate it is."""
    taken(api, "products", "id,name,profile_id,specification_id\nexo-a,Exosomes A,cryo-80,exosomes\n")
    taken(api, "lots", "id,product_id,lot_number\nL-1,exo-a,0001\nL-2,exo-a,0002\n")
    connection.execute("UPDATE lots SET lot_number = '0001', shares_number = true WHERE id = 'L-2'")
    table = "product_id,lot_number,issued_on,signatory,item,value\nexo-a,0001,2026-01-31,Dr R. Meier,cd9,present\n"
    found = refused(api, "certificates", table)
    assert found.keys() == {(2, "lot_number")}
    assert "L-1, L-2" in found[2, "lot_number"]


def test_every_column_is_documented() -> None:
    """Whoever makes a list finds which columns it has, and which of them it must have."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", (ROOT / "docs/master-data.md").read_text("utf-8"), re.MULTILINE)
    documented = {kind: columns.split(", ") for kind, columns in rows}
    assert documented == {
        kind: [f"**{name}**" if must else name for name, must in columns_of(kind).items()] for kind in MasterKind
    }
