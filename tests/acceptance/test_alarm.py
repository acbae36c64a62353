"""A freezer fails at night: from the logger's message to the people's."""

import json
from datetime import UTC, datetime, timedelta

import paho.mqtt.publish as mqtt
import pytest

from ingest.address import parse_broker
from tests.acceptance.conftest import Service, eventually
from tests.webhook import Webhook

pytestmark = pytest.mark.acceptance


def test_a_failing_freezer_is_one_message_and_its_recovery_another(service: Service) -> None:
    """Above −20 °C for two minutes: one alert, naming the lots at stake; cold again, it is over."""
    service.command("migrate")
    site = f"alarm-{service.port}"
    now = datetime.now(UTC)
    start = (now - timedelta(minutes=30)).isoformat()
    with Webhook() as webhook:
        topics = {"UNBROKEN_DIALECTS": json.dumps({f"coldchain/v1/{site}/#": "coldchain_v1"})}
        service.start("serve", "evaluate", "ingest", "alerts", UNBROKEN_ALERT_WEBHOOK_URL=webhook.url, **topics)
        eventually(lambda: "connected" in service.log("ingest").read_text(), 30, "ingest connects")
        service.post("/v1/sites", {"id": site, "name": "Night lab", "time_zone": "Europe/Zurich"})
        service.post("/v1/products", {"id": "product", "name": "Product", "profile_id": "cryo-80"})
        container = {"id": "freezer", "site_id": site, "name": "Freezer 2", "kind": "freezer", "profile_id": "cryo-80"}
        service.post("/v1/containers", container)
        service.post("/v1/loggers", {"id": site, "site_id": site})
        attachment = {"id": "a", "logger_id": site, "place": "air", "from": start, "commissioned_at": start}
        service.post("/v1/containers/freezer/attachments", attachment)
        for lot_id in ("lot-1", "lot-2"):
            lot = {"id": lot_id, "product_id": "product", "lot_number": lot_id, "life_starts_at": start}
            service.post("/v1/lots", lot)
            placement = {"id": lot_id, "container_id": "freezer", "from": start}
            service.post(f"/v1/lots/{lot_id}/placements", placement)

        def measure(*course: tuple[float, float]) -> None:
            readings = [
                {"measured_at": (now - timedelta(minutes=ago)).isoformat(), "temperature_c": temperature}
                for ago, temperature in course
            ]
            address = parse_broker(service.mqtt_url)
            topic = f"coldchain/v1/{site}/{site}/readings"
            who: mqtt.AuthParameter = {"username": str(address.username), "password": str(address.password)}
            mqtt.single(topic, json.dumps(readings), qos=1, hostname=address.host, port=address.port, auth=who)

        measure(*((ago, -80.0) for ago in range(30, 14, -5)), (14, -80.0), (13, -10.0), (10, -9.0))
        eventually(lambda: webhook.reasons[:1] == ["first"], 30, "people are told")
        told = webhook.bodies[0]
        alert = told["alerts"][0]
        assert alert["lot_ids"] == ["lot-1", "lot-2"]
        assert "Freezer 2" in told["text"][:160]
        assert "above −20 °C" in told["text"][:160]
        measure((9, -80.0), (4, -80.0))
        # One cold reading is no recovery: the compressor may fail again. Nor are five minutes.
        measure((0, -80.0), (-2, -80.0))
        eventually(lambda: webhook.reasons[-1:] == ["resolved"], 30, "its end is told")
        states = {alert["cause"]: alert["state"] for alert in service.all_of("/v1/alerts")}
        assert states["limit_crossed"] == "resolved"
        assert webhook.reasons.count("first") == webhook.reasons.count("resolved") == 1
        assert "Freezer 2" in service.log("alerts").read_text()
