"""Whose a message is, by its topic alone: what cannot be read says nothing of itself.

Each function gives the id under which its dialect takes readings of such a topic; None: the topic names no logger. The
names that a ThingsBoard gateway speaks for are in the payload, so there is none for it.
"""

from collections.abc import Callable, Mapping

from service.formats import zigbee2mqtt
from service.formats.dialect import is_name
from service.formats.logger_names import names_no_device, refuse_foreign
from service.formats.reading import Rejection


def _coldchain_v1(levels: list[str]) -> str | None:
    """Also where the rest of the topic is wrong: a logger may write to all that is below its own name."""
    if levels[:2] != ["coldchain", "v1"] or len(levels) < 4:
        return None
    try:
        refuse_foreign(levels[3])
    except Rejection:
        return None
    return levels[3]


def _chirpstack(levels: list[str]) -> str | None:
    named = len(levels) >= 4 and levels[-4] == "device" and levels[-2] == "event"
    return f"chirpstack:{levels[-3].lower()}" if named else None


def _ttn(levels: list[str]) -> str | None:
    named = len(levels) == 5 and levels[0] == "v3" and levels[2] == "devices"
    return f"ttn:{levels[1]}/{levels[3]}" if named else None


def _tasmota(levels: list[str]) -> str | None:
    return "tasmota:" + "/".join(level for level in levels[:-1] if level != "tele")


def _zigbee2mqtt(levels: list[str]) -> str | None:
    return "zigbee2mqtt:" + "/".join(levels[1:] if levels[0] == zigbee2mqtt.BASE else levels)


def _shelly(levels: list[str]) -> str | None:
    return "shelly:" + "/".join(levels[:-2]) if levels[-2:] == ["events", "rpc"] else None


_OF_LEVELS: Mapping[str, Callable[[list[str]], str | None]] = {
    "coldchain_v1": _coldchain_v1,
    "chirpstack": _chirpstack,
    "ttn": _ttn,
    "tasmota": _tasmota,
    "zigbee2mqtt": _zigbee2mqtt,
    "shelly": _shelly,
}


def sender(dialect: str, topic: str) -> str | None:
    """The logger that a topic names in a dialect; None: it names none."""
    of_levels = _OF_LEVELS.get(dialect)
    logger_id = None if of_levels is None else of_levels(topic.split("/"))
    return logger_id if logger_id and is_name(logger_id) and not names_no_device(logger_id) else None
