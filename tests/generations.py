"""What is in force beside what one evaluation of everything finds, and readings that make it hard to be right."""

import random
from typing import Any

from service.store.pool import Connection
from tests.scenario import Sent

TABLES = ("container_records", "threshold_spans", "gap_spans")


def nothing(_done: int, _count: int) -> None:
    """Nobody watches the progress."""


def differences(connection: Connection) -> list[dict[str, Any]]:
    """Rows of one generation that the other has not."""
    return [
        row
        for table in TABLES
        for one, other in (("next", "public"), ("public", "next"))
        for row in connection.execute(f"TABLE {one}.{table} EXCEPT TABLE {other}.{table}").fetchall()
    ]


def wandering(chance: random.Random, count: int) -> list[Sent]:
    """A freezer that often warms up past its limits, with a sensor that now and then fails."""
    value, found = -80.0, list[Sent]()
    for _ in range(count):
        value = max(-95.0, min(-10.0, value + chance.choice([-12, -3, -1, 0, 1, 3, 12])))
        found.append(chance.choice([value] * 12 + [None, 85.0, "HI", "LO", 20.0]))
    return found
