"""Every dialect there is, by the name an operator writes beside a topic filter in UNBROKEN_DIALECTS."""

from collections.abc import Mapping

from service.formats import chirpstack, coldchain_v1, shelly, tasmota, thingsboard, ttn, zigbee2mqtt
from service.formats.dialect import Dialect

#: Name → decoder. To add one: docs/dialects.md.
DIALECTS: Mapping[str, Dialect] = {
    "coldchain_v1": coldchain_v1.take,
    "thingsboard": thingsboard.decode,
    "chirpstack": chirpstack.decode,
    "ttn": ttn.decode,
    "tasmota": tasmota.decode,
    "zigbee2mqtt": zigbee2mqtt.decode,
    "shelly": shelly.decode,
}

#: Those that always say when they measured, so that nobody need know whether a message is live.
WITH_THEIR_OWN_TIME = frozenset({"coldchain_v1", "chirpstack", "ttn"})

#: What ingest subscribes to unless told otherwise: our own topics. A broker may carry others that are not ours to read.
DEFAULT_TABLE: Mapping[str, str] = {"coldchain/v1/#": "coldchain_v1"}
