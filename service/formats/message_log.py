"""A log of the messages of one device: Tasmota's console, what ``mosquitto_sub`` wrote, JSON a line.

Each line is read by the dialect of its topic, as if it had come over MQTT, but never as live: when a program wrote it
is not when a device measured. Tasmota's `Time` is what the device's clock showed, in the zone that the caller says.
"""

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import islice
from typing import Any

import numpy as np
from msgspec.json import encode

from service.domain.instant import from_datetime
from service.formats.clocks import instants_of
from service.formats.dialect import Arrival, Clock
from service.formats.dialects import DIALECTS
from service.formats.json_fields import json_value
from service.formats.logger_file import LoggerFile, Readings
from service.formats.reading import Decoded, Reading, Rejection
from service.formats.temperature_names import look_alikes
from service.formats.understood import UnderstoodLog
from service.formats.unread import Unread
from service.formats.wording import shown

#: Of a device that the line does not name; no topic has such a level.
_UNNAMED = "+"
_UNNAMED_IDS = {_UNNAMED, f"tasmota:{_UNNAMED}", f"shelly:{_UNNAMED}"}
#: What stands before a message in its line: a time, a program's name, the topic.
_LONGEST_HEAD = 400
_RETAINED = re.compile(r"\s*\(retained\)$")
_LOOKED_AT = 200
#: Whatever a device's clock says is taken; whether it can be believed is asked of the whole file.
_ANY_TIME = Clock(0, 0)
_LATEST_US = from_datetime(datetime(2200, 1, 1, tzinfo=UTC))
_UNSET_YEAR = 1971

_TOPICS = {
    name: re.compile(rf"(?:^|(?<=\s))(?:{topic})$")
    for name, topic in (
        ("coldchain_v1", r"coldchain/v1/[^/]+/[^/]+/readings"),
        ("thingsboard", r"v1/gateway/telemetry"),
        ("chirpstack", r"application/[^\s/]+/device/[^\s/]+/event/up"),
        ("ttn", r"v3/[^\s/]+/devices/[^\s/]+/up"),
        ("tasmota", r"(?:\S+/)?SENSOR"),
        ("zigbee2mqtt", r"zigbee2mqtt/.+"),
        ("shelly", r"\S+/events/rpc"),
    )
}


@dataclass(frozen=True, slots=True)
class _Message:
    dialect: str
    topic: str
    payload: bytes


def is_message_log(lines: Iterable[str]) -> bool:
    """Whether a message stands among the first lines."""
    some = (line for line in lines if not line.isspace())
    return any(_message(line) is not None for line in islice(some, _LOOKED_AT))


def _message(line: str) -> _Message | None:
    """The message in a line; None: there is none of a known topic."""
    at = line.find("{")
    if not 0 <= at <= _LONGEST_HEAD:
        return None
    head = line[:at].rstrip().removesuffix("[").rstrip()
    payload = _RETAINED.sub("", line[len(head) :].lstrip(" \t=").rstrip())
    if not head.strip("\ufeff"):
        return _bare(payload)
    topic = head.removesuffix("=").rstrip().removesuffix(":").rstrip()
    return _of_topic(topic, payload.encode("utf-8", "replace"))


def _of_topic(text: str, payload: bytes) -> _Message | None:
    for name, pattern in _TOPICS.items():
        if found := pattern.search(text):
            topic = found[0] if "/" in found[0] else f"tele/{_UNNAMED}/{found[0]}"
            return _Message(name, topic, payload)
    return None


def _bare(text: str) -> _Message | None:
    """An object that is all of its line: a message with its topic in it, or one that shows its dialect itself."""
    payload = text.encode("utf-8", "replace")
    try:
        fields = json_value(payload)
    except Rejection:
        return None
    if not isinstance(fields, dict):
        return None
    topic = fields.get("topic")
    if isinstance(topic, str) and "payload" in fields:  # as `mosquitto_sub -F %j` and `%J` write it
        inner = fields["payload"]
        return _of_topic(topic, inner.encode("utf-8", "replace") if isinstance(inner, str) else encode(inner))
    shows = _shows(fields)
    return None if shows is None else _Message(*shows, payload)


def _shows(fields: dict[str, Any]) -> tuple[str, str] | None:
    """The dialect of a message without its topic, and a topic on which it would be sent."""
    if "method" in fields and "params" in fields:
        source = fields.get("src")
        named = isinstance(source, str) and re.fullmatch(r"\S+", source)
        return "shelly", f"{source if named else _UNNAMED}/events/rpc"
    if "measured_at" in fields or {"start", "interval_s"} <= fields.keys():
        return "coldchain_v1", f"coldchain/v1/{_UNNAMED}/{_UNNAMED}/readings"
    if ("Time" in fields or "Epoch" in fields) and look_alikes(fields):
        return "tasmota", f"tele/{_UNNAMED}/SENSOR"
    return None


def parse_message_log(lines: Iterable[str], asked_zone: tzinfo | None, *, logger_id: str | None) -> LoggerFile:
    """The readings of one device; `logger_id`: which, where the log has several, and whose lines that name none are.

    Raises:
        Rejection: ``several_loggers``, ``no_readings``; ``zone_required`` and the like; why a message is refused, if
            many are, or all.
    """
    log = _Log(logger_id)
    for number, line in enumerate(lines, 1):
        if not line.isspace():
            log.add(line, number)
    return log.file(asked_zone)


class _Log:
    """The messages read so far."""

    def __init__(self, asked: str | None) -> None:
        self._asked = asked
        self._named: dict[str, None] = {}  # loggers, in order
        self._dialects: set[str] = set()
        self._probes: dict[str, int] = {}
        self._probe = array("i")
        self._at_us = array("q")
        self._temperature_c = array("d")
        self._quality = array("b")
        self._shown = array("b")  # whether a time is what a clock showed
        self._taken = 0
        self._lines: tuple[int, int] | None = None  # the first and the last with a reading
        self._others = self._silent = self._foreign = self._look_alikes = 0
        self._unread = Unread("messages refused, in whole or in part")

    def add(self, line: str, number: int) -> None:
        """Take the message of a line, if there is one."""
        message = _message(line)
        if message is None:
            self._foreign += 1
            return
        try:
            face_us = _face(message)
            at_us = _LATEST_US if face_us is None else face_us
            arrival = Arrival(message.topic, at_us, face_us is not None, _ANY_TIME)
            decoded = DIALECTS[message.dialect](message.payload, arrival)
        except Rejection as rejection:
            self._refuse(rejection, number)
            return
        self._look_alikes += decoded.unknown_fields
        if decoded.rejection is not None:
            self._refuse(decoded.rejection, number)
        self._take(decoded, message.dialect, number)

    def _refuse(self, rejection: Rejection, number: int) -> None:
        if rejection.loggers and self._asked and not any(map(self._is_wanted, rejection.loggers)):
            self._others += 1
        else:
            self._unread.add(f"line {number}: {rejection}", rejection.code)

    def _is_wanted(self, logger_id: str) -> bool:
        return self._asked is None or logger_id in _UNNAMED_IDS or logger_id == self._asked

    def _take(self, decoded: Decoded, dialect: str, number: int) -> None:
        for reading in decoded.readings:
            self._named[reading.logger_id] = None
        readings = [reading for reading in decoded.readings if self._is_wanted(reading.logger_id)]
        if readings:
            self._taken += 1
            self._lines = (self._lines[0] if self._lines else number, number)
            self._dialects.add(dialect)
        elif decoded.readings:
            self._others += 1
        elif decoded.rejection is None:
            self._silent += 1
        for reading in readings:
            self._append(reading)

    def _append(self, reading: Reading) -> None:
        self._probe.append(self._probes.setdefault(reading.probe, len(self._probes)))
        self._at_us.append(reading.measured_at_us)
        self._temperature_c.append(np.nan if reading.temperature_c is None else reading.temperature_c)
        self._quality.append(reading.quality)
        self._shown.append(reading.stamped_on_arrival)

    def file(self, asked_zone: tzinfo | None) -> LoggerFile:
        """All of it."""
        self._refuse_several()
        self._unread.refuse_if_many(self._taken)
        if not self._taken:
            raise Rejection("no_readings", "no message of the log has a temperature. Log the topics of the sensor.")
        own = self._asked or next((name for name in self._named if name not in _UNNAMED_IDS), None)
        probe = np.frombuffer(self._probe, dtype=np.int32)
        at_us = np.frombuffer(self._at_us, dtype=np.int64).copy()
        by_clock = np.frombuffer(self._shown, dtype=np.int8) != 0
        for number in range(len(self._probes)):
            rows = np.flatnonzero(by_clock & (probe == number))
            if len(rows):
                at_us[rows] = instants_of(at_us[rows], None, asked_zone)
        temperature_c = np.frombuffer(self._temperature_c, dtype=np.float64)
        quality = np.frombuffer(self._quality, dtype=np.int8)
        return LoggerFile(
            logger_id=own,
            model="",
            readings=Readings(own or "", list(self._probes), probe, at_us, temperature_c, quality),
            understood=self._understood(),
            dialect=next(iter(self._dialects)) if len(self._dialects) == 1 else None,
        )

    def _refuse_several(self) -> None:
        names = [name for name in self._named if name not in _UNNAMED_IDS]
        if self._asked is not None and names and not self._taken:
            raise Rejection(
                "logger_mismatch",
                f"the log has messages of {' and '.join(map(shown, names[:3]))}, and none of {shown(self._asked)}. "
                "Say which is meant by that name, or leave the logger out.",
            )
        if self._asked is None and names and len(self._named) > 1:
            others = "others" if len(names) > 1 else "some lines that name no logger"
            raise Rejection(
                "several_loggers",
                f"the log has messages of {shown(names[0])} and of {others}. Say which logger is meant: what other "
                "loggers sent is left out, and lines without a name are taken as its own.",
            )

    def _understood(self) -> UnderstoodLog:
        skipped = {
            "lines that are no messages of a known topic": self._foreign,
            "messages without a temperature": self._silent,
            "messages of other loggers": self._others,
            "fields called a temperature that are none, or are not known to be": self._look_alikes,
        }
        return UnderstoodLog(
            self._taken,
            tuple(sorted(self._dialects)),
            self._lines or (0, 0),
            self._unread.sentences(),
            {what: count for what, count in skipped.items() if count},
        )


def _face(message: _Message) -> int | None:
    """What Tasmota's clock showed, as microseconds since 1970; None: it says nothing, an instant, or was never set."""
    if message.dialect != "tasmota":
        return None
    fields: Any = json_value(message.payload)
    said = fields.get("Time") if isinstance(fields, dict) else None
    try:
        moment = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    if moment is None or moment.tzinfo is not None or moment.year < _UNSET_YEAR:
        return None
    return from_datetime(moment.replace(tzinfo=UTC))
