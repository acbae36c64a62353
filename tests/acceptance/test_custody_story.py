"""A lot from its maker to the chair, vial by vial, through broker, ingest, evaluator, API and signatures."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.publish as mqtt
import pytest

from service.acts.accounts import NewAccount, add_account
from service.acts.keys import add_account_key
from service.domain.identity.caller import Grant, Role
from service.local.servers import LocalServers
from service.store.pool import connect
from tests.acceptance.conftest import Service
from tests.acceptance.test_papers_story import PASSWORD, SPECIFICATION, WELL, Clinic
from tests.acting import CHEAP, TESTER

pytestmark = [pytest.mark.acceptance, pytest.mark.long]

#: What is measured where, and of what kind and at which site that is.
MEASURED = {
    "maker-freezer": ("freezer", "maker"),
    "shipper": ("shipper", "maker"),
    "clinic-freezer": ("freezer", "clinic"),
}
#: Numbered on behind the part that was split off before.
VIALS = [f"exo-v{number:02d}" for number in range(2, 22)]


class Chain(Clinic):
    """A maker, a shipper and a clinic."""

    def hear(self, container: str, *stretches: tuple[float, float, float]) -> None:
        """Its logger sends what it measured every five minutes: (from, until, °C) in hours ago, in one message."""
        readings = [
            {"measured_at": self.at(from_hours - number / 12), "temperature_c": temperature_c}
            for from_hours, until_hours, temperature_c in stretches
            for number in range(round((from_hours - until_hours) * 12))
        ]
        site = MEASURED[container][1]
        mqtt.single(f"coldchain/v1/{site}/{container}-logger/readings", json.dumps(readings), qos=1, **self.broker)

    def record(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What is recorded late, with a reason, and signed by quality where that is asked for."""
        recorded = self.service.post(path, {**body, "reason": "written down on paper first"})
        if self.service.all_of("/v1/changes", state="unsigned", limit="500"):
            self.sign("ana")
        return recorded


@pytest.fixture
def chain(service: Service, servers: LocalServers) -> Chain:
    """A maker's freezer, its shipper, a clinic's freezer and its room; a box; and two of quality."""
    service.client.event_hooks["response"].clear()
    now, keys = datetime.now(UTC), {}
    with connect(service.database_url, application="tests", actor=TESTER) as connection:
        for login in ("ana", "ben"):
            new = NewAccount(login, f"Q. {login.title()}", is_demo=True)
            granted = [Grant(Role.QUALITY, None)]
            account = add_account(connection, TESTER, new, PASSWORD, granted, CHEAP)
            keys[login] = add_account_key(connection, TESTER, account, login, granted, now, timedelta(days=1)).whole
    service.start("serve", "evaluate", "ingest")
    address = urlsplit(servers.mqtt_url)
    logger = {"username": unquote(address.username or ""), "password": unquote(address.password or "")}
    told = Chain(service, {"hostname": address.hostname, "port": address.port, "auth": logger}, keys, now)
    for site in ("maker", "clinic"):
        service.post("/v1/sites", {"id": site, "name": site.title(), "time_zone": "Europe/Zurich"})
    service.post("/v1/specifications", SPECIFICATION)
    asked = {"specification_id": "of-the-story", "release_signatures": 2}
    service.post("/v1/products", {"id": "exo-a", "name": "Exosomes A", "profile_id": "cryo-80", **asked})
    others = {"box": ("box", "maker"), "room": ("ambient", "clinic")}
    for container, (kind, site) in {**MEASURED, **others}.items():
        body = {"id": container, "site_id": site, "name": container, "kind": kind, "profile_id": "cryo-80"}
        service.post("/v1/containers", {**body, "declared_c": 21} if kind == "ambient" else body)
        if container in MEASURED:
            logger_id = f"{container}-logger"
            service.post("/v1/loggers", {"id": logger_id, "site_id": site, "range_min_c": -100, "range_max_c": 50})
            attached = {"id": container, "logger_id": logger_id, "place": "air", "from": told.at(10)}
            service.post(f"/v1/containers/{container}/attachments", {**attached, "commissioned_at": told.at(10)})
    return told


def test_from_the_maker_to_the_chair(chain: Chain) -> None:
    """Certified, boxed, shipped warm for 40 min, one vial lost, split into twenty, one left in the room; recalled."""
    made(chain)
    shipped_and_received(chain)
    split_into_vials(chain)
    recalled(chain)


def made(chain: Chain) -> None:
    """21 vials in a box in the maker's freezer, one of them in a part of its own; certified and released."""
    service = chain.service
    lot = {"id": "exo", "product_id": "exo-a", "lot_number": "exo", "units": 21, "life_starts_at": chain.at(9.5)}
    service.post("/v1/lots", lot)
    chain.record("/v1/containers/box/nestings", {"id": "stored", "in_id": "maker-freezer", "from": chain.at(9.5)})
    chain.record("/v1/lots/exo/placements", {"id": "boxed", "container_id": "box", "from": chain.at(9.5)})
    chain.hear("maker-freezer", (10, -0.01, -80))
    chain.is_answered("exo", "not_proven", "certificate_missing")
    chain.certify("exo", **WELL)
    chain.sign("ana")
    chain.is_answered("exo", "not_proven", "not_released")
    chain.release("exo")
    chain.record("/v1/lots/exo/split", {"parts": [{"id": "exo-lost", "units": 1}], "at": chain.at(5)})
    chain.is_answered("exo-lost", "usable")


def shipped_and_received(chain: Chain) -> None:
    """In dry ice for three hours; nobody knows how it fared until the logger is read out, 40 warm minutes and all."""
    service = chain.service
    chain.record("/v1/containers/box/nestings", {"id": "packed", "in_id": "shipper", "from": chain.at(4)})
    shipment = {"id": "ship", "from_site_id": "maker", "to_site_id": "clinic", "carrier": "Cold Couriers"}
    along = [{"id": "shipper", "seals": ["S-1"]}]
    chain.record("/v1/shipments", {**shipment, "expected_at": chain.at(-1), "containers": along})
    chain.record("/v1/shipments/ship/handover", {"at": chain.at(4)})
    chain.is_answered("exo", "not_proven", "awaiting_shipper_log")
    receipt = {"received_at": chain.at(1), "container_id": "clinic-freezer", "lots": [{"id": "exo"}]}
    receipt["seals"] = [{"container_id": "shipper", "seals": ["S-1"]}]
    refused = service.client.post("/v1/shipments/ship/receipt", json=receipt)
    assert refused.status_code == 422, refused.text
    assert "exo-lost" in refused.text
    received = chain.record("/v1/shipments/ship/receipt", receipt)
    found = [(one["found"], one["id"]) for one in received["receipt"]["findings"]]
    assert ("missing", "exo-lost") in found
    chain.hear("clinic-freezer", (2, -0.01, -80))
    chain.is_answered("exo", "not_proven", "awaiting_shipper_log")
    chain.hear("shipper", (4.25, 3, -79), (3, 3 - 40 / 60, -50), (3 - 40 / 60, 0.75, -79))
    chain.is_answered("exo", "usable")
    [above] = [one for one in chain.service.all_of("/v1/lots/exo/excursions") if one["threshold_c"] == -60]
    assert 35 * 60 < above["duration_s"] < 45 * 60
    assert chain.status("exo-lost")["answer"] == "not_proven"


def split_into_vials(chain: Chain) -> None:
    """Each vial has what the lot went through; only the one left in the room for 25 min is lost."""
    equal = {"into": 20, "units_each": 1, "id_prefix": "exo-v"}
    chain.record("/v1/lots/exo/split", {"equal": equal, "at": chain.at(0.75)})
    assert {one["id"] for one in chain.service.all_of("/v1/lots/exo/parts", limit="100")} == {*VIALS, "exo-lost"}
    left = {"id": "left", "container_id": "room", "from": chain.at(0.5), "until": chain.at(0.5 - 25 / 60)}
    chain.record(f"/v1/lots/{VIALS[0]}/placements", {**left, "then": "back"})
    chain.is_answered(VIALS[0], "do_not_use", "limit_exceeded")
    assert chain.status(VIALS[0])["verdict"] == "nonviable"
    for vial in VIALS[1:]:
        chain.is_answered(vial, "usable")
    assert chain.status("exo")["answer"] == "not_proven"


def recalled(chain: Chain) -> None:
    """All twenty-one are found: twenty in the clinic's freezer, one in no container since it was missing."""
    told = chain.service.post("/v1/recalls", {"lot_id": "exo", "reason": "a donor was tested positive later"})
    tally: Any = told["tally"]
    where = {row["lot_id"]: (row["units"], row["container_id"]) for row in tally}
    assert where == {**dict.fromkeys(VIALS, (1, "clinic-freezer")), "exo-lost": (1, None)}
    for lot_id in where:
        chain.is_answered(lot_id, "do_not_use", "recalled")
