"""Lots as they are listed and counted: by the answer that is stored of each, as far as it still stands."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from service.domain.answers.standing import RULES
from service.domain.identity.caller import Sites
from service.domain.instant import SECOND_US
from service.store.lots.answers import BEHIND, PAST
from service.store.lots.lots import SELECT_LOT, Lot
from service.store.paging import Order, Part, cut
from service.store.pool import Connection
from service.store.rows import all_rows, one_row, one_value
from service.store.visible import LOTS_SEEN, visible, visible_at

#: Worst first, by what was judged of each last; of one verdict by id, as a shelf list is.
WORST_FIRST = Order({"rank": int, "lot_id": str})


#: The rank of what was not proven, or never judged.
_NOT_PROVEN = 1


@dataclass(frozen=True, slots=True)
class AsOf:
    """When it is asked.

    Attributes:
        believed_until_us: what is measured later than this nobody can have measured yet.
        allowed_s: so long may a change wait to be evaluated.
        doubted: nobody knows what time it is, so no answer that is not a no stands.
    """

    now_us: int
    believed_until_us: int
    allowed_s: float
    doubted: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which lots are asked for; None: any. `text`: part of an id, a lot number or a product's name.

    A lot that is all in parts is told by its parts: it is there itself only where it is asked for by name.

    Attributes:
        part_of: only parts of this lot, and theirs.
        seen_at: only those that may be seen at these sites.
    """

    answer: str | None = None
    verdict: str | None = None
    container_id: str | None = None
    site_id: str | None = None
    text: str | None = None
    seen_at: Sites = None
    part_of: str | None = None


@dataclass(frozen=True, slots=True)
class ListedLot(Lot):
    """A lot with what is told of it in a list.

    Attributes:
        rank: its place among others: that of the verdict it was judged to have last.
        stands: whether the stored answer can be given now. One that says no always is.
        reasons, limits: as its status told them when it was judged; None: it never was.
        good_until_us: until then time alone changes nothing; None: for ever.
    """

    rank: int
    stands: bool
    answer: str
    verdict: str
    reasons: list[dict[str, Any]] | None
    limits: list[dict[str, Any]] | None
    good_until_us: int | None = None

    @property
    def withdrawn(self) -> bool:
        """Whether it was judged to be usable, and is not proven because that does not stand."""
        return self.rank > _NOT_PROVEN and not self.stands


@dataclass(frozen=True, slots=True)
class Count:
    """How many lots have an answer and a verdict."""

    answer: str
    verdict: str
    lots: int


_STANDS = f"NOT (%(doubted)s OR {PAST} OR state.lot_id IN (SELECT lot_id FROM doubtful))"

#: A query: lots that something concerns which is not evaluated, or which were where it is measured later than can be.
_DOUBTFUL = (
    "SELECT lot_id FROM behind UNION ALL SELECT lot_id FROM container_records JOIN stays USING (container_id) "
    "WHERE measured_until_us > %(believed_until_us)s"
)

#: What is told of a row: a no stands, whatever came since; of everything else nothing is proven unless it stands.
_TOLD = """
    CASE WHEN answer <> 'do_not_use' AND NOT stands THEN 'not_proven' ELSE answer END AS answer,
    CASE WHEN verdict IS NULL OR verdict <> 'nonviable' AND NOT stands THEN 'unproven' ELSE verdict END AS verdict
"""

#: Until when time alone changes nothing: a silence that becomes a gap does.
_GOOD_UNTIL = f"""
    least(good_until_us, (SELECT measured_until_us + record.max_gap_s * {SECOND_US}::bigint + 1
                          FROM container_records AS record
                          WHERE record.container_id = state.measured_in AND record.max_gap_s = state.max_gap_s))
"""

#: By what is asked, which rows `state` are left; whether an answer stands is asked of few, where few can have it.
_ANSWERED = {
    "do_not_use": "state.answer = 'do_not_use'",
    "usable": f"state.answer = 'usable' AND {_STANDS}",
    "not_proven": f"(state.answer = 'not_proven' OR state.answer = 'usable' AND NOT {_STANDS})",
}
_JUDGED = {
    "nonviable": "state.rank = 0",
    "unproven": f"(state.rank = 1 OR state.rank > 1 AND NOT {_STANDS})",
    "at_risk": f"state.rank = 2 AND {_STANDS}",
    "viable": f"state.rank = 3 AND {_STANDS}",
}

#: Conditions: whether a lot is called so; `lots` as the index of names has it.
_CALLED = "lower(lots.id || ' ' || lots.lot_number) LIKE lower(%(pattern)s)"
_PRODUCTS = "SELECT id FROM products WHERE lower(name) LIKE lower(%(pattern)s)"


@dataclass(frozen=True, slots=True)
class _Set:
    """Lots that are asked for: a query that finds them all, and a condition that asks one lot `state` whether it is of
    them."""

    query: str
    holds: str


_IN_CONTAINER = _Set(
    "SELECT lot_id FROM stays WHERE container_id = %(container)s AND until_at IS NULL",
    "EXISTS (SELECT FROM stays WHERE stays.lot_id = state.lot_id AND container_id = %(container)s "
    "AND until_at IS NULL)",
)
_AT_SITE = _Set(
    "SELECT lot_id FROM placements JOIN containers ON containers.id = container_id "
    "WHERE site_id = %(site)s AND until_at IS NULL",
    "(SELECT site_id FROM placements JOIN containers ON containers.id = container_id "
    "WHERE lot_id = ANY(ARRAY[state.lot_id]) AND until_at IS NULL) = %(site)s",
)
_NAMED = _Set(
    f"SELECT id AS lot_id FROM lots WHERE {_CALLED} "
    f"UNION ALL SELECT id FROM lots WHERE product_id = ANY(ARRAY({_PRODUCTS}))",
    f"(SELECT {_CALLED} OR product_id = ANY(ARRAY({_PRODUCTS})) FROM lots WHERE lots.id = state.lot_id)",
)
_PARTS_OF = _Set(
    "SELECT lot_id FROM lineage WHERE ancestor_id = %(part_of)s",
    "EXISTS (SELECT FROM lineage WHERE lineage.lot_id = state.lot_id AND ancestor_id = %(part_of)s)",
)
_SEEN = _Set(LOTS_SEEN, f"CASE WHEN {visible('lot', 'state.lot_id', frozenset())} THEN true ELSE false END")

#: Where more lots than these are of a set, enough of them are near the top of the list: it is read in its order, and
#: each lot is asked. Where fewer are, they are found first.
_MANY = 5_000

#: Of fewer letters the index of names knows nothing, and most lots have them.
_LETTERS = 3


def lots_listed(connection: Connection, chosen: Chosen, as_of: AsOf, part: Part) -> list[ListedLot]:
    """Lots with their answers, worst first; of a part backwards the other way round."""
    here = cut(WORST_FIRST, part)
    parameters = {**_parameters(chosen, as_of), **here.parameters}
    sets = _asked(chosen)
    many = {name for name, one in sets.items() if _are_many(connection, name, one, parameters)}
    return all_rows(
        connection,
        ListedLot,
        f"""
        WITH {_found(sets, but=many)}, listed AS MATERIALIZED (
            SELECT lot_id, rank, {_STANDS} AS stands FROM lot_states AS state
            WHERE {here.condition} AND {_conditions(chosen, sets, many)} {here.order}
        )
        SELECT lot.*, listed.rank, stands, {_TOLD}, document->'reasons' AS reasons, document->'limits' AS limits,
               {_GOOD_UNTIL} AS good_until_us
        FROM listed JOIN lot_states AS state USING (lot_id) JOIN ({SELECT_LOT}) AS lot ON lot.id = lot_id
        {here.order}
        """,
        parameters,
    )


def _are_many(connection: Connection, name: str, one: _Set, parameters: Mapping[str, Any]) -> bool:
    if name == "named" and len(parameters["pattern"].strip("%")) < _LETTERS:
        return True
    query = f"SELECT count(*) FROM (SELECT lot_id FROM ({one.query}) AS found LIMIT {_MANY + 1}) AS counted"
    found: int = one_value(connection, query, parameters)
    return found > _MANY


def like(text: str) -> str:
    """A text as a pattern finds it, letter by letter."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def count_lots(connection: Connection, chosen: Chosen, as_of: AsOf) -> list[Count]:
    """How many lots have which answer and verdict; none of which there are none."""
    sets = _asked(chosen)
    return all_rows(
        connection,
        Count,
        f"""
        WITH {_found(sets)}, found AS MATERIALIZED (
            SELECT answer, verdict, {_STANDS} AS stands FROM lot_states AS state WHERE {_conditions(chosen, sets)}
        )
        SELECT answer, verdict, sum(lots)::bigint AS lots FROM (
            SELECT {_TOLD}, lots FROM (
                SELECT answer, verdict, stands, count(*) AS lots FROM found GROUP BY answer, verdict, stands
            ) AS counted
        ) AS told GROUP BY answer, verdict
        """,
        _parameters(chosen, as_of),
    )


#: What is left of the limit that condemns first.
_LEFT = (
    "(SELECT min((figures->>'remaining_s')::float8) FROM json_array_elements(document->'limits') AS figures "
    "WHERE figures->>'effect' = 'condemns')"
)


def best_usable(connection: Connection, product_id: str, chosen: Chosen, as_of: AsOf, but: str) -> Lot | None:
    """The lot of a product that is to be used first: of those that may be, the first to expire, then the one of which
    the most is left; None: none may be used.

    Args:
        chosen: where; and where lots may be seen.
        but: not this lot.
    """
    sets = _asked(chosen)
    return one_row(
        connection,
        Lot,
        f"""
        WITH {_found(sets)}, best AS MATERIALIZED (
            SELECT lot_id FROM lot_states AS state JOIN lots ON lots.id = lot_id
            WHERE product_id = %(product)s AND lot_id <> %(but)s AND {_ANSWERED["usable"]}
              AND {_conditions(chosen, sets)}
            ORDER BY expires_on NULLS LAST, {_LEFT} DESC NULLS FIRST, lot_id LIMIT 1
        )
        {SELECT_LOT} JOIN best ON lots.id = best.lot_id
        """,
        {**_parameters(chosen, as_of), "product": product_id, "but": but},
    )


def _asked(chosen: Chosen) -> dict[str, _Set]:
    """What is asked of where lots are and what they are called, by name."""
    given = {
        "in_container": (chosen.container_id, _IN_CONTAINER),
        "at_site": (chosen.site_id, _AT_SITE),
        "named": (chosen.text, _NAMED),
        "parts": (chosen.part_of, _PARTS_OF),
    }
    asked = {name: one for name, (value, one) in given.items() if value}
    return asked if chosen.seen_at is None else {**asked, "seen": _SEEN}


def _found(sets: Mapping[str, _Set], but: Collection[str] = ()) -> str:
    """Each is found once, as a whole: the planner knows too little of how many there are to ask each lot by itself."""
    queries = {"behind": BEHIND, "doubtful": _DOUBTFUL, **{name: one.query for name, one in sets.items()}}
    return ", ".join(f"{name} AS MATERIALIZED ({query})" for name, query in queries.items() if name not in but)


def _conditions(chosen: Chosen, sets: Mapping[str, _Set], many: Collection[str] = ()) -> str:
    conditions = [
        one.holds if name in many else f"state.lot_id IN (SELECT lot_id FROM {name})" for name, one in sets.items()
    ]
    if chosen.answer is not None:
        conditions.append(_ANSWERED[chosen.answer])
    if chosen.verdict is not None:
        conditions.append(_JUDGED[chosen.verdict])
    if chosen.text is None and chosen.part_of is None:
        conditions.append("NOT 'split_up' = ANY(state.reason_codes)")
    return " AND ".join(conditions) or "true"


def _parameters(chosen: Chosen, as_of: AsOf) -> Mapping[str, Any]:
    return {
        "rules": RULES,
        "now_us": as_of.now_us,
        "believed_until_us": as_of.believed_until_us,
        "allowed_s": as_of.allowed_s,
        "doubted": as_of.doubted,
        "container": chosen.container_id,
        "site": chosen.site_id,
        "part_of": chosen.part_of,
        "pattern": None if chosen.text is None else f"%{like(chosen.text)}%",
        **visible_at(chosen.seen_at),
    }
