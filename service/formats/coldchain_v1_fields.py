"""The fields of our own dialect: what each may hold, and the words for one that holds something else."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from service.formats.duplicate_keys import UNDECODABLE
from service.formats.reading import Rejection
from service.formats.wording import shown

_MOST_VALUES = 100_000
_LONGEST_INTERVAL_S = 366 * 86_400

#: Beyond it, what a logger says beside its temperature is not believed.
Side = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]

_TIME = "RFC 3339 with an offset, as 2026-01-31T06:00:00Z, or Unix milliseconds as a whole number"
_SIDE = "a number from -1000000 to 1000000, or null"
_TEMPERATURE = 'a number, "HI", "LO" or null'


class Element(msgspec.Struct):
    """One reading."""

    measured_at: str | int
    temperature_c: float | str | None
    probe: str = ""
    humidity_pct: Side | None = None
    battery_v: Side | None = None
    seq: Seq | None = None


class StrictElement(Element, forbid_unknown_fields=True):
    """One reading, and nothing beside it that is unknown to us."""


class Batch(msgspec.Struct):
    """Readings at even steps."""

    start: str | int
    interval_s: Annotated[float, msgspec.Meta(ge=1e-6, le=_LONGEST_INTERVAL_S)]
    temperature_c: Annotated[list[float | str | None], msgspec.Meta(max_length=_MOST_VALUES)]
    probe: str = ""


class LooseBatch(Batch):
    """A batch, some of whose values may be no temperature."""

    temperature_c: Annotated[list[Any], msgspec.Meta(max_length=_MOST_VALUES)]


_EXPECTED: dict[type[Element | Batch], dict[str, str]] = {
    Element: {
        "measured_at": _TIME,
        "temperature_c": _TEMPERATURE,
        "probe": "text",
        "humidity_pct": _SIDE,
        "battery_v": _SIDE,
        "seq": f"a whole number from 0 to {2**63 - 1}, or null",
    },
    Batch: {
        "start": _TIME,
        "interval_s": f"seconds, a number from 0.000001 to {_LONGEST_INTERVAL_S}",
        "temperature_c": f"an array of at most {_MOST_VALUES} elements, each {_TEMPERATURE}",
        "probe": "text",
    },
}


def wrong_field(kind: type[Element | Batch], fields: Mapping[str, msgspec.Raw]) -> Rejection:
    """Why these fields are no element of this kind: the first that is missing, or holds something else."""
    expected = _EXPECTED[kind]
    for field in msgspec.structs.fields(kind):
        if field.name not in fields:
            if field.required:
                return Rejection("wrong_type", f"{field.name} is missing; send {expected[field.name]}")
            continue
        try:
            msgspec.json.decode(fields[field.name], type=field.type)
        except UNDECODABLE:
            given = bytes(fields[field.name]).decode(errors="replace")
            return Rejection("wrong_type", f"{field.name} is {shown(given)}; send {expected[field.name]}")
    return Rejection("wrong_type", "it is no reading; docs/payloads.md has the fields")
