"""A storehouse of virtual loggers, simulated beside the running service as an operator would."""

import pytest

from service.store.migrate import migrate
from service.store.pool import connect
from tests.acceptance.conftest import Service, eventually
from tests.acting import TESTER

pytestmark = pytest.mark.acceptance

LOGGERS = 40


def test_every_simulated_lot_has_its_answer(service: Service) -> None:
    """Freezers that are only kept shut: each lot in them may be used as soon as its logger was heard."""
    with connect(service.database_url, application="tests", actor=TESTER) as connection:
        migrate(connection)
    service.start("serve", "evaluate", "ingest")
    # What its lots are made of is there already, and no papers are asked for it.
    service.post("/v1/products", {"id": "stored-exosomes", "name": "Exosomes, stored", "profile_id": "cryo-80"})

    def ingest_is_subscribed() -> bool:
        return "connected to the broker" in service.log("ingest").read_text(encoding="utf-8")

    # What is published before is lost: the broker keeps nothing for a session that there is not.
    eventually(ingest_is_subscribed, 20, "ingest is subscribed")
    said = service.command("simulate", "--loggers", str(LOGGERS), "--minutes", "0.1", "--every-s", "2")
    assert f"of {LOGGERS} loggers; the broker has them all" in said

    def answers() -> set[object]:
        statuses = [service.get(f"/v1/lots/store-lot-{number:05}/status") for number in range(LOGGERS)]
        return {status["answer"] for status in statuses if isinstance(status, dict)}

    eventually(lambda: answers() == {"usable"}, 30, "every lot may be used")
    known = service.command("simulate", "--loggers", str(LOGGERS), "--minutes", "0")
    assert "registered 0, known before" in known
