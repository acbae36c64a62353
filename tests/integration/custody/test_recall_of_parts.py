"""A recall tells where each vial is, and each holder of its own; so does the look-back of a probe that was wrong."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from service.acts.nestings import put_into
from service.acts.parts import split
from service.domain.lots.parts import NewPart
from service.domain.registry.nesting import Nesting
from service.store.pool import Connection
from tests.cold_store import ago, all_of, get, put, register_site
from tests.organisations import add_organisation, as_of
from tests.scenario import BEFOREHAND


@pytest.fixture
def store(api: httpx.Client, connection: Connection) -> httpx.Client:
    """A lot of twenty in its maker's freezer; a part in a clinic's box in its freezer, and a vial of that used."""
    register_site(api)
    for name in ("maker", "basel", "bern"):
        add_organisation(api, connection, name, "maker" if name == "maker" else "clinic")
    assert api.patch("/v1/products/exo-a", json={"organisation_id": "maker", "reason": "it is theirs"}).is_success
    lot = {"id": "mx", "product_id": "exo-a", "lot_number": "MX", "units": 20, "life_starts_at": ago(300)}
    put(api, "/lots", lot)
    put(api, "/lots/mx/placements", {"id": "put", "container_id": "maker-freezer", "from": ago(300)})
    put(api, "/lots/mx/custody", {"organisation_id": "maker", "at": ago(300)})
    begun = datetime.now(UTC)
    put_into(connection, Nesting("nest", "bern-box", "bern-freezer", begun - timedelta(hours=2), None), BEFOREHAND)
    parts = [NewPart("mx-basel", 5), NewPart("mx-bern", 5, (), "bern-box", "A1")]
    split(connection, "mx", parts, begun - timedelta(hours=1), BEFOREHAND)
    split(connection, "mx-bern", [NewPart("mx-bern-1", 1)], begun - timedelta(minutes=30), BEFOREHAND)
    over = {"life_ends_at": ago(10), "reason": "used"}
    assert api.patch("/v1/lots/mx-bern-1", json=over).is_success
    return api


def test_a_recall_tells_where_each_vial_is(store: httpx.Client, connection: Connection) -> None:
    """Ten are with the maker, five in a part there, four in a clinic's box, one was used; none is told twice."""
    tally = put(store, "/recalls", {"lot_id": "mx", "reason": "a donor"})["tally"]
    told = {row["lot_id"]: (row["units"], row["site_id"], row["path"], row["position"]) for row in tally}
    assert told["mx-bern"] == (4, "bern-site", "freezer › box", "A1")
    assert {lot_id: units for lot_id, (units, *_) in told.items()} == {
        "mx": 10,
        "mx-basel": 5,
        "mx-bern": 4,
        "mx-bern-1": 1,
    }
    assert sum(row["units"] for row in tally) == 20
    assert {row["lot_id"] for row in tally if row["life_ends_at"] is not None} == {"mx-bern-1"}
    assert {row["custodian"] for row in tally} == {"Maker"}
    assert [row["site_id"] for row in tally] == sorted(row["site_id"] for row in tally)
    split(connection, "mx", [NewPart("mx-rest", 10)], datetime.now(UTC) - timedelta(minutes=5), BEFOREHAND)
    tally = get(store, "/recalls/1")["tally"]
    assert {row["lot_id"] for row in tally} == {"mx-rest", "mx-basel", "mx-bern", "mx-bern-1"}
    assert sum(row["units"] for row in tally) == 20


def test_a_recall_of_a_part_is_of_it_and_its_own_parts(store: httpx.Client) -> None:
    """The rest of the lot may be used; of the part, and of what was split off it, nothing."""
    found = put(store, "/recalls", {"lot_id": "mx-bern", "reason": "a broken box"})
    assert [row["lot_id"] for row in found["tally"]] == ["mx-bern", "mx-bern-1"]
    codes = {
        lot_id: {reason["code"] for reason in get(store, f"/lots/{lot_id}/status")["reasons"]}
        for lot_id in ("mx", "mx-basel", "mx-bern", "mx-bern-1")
    }
    assert {lot_id for lot_id, its in codes.items() if "recalled" in its} == {"mx-bern", "mx-bern-1"}


def test_each_holder_finds_what_it_has_and_nothing_of_its_neighbour(
    store: httpx.Client, connection: Connection
) -> None:
    """The clinic reads of the recall of the whole lot, and where its own vials are; who has none reads of none."""
    put(store, "/recalls", {"lot_id": "mx", "reason": "a donor"})
    seen = {}
    for name in ("maker", "basel", "bern"):
        with as_of(store, connection, name):
            seen[name] = [
                {row["lot_id"] for row in get(store, f"/recalls/{one['id']}")["tally"]}
                for one in all_of(store, "/recalls")
            ]
    assert seen == {
        "maker": [{"mx", "mx-basel", "mx-bern", "mx-bern-1"}],
        "basel": [],
        "bern": [{"mx-bern", "mx-bern-1"}],
    }
