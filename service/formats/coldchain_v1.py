"""Our own dialect: JSON on ``coldchain/v1/{site}/{logger_id}/readings`` (docs/payloads.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, TypeVar

import msgspec

from service.domain.instant import SECOND_US
from service.domain.series.quality import Quality, quality_of
from service.formats.cells import cell_of
from service.formats.coldchain_v1_fields import Batch, Element, LooseBatch, StrictElement, wrong_field
from service.formats.dialect import Arrival, Clock, is_name, refuse_too_large, unbelievable
from service.formats.duplicate_keys import UNDECODABLE, refuse_duplicate_keys
from service.formats.gathering import settled
from service.formats.json_fields import instant, number_of
from service.formats.logger_names import refuse_foreign
from service.formats.not_numbers import without_not_numbers
from service.formats.reading import Decoded, Reading, Rejection
from service.formats.units import is_unit_field, unit_of
from service.formats.wording import shown

_PREFIX = ("coldchain", "v1")
_LEVELS = 5
_KEPT_TOPICS = 1 << 16


class _Status(msgspec.Struct):
    status: str
    firmware: Annotated[str, msgspec.Meta(max_length=200)] | None = None


_FIELDS = frozenset(Element.__struct_fields__)
_SIDES = frozenset({"humidity_pct", "battery_v", "seq"})
_BATCH_FIELDS = frozenset(Batch.__struct_fields__)
_one = msgspec.json.Decoder(StrictElement)
_many = msgspec.json.Decoder(list[StrictElement])
_lenient = msgspec.json.Decoder(Element)
_batch = msgspec.json.Decoder(Batch)
_any = msgspec.json.Decoder()
_loose_batch = msgspec.json.Decoder(LooseBatch)
_names = msgspec.json.Decoder(dict[str, msgspec.Raw])
_elements = msgspec.json.Decoder(list[msgspec.Raw])
_json_status = msgspec.json.Decoder(_Status)


T = TypeVar("T")
E = TypeVar("E", Element, Batch)


@dataclass(frozen=True, slots=True)
class Topic:
    """Where a message came from; `kind` is ``readings`` or ``status``."""

    site: str
    logger_id: str
    kind: str


@lru_cache(maxsize=_KEPT_TOPICS)
def parse_topic(topic: str) -> Topic:
    """The site and logger a topic names.

    Raises:
        Rejection: ``topic_unknown`` or ``reserved_name``.
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
    refuse_foreign(levels[3])
    return Topic(levels[2], levels[3], levels[4])


def take(payload: bytes, arrival: Arrival) -> Decoded:
    """What a message on one of our topics says: readings, or whether the logger is online."""
    topic = parse_topic(arrival.topic)
    if topic.kind == "status":
        status = _status(payload)
        online = (topic.logger_id, status.status == "online")
        return Decoded([], site=topic.site, online=online, firmware=status.firmware)
    return decode(payload, topic.logger_id, arrival.received_at_us, arrival.clock, topic.site)


def _status(payload: bytes) -> _Status:
    if payload in {b"online", b"offline"}:
        return _Status(payload.decode())
    refuse_duplicate_keys(payload)
    try:
        status = _json_status.decode(payload)
    except UNDECODABLE:
        status = None
    if status is None or status.status not in {"online", "offline"} or not (status.firmware or "-").isprintable():
        raise Rejection(
            "status_unknown", 'a status is the word online or offline, or {"status": "online", "firmware": "1.4.2"}'
        )
    return status


def decode(payload: bytes, logger_id: str, received_at_us: int, clock: Clock, site: str | None = None) -> Decoded:
    """The readings of one message; in an array with a bad element the good ones are taken.

    Returns:
        Decoded, whose `rejection` says what was wrong with the first bad element, and how many there were.

    Raises:
        Rejection: nothing in it can be taken.
    """
    refuse_foreign(logger_id)
    refuse_too_large(payload)
    try:
        refuse_duplicate_keys(payload)
        elements: Sequence[Element] = _many.decode(payload) if payload[:1] == b"[" else [_one.decode(payload)]
        readings = _readings(elements, logger_id, received_at_us, clock)
    except (*UNDECODABLE, Rejection):
        return _decode_one_by_one(payload, logger_id, received_at_us, clock, site)
    return Decoded(readings, site=site)


def _decode_one_by_one(payload: bytes, logger_id: str, received_at_us: int, clock: Clock, site: str | None) -> Decoded:
    parts, unknown = _split(_mended(payload))
    readings: list[Reading] = []
    rejections: list[Rejection] = []
    elements = len(parts)
    for index, part in enumerate(parts):
        try:
            refuse_duplicate_keys(part)
            fields = _decoded(_names, part, "a JSON object with measured_at and temperature_c")
            names = fields.keys()
            _refuse_other_unit(fields)
            if "start" in names and "measured_at" not in names:
                unknown += len(names - _BATCH_FIELDS)
                batch = _batch_of(part, fields)
                found, refused = _batch_readings(batch, logger_id, received_at_us, clock)
                readings += found
                at = "" if len(parts) == 1 else f"[{index}]."
                rejections += [Rejection(error.code, f"{at}{error}") for error in refused]
                elements += max(0, len(batch.temperature_c) - 1)
            else:
                unknown += len(names - _FIELDS)
                readings += _readings([_reading_of(part, fields)], logger_id, received_at_us, clock)
        except Rejection as error:
            rejections.append(error if len(parts) == 1 else Rejection(error.code, f"[{index}]: {error}"))
    return settled(readings, rejections, elements, unknown, site)


def _mended(payload: bytes) -> bytes:
    """What a message says, with ``null`` where one that is no JSON says ``nan``."""
    try:
        _any.decode(payload)
    except UNDECODABLE:
        return without_not_numbers(payload)
    return payload


def _split(payload: bytes) -> tuple[Sequence[msgspec.Raw | bytes], int]:
    """The elements of a message, and how many fields around them mean nothing to us."""
    if payload.lstrip()[:1] == b"[":
        return _decoded(_elements, payload, "an array"), 0
    fields = _decoded(_names, payload, "a JSON object, or an array of them")
    if "readings" in fields and not {"measured_at", "start"} & fields.keys():
        refuse_duplicate_keys(payload, outermost=True)
        _refuse_other_unit(fields)
        return _decoded(_elements, fields["readings"], "an array of readings"), len(fields) - 1
    return [payload], 0


def _refuse_other_unit(fields: dict[str, msgspec.Raw]) -> None:
    """A field unknown to us that says the temperatures beside it are in another unit than their name."""
    for name in fields.keys() - _FIELDS:
        if is_unit_field(name):
            try:
                unit = unit_of(msgspec.json.decode(fields[name]))
            except (*UNDECODABLE, Rejection):
                continue  # it says nothing of temperatures, as far as we know
            if unit not in {None, "C"}:
                raise Rejection(
                    "unit_contradicted", f"{shown(name)} says °{unit}, and temperature_c is in °C; send what it says"
                )


def _decoded(decoder: msgspec.json.Decoder[T], text: bytes | msgspec.Raw, expected: str) -> T:
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        given = shown(bytes(text).decode(errors="replace"))
        raise Rejection("wrong_type", f"{given} is not what is read here; send {expected}") from error
    except UNDECODABLE as error:
        raise Rejection(
            "not_json", f'not valid JSON ({error}); send one object, an array or {{"readings": […]}}'
        ) from error


def _fitting(decoder: msgspec.json.Decoder[E], part: bytes | msgspec.Raw, fields: dict[str, msgspec.Raw]) -> E:
    """A part whose fields are known to be JSON, as an element."""
    try:
        return decoder.decode(part)
    except UNDECODABLE as error:
        raise wrong_field(decoder.type, fields) from error


def _reading_of(part: bytes | msgspec.Raw, fields: dict[str, msgspec.Raw]) -> Element:
    """A reading; a sensor that failed beside the thermometer (`"humidity_pct": "unavailable"`) costs its own number."""
    try:
        return _fitting(_lenient, part, fields)
    except Rejection:
        sound = {name: raw for name, raw in fields.items() if name not in _SIDES or not _is_of_failed_sensor(raw)}
        if len(sound) == len(fields):
            raise
        return _fitting(_lenient, msgspec.json.encode(sound), sound)


def _is_of_failed_sensor(raw: msgspec.Raw) -> bool:
    sent = msgspec.json.decode(raw)
    cell = cell_of(sent) if isinstance(sent, str) else None
    return cell is not None and cell.quality is Quality.MISSING


def _batch_of(part: bytes | msgspec.Raw, fields: dict[str, msgspec.Raw]) -> Batch:
    """A batch, whose values may be anything where not all of them are temperatures."""
    try:
        return _fitting(_batch, part, fields)
    except Rejection:
        try:
            return _loose_batch.decode(part)
        except UNDECODABLE:
            pass
        raise


def _readings(elements: Sequence[Element], logger_id: str, received_at_us: int, clock: Clock) -> list[Reading]:
    """All of them, or a Rejection. The hottest loop of ingest: hence few calls in it."""
    earliest_us, latest_us = clock.earliest_us, received_at_us + clock.ahead_us
    readings = []
    for element in elements:
        measured_at_us = instant(element.measured_at, "measured_at")
        if not earliest_us <= measured_at_us <= latest_us:
            raise unbelievable(measured_at_us, clock, element.measured_at)
        if element.probe:
            _check_probe(element.probe)
        temperature_c, quality = _temperature(element.temperature_c)
        readings.append(
            Reading(
                logger_id,
                element.probe,
                measured_at_us,
                temperature_c,
                quality,
                element.humidity_pct,
                element.battery_v,
                element.seq,
            )
        )
    return readings


def _batch_readings(
    batch: Batch, logger_id: str, received_at_us: int, clock: Clock
) -> tuple[list[Reading], list[Rejection]]:
    """Readings at even steps, and what was wrong with the others: with its times, all of it is wrong."""
    start_us, step_us = instant(batch.start, "start"), round(batch.interval_s * SECOND_US)
    if batch.probe:
        _check_probe(batch.probe)
    for at_us in (start_us, start_us + step_us * max(0, len(batch.temperature_c) - 1)):
        if not clock.earliest_us <= at_us <= received_at_us + clock.ahead_us:
            raise unbelievable(at_us, clock, batch.start)
    try:
        return [
            Reading(logger_id, batch.probe, start_us + step_us * step, *_temperature(sent))
            for step, sent in enumerate(batch.temperature_c)
        ], []
    except Rejection:
        pass  # some of them: each is looked at alone
    readings: list[Reading] = []
    rejections: list[Rejection] = []
    for step, sent in enumerate(batch.temperature_c):
        try:
            readings.append(Reading(logger_id, batch.probe, start_us + step_us * step, *_temperature(sent)))
        except Rejection as error:
            rejections.append(Rejection(error.code, f"temperature_c[{step}]: {error}"))
    return readings, rejections


def _check_probe(probe: str) -> None:
    if not is_name(probe):
        raise Rejection("bad_probe", f"{shown(probe)} cannot name a probe: use at most 128 printable characters")


def _temperature(sent: object) -> tuple[float | None, Quality]:
    if sent is None or isinstance(sent, float):
        return sent, quality_of(sent)
    if (number := number_of(sent)) is not None:
        return number, quality_of(number)
    if isinstance(sent, str):
        if sent in {"HI", "LO"}:
            return None, Quality[sent]
        if (cell := cell_of(sent)) is not None and cell.number is None:
            return None, cell.quality  # "unavailable", "nan", "--": a sensor that failed, as null says it
        raise Rejection("temperature_unknown", f'temperature_c is {sent[:40]!r}; send a number, "HI", "LO" or null')
    raise Rejection("wrong_type", f'temperature_c is {shown(str(sent))}; send a number, "HI", "LO" or null')
