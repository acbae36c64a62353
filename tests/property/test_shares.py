"""Whoever comes, dies and looks in whatever order: every container has an evaluator, and none much more than others."""

import random

from hypothesis import given
from hypothesis import strategies as st

from service.domain.shares import ALL, SHARES, Sharing, exchange
from tests.property.histories import MODERATE

MOST_EVALUATORS = 20

Held = dict[int, frozenset[int]]

happenings = st.lists(
    st.tuples(st.sampled_from(["look", "look", "look", "look", "come", "die"]), st.integers(0, MOST_EVALUATORS - 1)),
    max_size=60,
)


def look(held: Held, who: int) -> bool:
    """One of them looks and does what it decides; whether that changed anything."""
    free = ALL.difference(*held.values())
    others = tuple(len(shares) for other, shares in held.items() if other != who)
    does = exchange(Sharing(held[who], free, others))
    assert not (does.take and does.give_back)
    assert set(does.give_back) <= held[who]
    assert does.take <= len(free)
    held[who] = (held[who] | frozenset(sorted(free)[: does.take])) - frozenset(does.give_back)
    return does.take > 0 or len(does.give_back) > 0


def happen(what: list[tuple[str, int]]) -> Held:
    """Who holds what after all this."""
    held: Held = {0: frozenset()}
    for kind, number in what:
        if kind == "come":
            held.setdefault(number, frozenset())
        elif kind == "die" and len(held) > 1:
            held.pop(number, None)
        elif number in held:
            look(held, number)
    return held


@MODERATE
@given(happenings, st.randoms(use_true_random=False))
def test_soon_after_the_last_has_come_or_died_all_is_shared_out_evenly(
    what: list[tuple[str, int]], chance: random.Random
) -> None:
    """No freezer waits for an evaluator that is dead, and a new one takes its part of the work."""
    held = happen(what)
    for _ in range(3):
        for who in chance.sample(sorted(held), len(held)):
            look(held, who)
    assert frozenset().union(*held.values()) == ALL
    parts = [len(shares) for shares in held.values()]
    assert sum(parts) == SHARES
    assert max(parts) - min(parts) <= 1
    assert not any(look(held, who) for who in held), "and then nothing changes hands any more"


@MODERATE
@given(happenings, st.integers(0, MOST_EVALUATORS - 1))
def test_nobody_gives_up_a_container_that_another_has_as_well(what: list[tuple[str, int]], dying: int) -> None:
    """When one dies, the others go on with what they have: no freezer waits that was not the dead one's."""
    held = happen(what)
    for who in [*held, *held, *held]:
        look(held, who)
    if dying in held and len(held) > 1:
        del held[dying]
    before = dict(held)
    for who in held:
        look(held, who)
    assert all(before[who] <= held[who] for who in held)


def test_one_alone_takes_everything() -> None:
    """A site with one evaluator needs to know nothing of shares."""
    assert exchange(Sharing(frozenset(), ALL)).take == SHARES


def test_what_is_seen_whole_stays_where_it_is() -> None:
    """Of a second one that begins, the first gives half of its containers, and not the sweep over all of them."""
    given = exchange(Sharing(ALL, frozenset(), (0,))).give_back
    assert given == tuple(range(SHARES // 2, SHARES))
