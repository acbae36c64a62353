"""Columns by the thousand, to and from the database as it holds them: psycopg would take each value for itself.

Arrays of numpy are parameters of queries, of type bigint[] or double precision[].
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.abc import DumperKey
from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import Format
from psycopg.rows import tuple_row

from service.store.pool import Connection
from service.store.rows import Parameters

_ELEMENTS = {np.dtype(np.int64): "int8", np.dtype(np.float64): "float8"}


class _ArrayDumper(Dumper):
    """Writes an array of shape (n,), as PostgreSQL's array_recv reads it."""

    format = Format.BINARY
    _element = 0

    def get_key(self, obj: NDArray[Any], format: PyFormat) -> DumperKey:  # noqa: A002, ARG002 - as psycopg has it
        return (self.cls, np.dtype(obj.dtype).type)

    def upgrade(self, obj: NDArray[Any], format: PyFormat) -> "_ArrayDumper":  # noqa: A002, ARG002 - as psycopg has it
        element = psycopg.adapters.types[_ELEMENTS[obj.dtype]]
        dumper = _ArrayDumper(self.cls)
        dumper.oid, dumper._element = element.array_oid, element.oid
        return dumper

    def dump(self, obj: NDArray[Any]) -> bytes:
        wire = np.empty(len(obj), dtype=[("length", ">i4"), ("value", obj.dtype.newbyteorder(">"))])
        wire["length"], wire["value"] = obj.dtype.itemsize, obj
        # One dimension, no NULL, counted from 1.
        return struct.pack(">iiIii", 1, 0, self._element, len(obj), 1) + wire.tobytes()


psycopg.adapters.register_dumper(np.ndarray, _ArrayDumper)


def numbers(values: Iterable[float | None]) -> str:
    """Numbers as PostgreSQL reads an array of them: beside a cast, as in ``%s::bigint[]``."""
    return "{" + ",".join(["NULL" if value is None else repr(value) for value in values]) + "}"


def texts(values: Iterable[str]) -> str:
    """Likewise of texts, whatever is in them."""
    quoted = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column of a query becomes, and the expression of SQL that sends it."""

    numpy_type: str
    sends: str


INTEGER = Kind(">i8", "int8send({})")
#: NULL becomes NaN.
NUMBER = Kind(">f8", "float8send(coalesce({}, 'NaN'))")
#: As `from_wire` reads it.
INSTANT = Kind(">i8", "timestamptz_send({})")
FLAG = Kind("?", "boolsend({})")


def columns_of(
    connection: Connection, query: str, parameters: Parameters, kinds: dict[str, Kind], names: Sequence[str] = ()
) -> dict[str, Any]:
    """The columns of a query, in the order of its rows: those of `kinds` as arrays of shape (n,), texts as lists.

    None but a number may be NULL: a row in which another is would be left out.

    Args:
        names: the columns of texts.
    """
    record = " || ".join(kind.sends.format(name) for name, kind in kinds.items())
    told = ", ".join([f"string_agg({record}, ''::bytea)", *(f"array_agg({name})" for name in names)])
    with connection.cursor(row_factory=tuple_row) as cursor:
        [row] = cursor.execute(f"SELECT {told} FROM ({query}) AS found", parameters, binary=True).fetchall()
    rows = np.frombuffer(row[0] or b"", dtype=[(name, kind.numpy_type) for name, kind in kinds.items()])
    found = {name: rows[name].astype(rows.dtype[name].newbyteorder("=")) for name in kinds}
    return {**found, **{name: values or [] for name, values in zip(names, row[1:], strict=True)}}
