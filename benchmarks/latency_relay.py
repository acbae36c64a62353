"""``python -m benchmarks.latency_relay``: the least that can lie between a publisher and a webhook.

One process receives a message, commits one row and POSTs, over connections that stay open.
"""

import argparse
import http.client
import os
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.acting import BENCHMARK
from ingest.address import parse_broker
from service.store.pool import connect

TOPIC = "floor"


def main() -> None:
    """Until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--webhook-url", required=True)
    given = parser.parse_args()
    broker, webhook = parse_broker(os.environ["UNBROKEN_MQTT_URL"]), urlsplit(given.webhook_url)
    connection = connect(os.environ["UNBROKEN_DATABASE_URL"], application="floor", actor=BENCHMARK)
    connection.execute("CREATE TABLE IF NOT EXISTS floor (name text PRIMARY KEY, at timestamptz DEFAULT now())")
    post = http.client.HTTPConnection(webhook.netloc)

    def subscribe(*_: object) -> None:
        client.subscribe(TOPIC, qos=1)

    def relay(_client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        name = message.payload.decode()
        connection.execute("INSERT INTO floor (name) VALUES (%s)", [name])
        post.request("POST", webhook.path, body=message.payload)
        post.getresponse().read()

    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = relay
    client.on_connect = subscribe
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.username_pw_set(broker.username, broker.password)
    client.connect(broker.host, broker.port)
    client.loop_forever()


if __name__ == "__main__":
    main()
