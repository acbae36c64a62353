"""Columns go to the database and come back by the thousand, to the last bit."""

import math

import numpy as np
import pytest

from service.store.arrays import FLAG, INSTANT, INTEGER, NUMBER, columns_of
from service.store.instants import from_wire
from service.store.pool import Connection

_WHOLE = [0, -1, 2**63 - 1, -(2**63)]
_NUMBERS = [-80.0, 0.1, -0.0, math.inf, -math.inf, math.nan, 5e-324]
_QUERY = "SELECT value, value < 0 AS below, 'é ' || value AS told FROM unnest(%s) AS value"


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (np.array(_WHOLE, dtype=np.int64), INTEGER),
        (np.array([], dtype=np.int64), INTEGER),
        (np.array(_NUMBERS, dtype=np.float64), NUMBER),
        (np.array([], dtype=np.float64), NUMBER),
        # Every second one: not side by side in memory.
        (np.arange(10, dtype=np.int64)[::2], INTEGER),
    ],
)
def test_numbers_come_back_as_they_were_sent(connection: Connection, sent: np.ndarray, kind: object) -> None:
    """A temperature of which the last bit changed on its way would be another one."""
    found = columns_of(connection, _QUERY, [sent], {"value": kind, "below": FLAG}, ["told"])
    assert found["value"].dtype == sent.dtype
    assert found["value"].tobytes() == sent.tobytes()
    assert found["below"].tolist() == [value < 0 for value in sent.tolist()]
    assert len(found["told"]) == len(sent)


def test_what_is_not_known_is_no_number(connection: Connection) -> None:
    """A probe whose range nobody declared has none, which is not zero."""
    query = (
        "SELECT value, at FROM (VALUES (1.5::float8, '2026-01-01Z'::timestamptz), (NULL, '-infinity')) AS x (value, at)"
    )
    found = columns_of(connection, query, [], {"value": NUMBER, "at": INSTANT})
    assert found["value"][0] == 1.5
    assert math.isnan(found["value"][1])
    assert from_wire(found["at"])[0] == 1_767_225_600_000_000
    assert from_wire(found["at"])[1] < -(10**18)
