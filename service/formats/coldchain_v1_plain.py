"""Messages of our own dialect with nothing unusual in them, many at once: the same readings at a third of the price.

What is unusual in any way (another shape, "HI", an unknown field, a time that is not believed) is left to
``coldchain_v1``, which alone says what is accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from service.domain.instant import SECOND_US
from service.domain.series.quality import qualities_of
from service.formats.coldchain_v1_fields import Seq, Side
from service.formats.columns import Columns
from service.formats.dialect import LARGEST_PAYLOAD_BYTES, Clock, is_name
from service.formats.duplicate_keys import UNDECODABLE


class _Plain(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    measured_at: Annotated[datetime, msgspec.Meta(tz=True)]
    temperature_c: float | None
    probe: str = ""
    humidity_pct: Side | None = None
    battery_v: Side | None = None
    seq: Seq | None = None


_one = msgspec.json.Decoder(_Plain)
_many = msgspec.json.Decoder(list[_Plain])


@dataclass(frozen=True, slots=True)
class Plain:
    """What was plain among messages.

    Attributes:
        columns: their readings, in order.
        message: int64, shape (n,): which message each of them is of.
        rest: the other messages, in order.
    """

    columns: Columns
    message: NDArray[np.int64]
    rest: list[int]


def plain_of(
    payloads: Sequence[bytes], logger_ids: Sequence[str | None], received_at_us: Sequence[int], clock: Clock
) -> Plain:
    """Take what is plain.

    Args:
        logger_ids: whose readings each payload holds; None: it is not a message of readings.
    """
    elements, counts, quotes = _decoded(payloads, logger_ids)
    message = np.repeat(np.arange(len(payloads)), counts)
    humidity_pct = _sides([x.humidity_pct for x in elements])
    battery_v = _sides([x.battery_v for x in elements])
    seq = _seqs([x.seq for x in elements])
    probed, ill_named = _named(elements)
    # The keys and texts of each element. With more quotes than these have, something was said in another way: a key
    # twice, of which the decoder dropped one.
    texts = 3 + 2 * probed + ~np.isnan(humidity_pct) + ~np.isnan(battery_v) + (seq >= 0)
    spare = quotes != 2 * np.bincount(message, texts, len(payloads))
    received_us = np.array(received_at_us, dtype=np.int64)[message]
    # A double holds the microseconds of two centuries exactly.
    measured_us = np.rint(np.array([x.measured_at.timestamp() for x in elements]) * SECOND_US).astype(np.int64)
    odd = (measured_us < clock.earliest_us) | (measured_us > received_us + clock.ahead_us) | ill_named
    odd |= spare[message]
    if odd.any():
        counts[message[odd]] = 0
        kept = np.flatnonzero(counts[message])
        elements = [elements[place] for place in kept.tolist()]
        message, received_us, measured_us = message[kept], received_us[kept], measured_us[kept]
        humidity_pct, battery_v, seq = humidity_pct[kept], battery_v[kept], seq[kept]
    keys, key = _keys(elements, message, logger_ids)
    temperature_c = np.array([x.temperature_c for x in elements], dtype=np.float64)
    columns = Columns(
        keys,
        key,
        {
            "measured_at": measured_us,
            "received_at": received_us,
            "temperature_c": temperature_c,
            "quality": qualities_of(temperature_c),
            "humidity_pct": humidity_pct,
            "battery_v": battery_v,
            "seq": seq,
            "stamped_on_arrival": np.zeros(len(elements), dtype=np.bool_),
        },
    )
    return Plain(columns, message, np.flatnonzero(counts == 0).tolist())


def _decoded(
    payloads: Sequence[bytes], logger_ids: Sequence[str | None]
) -> tuple[list[_Plain], NDArray[np.int64], NDArray[np.int64]]:
    """Elements of all payloads that can be decoded, how many each has, and how many quotes."""
    elements: list[_Plain] = []
    counts = np.zeros(len(payloads), dtype=np.int64)
    quotes = np.zeros(len(payloads), dtype=np.int64)
    for number, (payload, logger_id) in enumerate(zip(payloads, logger_ids, strict=True)):
        if logger_id is None or len(payload) > LARGEST_PAYLOAD_BYTES:
            continue
        try:
            found = _many.decode(payload) if payload[:1] == b"[" else (_one.decode(payload),)
        except UNDECODABLE:
            continue
        elements += found
        counts[number], quotes[number] = len(found), payload.count(b'"')
    return elements, counts, quotes


def _named(elements: Sequence[_Plain]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which elements name a probe, and which name it as no probe may be named."""
    probes = [x.probe for x in elements]
    if probes.count("") == len(probes):
        none = np.zeros(len(probes), dtype=np.bool_)
        return none, none
    ill_named = [probe != "" and not is_name(probe) for probe in probes]
    return np.array([probe != "" for probe in probes], dtype=np.bool_), np.array(ill_named, dtype=np.bool_)


def _keys(
    elements: Sequence[_Plain], message: NDArray[np.int64], logger_ids: Sequence[str | None]
) -> tuple[list[tuple[str, str]], NDArray[np.int64]]:
    places: dict[tuple[str, str], int] = {}
    key = [
        places.setdefault((logger_ids[number] or "", x.probe), len(places))
        for number, x in zip(message.tolist(), elements, strict=True)
    ]
    return list(places), np.array(key, dtype=np.int64)


def _sides(said: list[float | None]) -> NDArray[np.float64]:
    return np.full(len(said), np.nan) if said.count(None) == len(said) else np.array(said, dtype=np.float64)


def _seqs(said: list[int | None]) -> NDArray[np.int64]:
    if said.count(None) == len(said):
        return np.full(len(said), -1)
    return np.array([-1 if seq is None else seq for seq in said], dtype=np.int64)
