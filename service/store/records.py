"""The spans of containers, as the evaluator found them."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from psycopg.types.json import Jsonb

from service.domain import spans
from service.domain.container import Record, Threshold
from service.domain.profiles import Direction
from service.domain.spans import Spans
from service.store.pool import Connection

#: Records by (container id, max_gap_s).
Records = dict[tuple[str, int], Record]


def load_records(connection: Connection, container_ids: Sequence[str]) -> Records:
    """The stored records of some containers; one never evaluated is absent."""
    wanted = list(container_ids)
    found: dict[tuple[str, int, str, float, bool], list[tuple[int, int]]] = defaultdict(list)
    for row in connection.execute(
        "SELECT container_id, max_gap_s, direction, threshold_c, disputed, from_us, until_us FROM threshold_spans "
        "WHERE container_id = ANY(%s) ORDER BY from_us",
        [wanted],
    ):
        key = (row["container_id"], row["max_gap_s"], row["direction"], row["threshold_c"], row["disputed"])
        found[key].append((row["from_us"], row["until_us"]))
    gaps: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for row in connection.execute(
        "SELECT container_id, max_gap_s, from_us, until_us FROM gap_spans "
        "WHERE container_id = ANY(%s) ORDER BY from_us",
        [wanted],
    ):
        gaps[row["container_id"], row["max_gap_s"]].append((row["from_us"], row["until_us"]))
    records: Records = {}
    for row in connection.execute(
        "SELECT container_id, max_gap_s, thresholds, measured_until_us, open_beyond FROM container_records "
        "WHERE container_id = ANY(%s)",
        [wanted],
    ):
        key_here = (row["container_id"], row["max_gap_s"])
        thresholds = _thresholds(row["thresholds"])
        beyond, disputed = (
            {
                threshold: _array(found[(*key_here, threshold[0].value, threshold[1], unsure)])
                for threshold in thresholds
            }
            for unsure in (False, True)
        )
        records[key_here] = Record(
            beyond,
            disputed,
            _array(gaps[key_here]),
            row["measured_until_us"],
            frozenset(_thresholds(row["open_beyond"])),
        )
    return records


def _thresholds(stored: list[tuple[str, float]]) -> list[Threshold]:
    return [(Direction(direction), threshold_c) for direction, threshold_c in stored]


def _array(pairs: list[tuple[int, int]]) -> Spans:
    return np.array(pairs, dtype=np.int64).reshape(-1, 2) if pairs else spans.NONE


def save_record(connection: Connection, container_id: str, max_gap_s: int, old: Record | None, new: Record) -> bool:
    """Replace a container's record, writing only what differs; True if that can matter to a lot."""
    thresholds = sorted(new.beyond)
    reopened = old is None or old.open_beyond != new.open_beyond
    if old is None or reopened or old.measured_until_us != new.measured_until_us or sorted(old.beyond) != thresholds:
        connection.execute(
            "INSERT INTO container_records (container_id, max_gap_s, thresholds, measured_until_us, open_beyond) "
            "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (container_id, max_gap_s) DO UPDATE "
            "SET thresholds = excluded.thresholds, measured_until_us = excluded.measured_until_us, "
            "open_beyond = excluded.open_beyond",
            [
                container_id,
                max_gap_s,
                Jsonb([list(threshold) for threshold in thresholds]),
                new.measured_until_us,
                Jsonb([list(threshold) for threshold in sorted(new.open_beyond)]),
            ],
        )
    changed = reopened
    for kind, before, after in (
        (False, old.beyond if old else {}, new.beyond),
        (True, old.disputed if old else {}, new.disputed),
    ):
        for threshold in sorted(before.keys() | after.keys()):
            gone, come = _difference(before.get(threshold, spans.NONE), after.get(threshold, spans.NONE))
            key = [container_id, max_gap_s, threshold[0].value, threshold[1], kind]
            changed |= bool(gone or come)
            if gone:
                connection.execute(
                    "DELETE FROM threshold_spans WHERE (container_id, max_gap_s, direction, threshold_c, disputed) "
                    "= (%s, %s, %s, %s, %s) AND from_us = ANY(%s)",
                    [*key, [from_us for from_us, _ in gone]],
                )
            if come:
                connection.execute(
                    "INSERT INTO threshold_spans SELECT %s, %s, %s, %s, %s, * FROM unnest(%s::bigint[], %s::bigint[])",
                    [*key, [from_us for from_us, _ in come], [until_us for _, until_us in come]],
                )
    gone, come = _difference(old.gaps if old else spans.NONE, new.gaps)
    if gone:
        connection.execute(
            "DELETE FROM gap_spans WHERE (container_id, max_gap_s) = (%s, %s) AND from_us = ANY(%s)",
            [container_id, max_gap_s, [from_us for from_us, _ in gone]],
        )
    if come:
        connection.execute(
            "INSERT INTO gap_spans SELECT %s, %s, * FROM unnest(%s::bigint[], %s::bigint[])",
            [container_id, max_gap_s, [from_us for from_us, _ in come], [until_us for _, until_us in come]],
        )
    return changed or bool(gone or come)


def _difference(old: Spans, new: Spans) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    before = {(int(from_us), int(until_us)) for from_us, until_us in old}
    after = {(int(from_us), int(until_us)) for from_us, until_us in new}
    return sorted(before - after), sorted(after - before)
