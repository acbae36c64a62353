"""Who answered for a lot, against a count of minutes."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.domain.custody.custody import Held, Hole, holes

_END = 40


@st.composite
def rows(draw: st.DrawFn) -> list[Held]:
    """Rows of custody that do not overlap; some follow each other at once."""
    edges = sorted(draw(st.sets(st.integers(-5, _END + 5), max_size=10)))
    return [Held(start, end, f"holder {start}") for start, end in pairwise(edges) if draw(st.booleans())]


def unanswered(held: list[Held], life: tuple[int, int], now: int, *, required: bool) -> set[int]:
    """The minutes for which nobody answered, one by one."""
    begins = life[0] if required else min((one.from_us for one in held), default=now)
    return {
        minute
        for minute in range(max(life[0], begins), min(life[1], now))
        if not any(one.from_us <= minute < one.until_us for one in held)
    }


def minutes(found: tuple[Hole, ...], now: int) -> list[int]:
    return [minute for one in found for minute in range(one.from_us, now if one.until_us is None else one.until_us)]


@given(
    held=rows(),
    start=st.integers(0, _END),
    length=st.integers(1, _END),
    now=st.integers(0, _END),
    required=st.booleans(),
)
def test_every_minute_that_nobody_answers_for_is_in_one_hole(
    held: list[Held], start: int, length: int, now: int, *, required: bool
) -> None:
    """A minute of which nobody can say who had the vial is told, once, and no other; with who had it last."""
    life = (start, start + length)
    found = holes(held, *life, now, required=required)
    assert sorted(minutes(found, now)) == sorted(unanswered(held, life, now, required=required))
    for one in found:
        before = [each.by for each in held if each.until_us <= one.from_us]
        assert one.last == (before[-1] if before else None)
        assert one.until_us is not None or (life[1] >= now and one == found[-1])


@given(held=rows(), split=st.integers(1, _END), own=rows(), now=st.integers(0, _END), required=st.booleans())
def test_a_part_has_the_holes_of_its_lot_up_to_the_split_and_its_own_after(
    held: list[Held], split: int, own: list[Held], now: int, *, required: bool
) -> None:
    """Whoever lost sight of the lot before the vial was taken out of it lost sight of the vial."""
    inherited = [Held(one.from_us, min(one.until_us, split), one.by) for one in held if one.from_us < split]
    since = [Held(max(one.from_us, split), one.until_us, one.by) for one in own if one.until_us > split]
    whole = set(minutes(holes(held, 0, _END, now, required=required), now))
    part = set(minutes(holes(inherited + since, 0, _END, now, required=required), now))
    if inherited or required:
        assert {minute for minute in part if minute < split} == {minute for minute in whole if minute < split}
    alone = unanswered(since, (split, _END), now, required=True)
    assert {minute for minute in part if minute >= split} >= (alone if inherited or required else set())
