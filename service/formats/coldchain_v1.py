"""Our own dialect: JSON on ``coldchain/v1/{site}/{logger_id}/readings`` (DESIGN.md, "What enters")."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec

from service.domain.instant import SECOND_US, from_datetime
from service.domain.quality import Quality, quality_of
from service.formats.reading import Decoded, Reading, Rejection

#: A larger payload is not read.
LARGEST_PAYLOAD_BYTES = 1 << 20

_PREFIX = ("coldchain", "v1")
_LEVELS = 5
_LONGEST_NAME = 128

_Side = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]


class _Element(msgspec.Struct):
    measured_at: str | int
    temperature_c: float | str | None
    probe: str = ""
    humidity_pct: _Side | None = None
    battery_v: _Side | None = None
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None


class _StrictElement(_Element, forbid_unknown_fields=True):
    pass


_FIELDS = frozenset(_Element.__struct_fields__)
_one = msgspec.json.Decoder(_StrictElement)
_many = msgspec.json.Decoder(list[_StrictElement])
_lenient = msgspec.json.Decoder(_Element)
_names = msgspec.json.Decoder(dict[str, msgspec.Raw])
_elements = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Topic:
    """Where a message came from; `kind` is ``readings`` or ``status``."""

    site: str
    logger_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Clock:
    """What times of measurement are believable: [earliest_us, received_at_us + ahead_us]."""

    earliest_us: int
    ahead_us: int


def parse_topic(topic: str) -> Topic:
    """The site and logger a topic names.

    Raises:
        Rejection: ``topic_unknown``.
    """
    levels = topic.split("/")
    if (
        len(levels) != _LEVELS
        or (levels[0], levels[1]) != _PREFIX
        or levels[4] not in {"readings", "status"}
        or not all(is_name(level) for level in levels[2:4])
    ):
        raise Rejection(
            "topic_unknown", "the topic does not fit coldchain/v1/{site}/{logger_id}/readings; publish there instead"
        )
    return Topic(levels[2], levels[3], levels[4])


def is_name(level: str) -> bool:
    """Whether a text may name a site, a logger or a probe."""
    return 0 < len(level) <= _LONGEST_NAME and level.isprintable()


def decode(payload: bytes, logger_id: str, received_at_us: int, clock: Clock) -> Decoded:
    """The readings of one message; in an array with a bad element the good ones are taken.

    Returns:
        Decoded, whose `rejection` says what was wrong with the first bad element, and how many there were.

    Raises:
        Rejection: nothing in it can be taken.
    """
    if len(payload) > LARGEST_PAYLOAD_BYTES:
        raise Rejection(
            "too_large",
            f"the payload has {len(payload)} bytes; {LARGEST_PAYLOAD_BYTES} are allowed: send smaller arrays",
        )
    try:
        elements: Sequence[_Element] = _many.decode(payload) if payload[:1] == b"[" else [_one.decode(payload)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _decode_one_by_one(payload, logger_id, received_at_us, clock)
    try:
        return Decoded([_reading(element, logger_id, received_at_us, clock) for element in elements])
    except Rejection:
        return _decode_one_by_one(payload, logger_id, received_at_us, clock)


def _decode_one_by_one(payload: bytes, logger_id: str, received_at_us: int, clock: Clock) -> Decoded:
    parts, unknown = _split(payload)
    readings: list[Reading] = []
    rejections: list[tuple[int, Rejection]] = []
    for index, part in enumerate(parts):
        try:
            unknown += len(_decoded(_names, part).keys() - _FIELDS)
            readings.append(_reading(_decoded(_lenient, part), logger_id, received_at_us, clock))
        except Rejection as error:
            rejections.append((index, error))
    if not rejections:
        return Decoded(readings, None, unknown)
    index, first = rejections[0]
    if len(parts) == 1:
        raise first
    rejection = Rejection(first.code, f"{len(rejections)} of {len(parts)} elements; the first is [{index}]: {first}")
    if not readings:
        raise rejection
    return Decoded(readings, rejection, unknown)


def _split(payload: bytes) -> tuple[Sequence[msgspec.Raw | bytes], int]:
    """The elements of a message, and how many fields around them mean nothing to us."""
    if payload.lstrip()[:1] == b"[":
        return _decoded(_elements, payload), 0
    fields = _decoded(_names, payload)
    if "readings" in fields and "measured_at" not in fields:
        return _decoded(_elements, fields["readings"]), len(fields) - 1
    return [payload], 0


def _decoded(decoder: msgspec.json.Decoder[Any], text: bytes | msgspec.Raw) -> Any:
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise Rejection("wrong_type", f"{error}; see docs/payloads.md for the fields") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Rejection(
            "not_json", f'not valid JSON ({error}); send one object, an array or {{"readings": […]}}'
        ) from error


def _reading(element: _Element, logger_id: str, received_at_us: int, clock: Clock) -> Reading:
    measured_at_us = _instant(element.measured_at)
    if measured_at_us < clock.earliest_us:
        raise Rejection("time_too_early", f"measured_at is {element.measured_at}: set the logger's clock")
    if measured_at_us > received_at_us + clock.ahead_us:
        raise Rejection(
            "time_ahead",
            f"measured_at is {element.measured_at}, more than {clock.ahead_us // SECOND_US} s ahead of the time it "
            "arrived: set the logger's clock",
        )
    if element.probe and not is_name(element.probe):
        raise Rejection("bad_probe", f"probe must be at most {_LONGEST_NAME} printable characters")
    temperature_c, quality = _temperature(element.temperature_c)
    return Reading(
        logger_id,
        element.probe,
        measured_at_us,
        temperature_c,
        quality,
        element.humidity_pct,
        element.battery_v,
        element.seq,
    )


def _instant(measured_at: str | int) -> int:
    if isinstance(measured_at, int):
        return measured_at * 1_000
    try:
        return from_datetime(datetime.fromisoformat(measured_at))
    except (ValueError, OverflowError) as error:
        raise Rejection(
            "time_unreadable",
            f"measured_at is {measured_at[:40]!r}; send RFC 3339 with an offset, as 2026-01-31T06:00:00Z, "
            "or integer Unix milliseconds",
        ) from error


def _temperature(sent: float | str | None) -> tuple[float | None, Quality]:
    if isinstance(sent, str):
        if sent in {"HI", "LO"}:
            return None, Quality[sent]
        raise Rejection("temperature_unknown", f'temperature_c is {sent[:40]!r}; send a number, "HI", "LO" or null')
    return sent, quality_of(sent)
