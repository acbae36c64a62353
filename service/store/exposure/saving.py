"""Bring the stored records of containers to what was found, of many at once, writing only what differs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from service.domain.exposure.container import Record, Threshold
from service.domain.spans import Spans
from service.store.exposure.records import HEAD, Key
from service.store.hints import hint_of_containers
from service.store.pool import Connection

#: A record as it is stored, None: it is not yet, and as it is to be.
Change = tuple[Record | None, Record]

_SPAN = "container_id, max_gap_s, direction, threshold_c, disputed, from_us, until_us"
_SPAN_ROWS = "unnest(%s::text[], %s::integer[], %s::text[], %s::float8[], %s::boolean[], %s::bigint[], %s::bigint[])"
_GAP = "container_id, max_gap_s, from_us, until_us"
_GAP_ROWS = "unnest(%s::text[], %s::integer[], %s::bigint[], %s::bigint[])"


def save_records(connection: Connection, changes: Mapping[Key, Change]) -> set[str]:
    """Replace records; the containers of those that changed so that it can matter to a lot."""
    with connection.pipeline():
        _save_heads(connection, changes)
        _forget_thresholds(connection, changes)
        gone, come = _differences({key: (_spans_of(old), _spans_of(new)) for key, (old, new) in changes.items()})
        if gone:
            connection.execute(
                f"DELETE FROM threshold_spans AS spans USING {_SPAN_ROWS} AS gone ({_SPAN}) WHERE "
                "(spans.container_id, spans.max_gap_s, spans.direction, spans.threshold_c, spans.disputed, "
                "spans.from_us) = (gone.container_id, gone.max_gap_s, gone.direction, gone.threshold_c, gone.disputed, "
                "gone.from_us)",
                _columns(gone),
            )
        if come:
            connection.execute(f"INSERT INTO threshold_spans ({_SPAN}) SELECT * FROM {_SPAN_ROWS}", _columns(come))
        gaps_gone, gaps_come = _differences(
            {key: (_gaps_of(old), _gaps_of(new)) for key, (old, new) in changes.items()}
        )
        if gaps_gone:
            connection.execute(
                f"DELETE FROM gap_spans AS spans USING {_GAP_ROWS} AS gone ({_GAP}) WHERE "
                "(spans.container_id, spans.max_gap_s, spans.from_us) "
                "= (gone.container_id, gone.max_gap_s, gone.from_us)",
                _columns(gaps_gone),
            )
        if gaps_come:
            connection.execute(f"INSERT INTO gap_spans ({_GAP}) SELECT * FROM {_GAP_ROWS}", _columns(gaps_come))
    reopened = {
        container_id
        for (container_id, _), (old, new) in changes.items()
        if old is None or (old.open_beyond, old.open_possible) != (new.open_beyond, new.open_possible)
    }
    return reopened | {container_id for container_id, *_ in (*gone, *come, *gaps_gone, *gaps_come)}


def _save_heads(connection: Connection, changes: Mapping[Key, Change]) -> None:
    heads = [
        {"container_id": container_id, "max_gap_s": max_gap_s, **_head(new)}
        for (container_id, max_gap_s), (old, new) in sorted(changes.items())
        if old is None or _head(old) != _head(new)
    ]
    if heads:
        connection.execute(
            f"INSERT INTO container_records ({HEAD}) SELECT {HEAD} FROM jsonb_to_recordset(%s) AS found "
            "(container_id text, max_gap_s integer, thresholds jsonb, measured_until_us bigint, open_beyond jsonb, "
            "open_possible jsonb) ON CONFLICT (container_id, max_gap_s) DO UPDATE "
            "SET thresholds = excluded.thresholds, measured_until_us = excluded.measured_until_us, "
            "open_beyond = excluded.open_beyond, open_possible = excluded.open_possible",
            [Jsonb(heads)],
        )
        hint_of_containers(connection, {container_id for container_id, _ in changes})


def _head(record: Record) -> dict[str, Any]:
    return {
        "thresholds": _stored(record.beyond),
        "measured_until_us": record.measured_until_us,
        "open_beyond": _stored(record.open_beyond),
        "open_possible": _stored(record.open_possible),
    }


def _stored(thresholds: Collection[Threshold]) -> list[list[Any]]:
    return [[direction.value, threshold_c] for direction, threshold_c in sorted(thresholds)]


def _forget_thresholds(connection: Connection, changes: Mapping[Key, Change]) -> None:
    """Nobody asks about them any more; what lies outside the repaired window would never be brought up to date."""
    forgotten = [
        (*key, direction.value, float(threshold_c))
        for key, (old, new) in changes.items()
        if old is not None
        for direction, threshold_c in sorted(old.beyond.keys() - new.beyond.keys())
    ]
    if forgotten:
        connection.execute(
            "DELETE FROM threshold_spans AS spans USING unnest(%s::text[], %s::integer[], %s::text[], %s::float8[]) "
            "AS gone (container_id, max_gap_s, direction, threshold_c) WHERE (spans.container_id, spans.max_gap_s, "
            "spans.direction, spans.threshold_c) "
            "= (gone.container_id, gone.max_gap_s, gone.direction, gone.threshold_c)",
            _columns(forgotten),
        )


def forget_records(connection: Connection, keys: Collection[Key]) -> None:
    """Delete records that no lot in their container is judged by any more: nothing would keep them right."""
    if not keys:
        return
    for table in ("threshold_spans", "gap_spans", "container_records"):
        connection.execute(
            f"DELETE FROM {table} WHERE (container_id, max_gap_s) IN (SELECT * FROM unnest(%s::text[], %s::integer[]))",
            _columns(sorted(keys)),
        )


def _spans_of(record: Record | None) -> set[tuple[Any, ...]]:
    """(direction, threshold, disputed, from, until) of every span of a record but its gaps."""
    if record is None:
        return set()
    return {
        (direction.value, float(threshold_c), disputed, *pair)
        for disputed, kind in ((False, record.beyond), (True, record.disputed))
        for (direction, threshold_c), found in kind.items()
        for pair in _pairs(found)
    }


def _gaps_of(record: Record | None) -> set[tuple[Any, ...]]:
    return set() if record is None else _pairs(record.gaps)


def _pairs(found: Spans) -> set[tuple[Any, ...]]:
    return set(map(tuple, found.tolist()))


def _differences(
    rows: Mapping[Key, tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]],
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rows that were and are no more, and those that are new, each with its container and largest gap."""
    gone = [(*key, *row) for key, (before, after) in rows.items() for row in sorted(before - after)]
    come = [(*key, *row) for key, (before, after) in rows.items() for row in sorted(after - before)]
    return gone, come


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
