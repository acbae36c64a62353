"""The answer of each lot as it was judged last, and whether it still stands."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from psycopg.types.json import Json

from service.domain.answers.standing import RULES, LotState, Meanwhile, StoredAnswer
from service.domain.clocks import Times
from service.domain.instant import SECOND_US, from_datetime
from service.domain.verdicts.causes import Cause
from service.store.claims import EVERYTHING, Claim
from service.store.clocks import LATEST_AT
from service.store.dirty import NOT_UNJUDGED
from service.store.instants import parameter
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, by_name, columns, tuples

#: An awaited container of `state` was heard.
_HEARD = """
    state.awaited IS NOT NULL AND EXISTS (
        SELECT FROM jsonb_array_elements(state.awaited) AS one, container_records
        WHERE container_id = one->>0 AND container_records.max_gap_s = state.max_gap_s
        AND measured_until_us > (one->1)::bigint
    )"""

#: Whether a row `state` of lot_states is past, as of %(now_us)s by %(rules)s: in lists, filters and counts it is not
#: proven then, unless it is do_not_use. What waits for the evaluator is BEHIND.
PAST = f"""(
    state.rules <> %(rules)s OR state.judged_us > %(now_us)s
    OR coalesce(state.good_until_us <= %(now_us)s, false)
    OR state.measured_in IS NOT NULL AND NOT EXISTS (
        SELECT FROM container_records
        WHERE container_id = state.measured_in AND container_records.max_gap_s = state.max_gap_s
        AND measured_until_us + container_records.max_gap_s * {SECOND_US}::bigint >= %(now_us)s
    )
    OR {_HEARD}
)"""

#: Whether a mark has waited too long: for more than %(allowed_s)s, or at all if it tells of what a person did.
_OVERDUE = "(dirty.cause IS NOT NULL OR dirty.marked_at < clock_timestamp() - make_interval(secs => %(allowed_s)s))"

#: A query: lots that something concerns which has waited too long, and since when. For lists: it begins at what waits.
BEHIND = f"""
    WITH overdue AS MATERIALIZED (
        SELECT series_id, container_id, lot_id, min(marked_at) AS marked_at FROM dirty WHERE {_OVERDUE}
        GROUP BY series_id, container_id, lot_id
    )
    SELECT lot_id, min(marked_at) AS since FROM (
        SELECT lot_id, marked_at FROM overdue WHERE lot_id IS NOT NULL
        UNION ALL SELECT lineage.lot_id, marked_at FROM overdue JOIN lineage ON ancestor_id = overdue.lot_id
        UNION ALL SELECT stays.lot_id, marked_at FROM overdue JOIN stays USING (container_id)
        UNION ALL SELECT stays.lot_id, marked_at FROM overdue JOIN attachments USING (series_id)
        JOIN stays ON stays.container_id = attachments.container_id
    ) AS concerned GROUP BY lot_id
"""

#: Since when something that concerns the lots %(lots)s has waited too long. It begins at the lots.
_BEHIND_OF = f"""
    WITH stays AS (SELECT DISTINCT lot_id, container_id FROM public.stays WHERE lot_id = ANY(%(lots)s))
    SELECT lot_id, min(marked_at) AS since FROM (
        SELECT lot_id, marked_at FROM dirty
        WHERE lot_id = ANY(%(lots)s) AND {_OVERDUE} AND coalesce(cause <> ALL(%(but)s), true)
        UNION ALL SELECT lineage.lot_id, marked_at FROM lineage JOIN dirty ON dirty.lot_id = ancestor_id
        WHERE lineage.lot_id = ANY(%(lots)s) AND {_OVERDUE} AND coalesce(cause <> ALL(%(but)s), true)
        UNION ALL SELECT stays.lot_id, marked_at FROM stays JOIN dirty USING (container_id) WHERE {_OVERDUE}
        UNION ALL SELECT stays.lot_id, marked_at FROM stays JOIN attachments USING (container_id)
        JOIN dirty USING (series_id) WHERE {_OVERDUE}
    ) AS concerned GROUP BY lot_id
"""

#: One lot, and all that tells whether its answer still stands.
_ASKED = f"""
    WITH here AS MATERIALIZED (SELECT container_id FROM stays WHERE lot_id = %(lot)s)
    SELECT {columns(LotState, "state")}, clock_timestamp(), {LATEST_AT},
        (
            SELECT min(marked_at) FROM (
                SELECT marked_at FROM dirty WHERE lot_id = state.lot_id AND {_OVERDUE}
                UNION ALL SELECT marked_at FROM dirty WHERE {_OVERDUE} AND lot_id = ANY(
                    ARRAY(SELECT ancestor_id FROM lineage WHERE lot_id = %(lot)s))
                UNION ALL SELECT marked_at FROM dirty
                WHERE container_id = ANY(ARRAY(SELECT container_id FROM here)) AND {_OVERDUE}
                UNION ALL SELECT marked_at FROM dirty WHERE {_OVERDUE} AND series_id = ANY(
                    ARRAY(SELECT series_id FROM attachments JOIN here USING (container_id)))
            ) AS concerned
        ),
        (
            SELECT measured_until_us FROM container_records
            WHERE container_id = state.measured_in AND container_records.max_gap_s = state.max_gap_s
        ),
        (
            SELECT max(measured_until_us) FROM here JOIN container_records USING (container_id)
            WHERE container_records.max_gap_s = state.max_gap_s
        ),
        {_HEARD}
    FROM lot_states AS state WHERE state.lot_id = %(lot)s AND state.document IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of a lot before it is judged anew.

    Attributes:
        silent_after_us: the last instant at which the silence of its container is no gap; None: it rests on none.
    """

    lot_id: str
    verdict: str
    verdict_codes: list[str]
    answer: str
    reason_codes: list[str]
    good_until_us: int | None
    measured_in: str | None
    max_gap_s: int | None
    silent_after_us: int | None


def add_lot_state(connection: Connection, lot_id: str) -> None:
    """A lot that was never judged is not proven."""
    connection.execute("INSERT INTO lot_states (lot_id, reason_codes) VALUES (%s, '{}')", [lot_id])


def asked(connection: Connection, lot_id: str, allowed_s: float) -> StoredAnswer | None:
    """A lot's stored answer, and all that tells whether it still stands; None: it was never judged."""
    rows = tuples(connection, _ASKED, {"lot": lot_id, "allowed_s": allowed_s})
    if not rows:
        return None
    # By their places: it is asked by the thousand, one at a time.
    *state, database_at, latest_at, behind_since, measured_us, latest_us, heard = rows[0]
    times = Times(from_datetime(database_at), _us(latest_at))
    return StoredAnswer(LotState(*state), Meanwhile(times, behind_since, measured_us, latest_us, heard))


def _us(when: datetime | None) -> int | None:
    return None if when is None else from_datetime(when)


def behind_since(
    connection: Connection, lot_ids: Sequence[str], allowed_s: float, but: Collection[Cause] = ()
) -> dict[str, int]:
    """Of some lots those that something concerns which has waited too long, and since when.

    Args:
        but: what waits of a lot itself for one of these causes is left out.
    """
    asked_for = {"lots": list(lot_ids), "allowed_s": allowed_s, "but": sorted(but)}
    rows = all_rows(connection, _Behind, _BEHIND_OF, asked_for)
    return {row.lot_id: from_datetime(row.since) for row in rows}


@dataclass(frozen=True, slots=True)
class _Behind:
    lot_id: str
    since: datetime


def states_before(connection: Connection, lot_ids: Sequence[str]) -> dict[str, Before]:
    """The latest verdicts of lots, by lot id; of one never judged there is none."""
    rows = all_rows(
        connection,
        Before,
        "SELECT lot_id, verdict, verdict_codes, answer, reason_codes, good_until_us, measured_in, state.max_gap_s, "
        f"measured_until_us + state.max_gap_s * {SECOND_US}::bigint AS silent_after_us FROM lot_states AS state "
        "LEFT JOIN container_records ON container_id = measured_in AND container_records.max_gap_s = state.max_gap_s "
        "WHERE lot_id = ANY(%s) AND verdict IS NOT NULL",
        [list(lot_ids)],
    )
    return {row.lot_id: row for row in rows}


def save_lot_states(connection: Connection, states: Sequence[LotState]) -> None:
    """Store the answers of lots; lock the lots before that which they rest on is loaded."""
    if not states:
        return
    names = [field.name for field in fields(LotState)]
    connection.execute(
        f"INSERT INTO lot_states ({', '.join(names)}) SELECT {', '.join(names)} FROM json_to_recordset(%s) AS latest "
        "(lot_id text, verdict text, answer text, reason_codes text[], verdict_codes text[], document json, "
        "judged_us bigint, good_until_us bigint, rules integer, max_gap_s integer, measured_in text, awaited jsonb, "
        "even boolean, grows_from_us bigint) ON CONFLICT (lot_id) DO UPDATE "
        f"SET {', '.join(f'{name} = excluded.{name}' for name in names)}",
        [Json([by_name(state) for state in states])],
    )


#: Lots whose answer time alone may have changed by %(now_us)s, or whose container is heard that was awaited. A lot that
#: was never judged is marked.
_DUE = f"""
    SELECT lot_id FROM lot_states WHERE (rules < %(rules)s OR rules > %(rules)s) AND verdict IS NOT NULL
    UNION ALL SELECT lot_id FROM lot_states WHERE rules = %(rules)s AND good_until_us <= %(now_us)s
    UNION ALL SELECT lot_id FROM container_records AS record JOIN lot_states AS state
    ON measured_in = container_id AND state.max_gap_s = record.max_gap_s
    WHERE measured_until_us + record.max_gap_s * {SECOND_US}::bigint < %(now_us)s
    UNION ALL SELECT lot_id FROM lot_states AS state WHERE {_HEARD}
"""


#: Whether readings of where the lot of a row `due` is wait to be evaluated: until they are, they look like silence.
_WAITS = f"""
    EXISTS (SELECT FROM stays JOIN attachments USING (container_id) JOIN dirty USING (series_id)
            WHERE stays.lot_id = due.lot_id AND stays.until_at IS NULL AND {NOT_UNJUDGED})"""


def lots_due(connection: Connection, now_us: int, most: int, claim: Claim = EVERYTHING) -> list[str]:
    """Lots to be judged though nothing is recorded of them, of those that an evaluator takes; by id.

    A lot of whose container readings wait is due only afterwards: nobody is told of a silence that was none.
    """
    return all_values(
        connection,
        f"SELECT DISTINCT lot_id FROM ({_DUE}) AS due WHERE {claim.has_share_of_lot('due')} "
        f"AND lot_id <> ALL(%(but_lots)s) AND NOT {_WAITS} ORDER BY lot_id LIMIT %(most)s",
        {"rules": RULES, "now_us": now_us, "most": most, **claim.parameters},
    )


def make_due(connection: Connection, reason_code: str, now_us: int) -> None:
    """Have the lots judged again that were told this reason last, or whose answer or verdict is from after now.

    The codes of these are forgotten, so that what they are told now is recorded as of now.
    """
    connection.execute(
        "UPDATE lot_states SET good_until_us = %(now)s, reason_codes = '{}', verdict_codes = '{}' "
        "WHERE %(code)s = ANY(reason_codes) OR judged_us > %(now)s "
        "OR lot_id IN (SELECT lot_id FROM verdicts WHERE decided_at > %(at)s)",
        {"now": now_us, "code": reason_code, "at": parameter(now_us)},
    )
