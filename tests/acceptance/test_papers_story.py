"""A lot from nothing to "may be used" and back, through the real stack: broker, ingest, evaluator, API, signatures."""

import json
from dataclasses import dataclass
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
from tests.acceptance.conftest import Service, eventually
from tests.acting import CHEAP, TESTER

pytestmark = [pytest.mark.acceptance, pytest.mark.long]

PASSWORD = "correct horse battery staple"  # noqa: S105  of accounts that live as long as a test
CONTAINERS = ("freezer-1", "freezer-2", "freezer-3", "shipper-1")
LOTS = {"lot-1": "freezer-1", "lot-2": "freezer-2", "lot-3": "freezer-3"}
SPECIFICATION = {
    "id": "of-the-story",
    "name": "Exosomes of the story",
    "source": "Release specification 2026-04.",
    "items": [
        {"name": "cd63", "label": "CD63", "kind": "present"},
        {"name": "endotoxin", "label": "Endotoxin", "kind": "number", "unit": "EU/mL", "maximum": 0.25},
        {"name": "made_on", "label": "Made on", "kind": "date"},
    ],
}
WELL = {"cd63": "present", "endotoxin": "<0.05 EU/mL", "made_on": "2026-01-12"}


@dataclass
class Clinic:
    """An installation, two of quality with a key each, and a logger's way to the broker.

    `began`: the moment from which hours are counted.
    """

    service: Service
    broker: dict[str, Any]
    keys: dict[str, str]
    began: datetime

    def at(self, hours: float) -> str:
        """So many hours before the story began."""
        return (self.began - timedelta(hours=hours)).isoformat()

    def publish(self, container: str, temperature_c: float, from_hours: float, until_hours: float) -> None:
        """Its logger sends what it measured every five minutes, from so long ago until so long ago, in one message."""
        count = round((from_hours - until_hours) * 12) + 1
        readings = [
            {"measured_at": self.at(from_hours - number / 12), "temperature_c": temperature_c}
            for number in range(count)
        ]
        mqtt.single(f"coldchain/v1/clinic/{container}-logger/readings", json.dumps(readings), qos=1, **self.broker)

    def sign(self, who: str, *change_ids: int) -> None:
        """Somebody of quality signs these changes, or all that wait, as they are shown them."""
        changes = self.service.all_of("/v1/changes", state="unsigned", limit="500")
        records = [
            {"kind": "change", "id": str(one["id"]), "sha256": one["content_sha256"]}
            for one in changes
            if not change_ids or one["id"] in change_ids
        ]
        assert records, "nothing waits"
        answer = self.service.client.post(
            "/v1/signatures",
            json={"records": records, "login": who, "password": PASSWORD},
            headers={"Authorization": f"Bearer {self.keys[who]}"},
        )
        assert answer.is_success, answer.text

    def status(self, lot: str) -> dict[str, Any]:
        """What is answered of a lot now."""
        found = self.service.get(f"/v1/lots/{lot}/status")
        assert isinstance(found, dict)
        return found

    def codes(self, lot: str) -> set[str]:
        """The codes of its reasons."""
        return {reason["code"] for reason in self.status(lot)["reasons"]}

    def is_answered(self, lot: str, answer: str, *codes: str) -> None:
        """Within seconds the answer is this one, and these codes are among its reasons."""

        def so() -> bool:
            status = self.status(lot)
            return status["answer"] == answer and set(codes) <= {reason["code"] for reason in status["reasons"]}

        eventually(so, 20, f"{lot} is {answer} for {codes}, and not {self.status(lot)}")

    def certify(self, lot: str, **items: str) -> dict[str, Any]:
        """Enter its certificate."""
        body = {"product_id": "exo-a", "lot_number": lot, "issued_on": "2026-01-31", "signatory": "Dr R. Meier"}
        answer = self.service.client.put(f"/v1/lots/{lot}/certificate", json={**body, "items": items})
        assert answer.is_success, answer.text
        entered: dict[str, Any] = answer.json()
        return entered

    def release(self, lot: str) -> None:
        """Quality releases it, by two signatures."""
        decided = self.service.post(f"/v1/lots/{lot}/disposition", {"decision": "released", "reason": "all is there"})
        for who in self.keys:
            assert isinstance(decided["change_id"], int)
            self.sign(who, decided["change_id"])
            if who == "ana":
                self.is_answered(lot, "not_proven", "not_released")
        self.is_answered(lot, "usable")


@pytest.fixture
def clinic(service: Service, servers: LocalServers) -> Clinic:
    """Three freezers and a shipper, each with a logger; a lot in each freezer for thirty hours, and nothing signed."""
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
    told = Clinic(service, {"hostname": address.hostname, "port": address.port, "auth": logger}, keys, now)
    service.post("/v1/sites", {"id": "clinic", "name": "The clinic", "time_zone": "Europe/Zurich"})
    service.post("/v1/specifications", SPECIFICATION)
    asked = {"specification_id": "of-the-story", "release_signatures": 2}
    service.post("/v1/products", {"id": "exo-a", "name": "Exosomes A", "profile_id": "cryo-80", **asked})
    for container in CONTAINERS:
        kind = container.partition("-")[0]
        body = {"id": container, "site_id": "clinic", "name": container, "kind": kind, "profile_id": "cryo-80"}
        service.post("/v1/containers", body)
        logger = {"id": f"{container}-logger", "site_id": "clinic", "range_min_c": -100, "range_max_c": 50}
        service.post("/v1/loggers", logger)
        attached = {"id": container, "logger_id": f"{container}-logger", "place": "air", "from": told.at(30)}
        service.post(f"/v1/containers/{container}/attachments", {**attached, "commissioned_at": told.at(30)})
    for lot, container in LOTS.items():
        body = {"id": lot, "product_id": "exo-a", "lot_number": lot, "life_starts_at": told.at(29)}
        service.post("/v1/lots", body)
        service.post(f"/v1/lots/{lot}/placements", {"id": lot, "container_id": container, "from": told.at(29)})
    return told


def test_papers_beside_the_temperature(clinic: Clinic) -> None:
    """Adopted, certified, mended, released, suspended, back by itself; uploaded, assessed, lapsed; and recalled."""
    clinic.publish("freezer-1", -80, 30, 0)
    # Nothing is used before quality has adopted what its product asks for, and signed what was recorded late.
    clinic.is_answered("lot-1", "not_proven", "profile_not_adopted", "no_specification", "unsigned_change")
    clinic.sign("ana")
    clinic.is_answered("lot-1", "not_proven", "certificate_missing", "not_released")

    entered = clinic.certify("lot-1", **{**WELL, "endotoxin": "n.d."})
    assert {item["name"]: item["outcome"] for item in entered["items"]}["endotoxin"] == "missing"
    clinic.is_answered("lot-1", "not_proven", "certificate_item_missing", "certificate_unsigned")
    assert ["endotoxin"] in [way["items"] for way in clinic.status("lot-1")["way_back"]]
    clinic.certify("lot-1", **WELL)
    clinic.sign("ana")
    clinic.is_answered("lot-1", "not_proven", "not_released")
    assert clinic.codes("lot-1") & {"certificate_item_missing", "certificate_unsigned", "certificate_missing"} == set()
    clinic.release("lot-1")

    suspended_and_back(clinic)
    uploaded(clinic)
    assessed_and_lapsed(clinic)

    recall = clinic.service.post("/v1/recalls", {"lot_id": "lot-1", "reason": "a donor was tested positive later"})
    clinic.is_answered("lot-1", "do_not_use", "recalled")
    assert [where["lot_id"] for where in recall["tally"]] == ["lot-1"]  # type: ignore[index]


def suspended_and_back(clinic: Clinic) -> None:
    """Six hours in a shipper whose logger has not sent yet: what it holds brings the release back by itself."""
    clinic.publish("shipper-1", -79, 30, 6)
    body = {"id": "moved", "container_id": "shipper-1", "from": clinic.at(6), "reason": "scanned at the hospital"}
    clinic.service.post("/v1/lots/lot-1/placements", body)
    clinic.is_answered("lot-1", "not_proven", "unsigned_change")
    clinic.sign("ben")
    clinic.is_answered("lot-1", "not_proven", "limit_possibly_exceeded", "release_suspended")
    ways = clinic.status("lot-1")["way_back"]
    [upload] = [way for way in ways if way["action"] == "upload"]
    assert upload["logger_ids"] == ["shipper-1-logger"]
    [stretch] = upload["stretches"]
    assert datetime.fromisoformat(stretch["from"]) == clinic.began - timedelta(hours=6)
    assert upload["enough"]
    clinic.publish("shipper-1", -79, 6, 0)
    clinic.is_answered("lot-1", "usable")
    assert "release_suspended" not in clinic.codes("lot-1")


def uploaded(clinic: Clinic) -> None:
    """Elsewhere a person brings what a logger held: until quality signs that, it proves nothing."""
    clinic.publish("freezer-2", -80, 30, 12)
    clinic.publish("freezer-2", -80, 6, 0)
    clinic.certify("lot-2", **WELL)
    clinic.sign("ben")
    clinic.is_answered("lot-2", "not_proven", "limit_possibly_exceeded", "not_released")
    brought = [{"measured_at": clinic.at(12 - number / 12), "temperature_c": -80} for number in range(73)]
    answer = clinic.service.client.post("/v1/readings", params={"logger_id": "freezer-2-logger"}, json=brought)
    assert answer.is_success, answer.text
    clinic.is_answered("lot-2", "not_proven", "unsigned_change")
    clinic.sign("ana")
    clinic.is_answered("lot-2", "not_proven", "not_released")
    assert "limit_possibly_exceeded" not in clinic.codes("lot-2")
    clinic.release("lot-2")


def assessed_and_lapsed(clinic: Clinic) -> None:
    """What quality accepted of a gap holds until what was measured in it arrives and passes a limit."""
    clinic.publish("freezer-3", -80, 30, 12)
    clinic.publish("freezer-3", -80, 6, 0)
    clinic.certify("lot-3", **WELL)
    clinic.sign("ben")
    clinic.is_answered("lot-3", "not_proven", "limit_possibly_exceeded")
    [assess] = [way for way in clinic.status("lot-3")["way_back"] if way["action"] == "assess"]
    assert assess["accepted_s"] == 300, "so long it may be above −20 °C"
    gaps = clinic.service.all_of("/v1/lots/lot-3/gaps")
    [gap] = [one for one in gaps if one["kind"] == "gap"]
    body = {"finding": "gap", "from": gap["from"], "until": gap["until"], "accepted_s": 120, "deviation": "D-118"}
    judged = {**body, "evidence": "The freezer's own log shows -79 °C.", "reason": "the logger's battery was empty"}
    clinic.service.post("/v1/lots/lot-3/assessments", judged)
    clinic.sign("ben")
    clinic.is_answered("lot-3", "not_proven", "not_released", "assessed")
    clinic.release("lot-3")
    clinic.publish("freezer-3", -40, 11.75, 6.25)
    clinic.is_answered("lot-3", "do_not_use", "limit_exceeded", "release_lapsed")
