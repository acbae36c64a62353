"""Which fields are temperatures, by the names that a device's maker gave them, and of which probe."""

import re
from collections.abc import Mapping
from functools import lru_cache

from service.formats.units import is_temperature_word, is_unit_field, words_of

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
#: Words after that for the temperature that are its unit, and so no part of the probe's name.
_UNITS = {"c", "celsius", "f", "fahrenheit", "k", "kelvin"}
#: Names looked at lately, of which those of a device come again with each message.
_KEPT, _LONGEST_KEPT = 1 << 12, 256
_SAYS_NOTHING = {"sensor", "value"}
_SEVERAL = {"temperatures": "temperature", "temps": "temp"}
#: What a device is set to, what it warns of, how it measures: fields about a temperature that are none.
_ABOUT = {
    "accuracy", "adjust", "adjustment", "alarm", "alarms", "alert", "antifrost", "away", "calibration", "comfort",
    "compensation", "config", "configuration", "correction", "count", "deadband", "deadzone", "delta", "desired",
    "eco", "enable", "enabled", "error", "errors", "flag", "history", "holiday", "hysteresis", "interval", "limit",
    "limits", "log", "max", "maximum", "min", "minimum", "mode", "offset", "options", "period", "periodic", "precision",
    "preset", "presets", "program", "protection", "range", "rate", "report", "reporting", "resolution", "sampling",
    "schedule", "sensitivity", "set", "setpoint", "setpoints", "setting", "settings", "slope", "status", "step",
    "target", "threshold", "thresholds", "trend",
}  # fmt: skip
_ABOUT |= {"unit", "units", "uom", "scale"}
#: Of a chip, a battery or a light's colour, and not of what is stored.
_ELSEWHERE = {"battery", "board", "chip", "color", "colour", "cpu", "device", "dew", "mcu", "processor", "soc"}
#: Fields that say what the value beside them is.
_NAMING = ("name", "Name", "type", "label", "key", "field", "measurement", "parameter", "quantity", "sensor", "n")
#: Fields, their words joined, that say when something beside them was measured.
_TIMES = {"time", "timestamp", "ts", "datetime", "date", "epoch", "unixtime", "epochtime", "measuredat", "recordedat"}
_TIMES |= {"lastseen", "lastseenepoch", "lastupdate", "lastupdated", "lastchanged", "updatedat", "sampletime"}
_TIMES |= {"measurementtime", "readingtime", "measuretime", "observedat"}


def probe_of(name: str) -> str | None:
    """The probe that a field called a temperature is of; None: it is none."""
    return _probe(name) if len(name) <= _LONGEST_KEPT else _probe.__wrapped__(name)


@lru_cache(maxsize=_KEPT)
def _probe(name: str) -> str | None:
    words = list(_WORD.finditer(name))
    plain = [_SEVERAL.get(word[0].lower(), word[0].lower()) for word in words]
    at = next((at for at, word in enumerate(plain) if is_temperature_word(word)), None)
    if at is None or not (_ABOUT | _ELSEWHERE).isdisjoint(plain):
        return None
    end = at + 1
    if end < len(plain) and plain[end] in _UNITS:
        end += 1
    before, after = name[: words[at].start()], name[words[end - 1].end() :]
    return "_".join(
        part for part in (before.strip(" _-"), after.strip(" _-")) if part and part.lower() not in _SAYS_NOTHING
    )


def is_about(name: str) -> bool:
    """Whether a field or object of this name holds settings, limits or the like, and no measurement."""
    return not _ABOUT.isdisjoint(words_of(name[:_LONGEST_KEPT]))


def says_a_time(name: str) -> bool:
    """Whether a field of this name says when what stands beside it was measured."""
    return re.sub(r"[ _-]", "", name[:_LONGEST_KEPT]).lower() in _TIMES


def looks_like_one(name: str) -> bool:
    """Whether a name has a word for a temperature in it, whatever else; of a unit's field it has not."""
    return _looks_like_one(name[:_LONGEST_KEPT])


@lru_cache(maxsize=_KEPT)
def _looks_like_one(name: str) -> bool:
    return any(is_temperature_word(_SEVERAL.get(word, word)) for word in words_of(name)) and not is_unit_field(name)


def name_in(fields: Mapping[str, object]) -> str | None:
    """The name of a temperature that an object states as a text: `{"name": "Temperature", "value": 4}`."""
    texts = (fields[key] for key in _NAMING if key in fields)
    return next((text for text in texts if isinstance(text, str) and looks_like_one(text)), None)


def look_alikes(value: object) -> int:
    """How many fields and objects within a value, at any depth, are called a temperature."""
    count, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            count += sum(map(looks_like_one, one)) + (name_in(one) is not None)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return count
