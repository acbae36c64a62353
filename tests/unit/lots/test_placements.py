"""Whether a placement may be recorded, and what becomes of the one it ends."""

from datetime import UTC, datetime, timedelta

import pytest

from service.domain.lots.placements import (
    Placement,
    Then,
    back_after,
    ended_by,
    why_elsewhere,
    why_no_move,
    why_unclear,
)

START = datetime(2026, 3, 1, tzinfo=UTC)


def placed(container_id: str, start_h: float, end_h: float | None = None) -> Placement:
    """The lot in a container, from and until so many hours after the start."""
    until_at = None if end_h is None else START + timedelta(hours=end_h)
    return Placement(f"{container_id}-{start_h}", "lot", container_id, START + timedelta(hours=start_h), until_at)


def test_a_new_stay_ends_the_one_without_an_end() -> None:
    """A lot is in one container at a time: where it is put, it leaves where it was."""
    known = [placed("truck", 0, 2), placed("freezer", 2)]
    new = placed("shipper", 5)
    assert ended_by(known, new) == known[1]
    assert why_elsewhere(known, new) is None


@pytest.mark.parametrize(
    ("new", "fits"),
    [
        (placed("shipper", 0, 2), False),
        (placed("shipper", -2, 0), True),
        (placed("shipper", 1, 3), False),
        (placed("shipper", 3, 4), True),
        (placed("shipper", 3), False),
        (placed("shipper", 5), False),
        (placed("shipper", 6), True),
    ],
)
def test_a_lot_is_in_one_container_at_a_time(new: Placement, fits: bool) -> None:
    """A stay that overlaps another one is refused, unless it ends the other; where one ends, the next may begin."""
    known = [placed("truck", 0, 3), placed("freezer", 5)]
    why = why_elsewhere(known, new)
    assert (why is None) == fits
    if why is not None:
        assert why.startswith("lot 'lot' is recorded in another container during that time; give a time")


def test_what_becomes_of_the_rest_is_said_and_never_guessed() -> None:
    """A stay with an end inside one without: whether the lot went back afterwards, only people know."""
    known, new = placed("freezer", 0), placed("shipper", 2, 4)
    assert (why_unclear(known, new, None) or "").startswith("the lot is recorded in 'freezer' without an end: say")
    assert why_unclear(known, new, "nowhere") is None
    assert why_unclear(known, new, "back") is None
    assert back_after(known, new, "nowhere") is None
    back = back_after(known, new, "back")
    assert back is not None
    assert (back.container_id, back.from_at, back.until_at) == ("freezer", new.until_at, None)


@pytest.mark.parametrize("then", ["back", "nowhere"])
def test_where_nothing_is_left_over_nothing_may_be_said_of_it(then: Then) -> None:
    """A stay without an end, or one that ends no other, leaves no rest: who says something of it means another act."""
    for ends, new in ((placed("freezer", 0), placed("shipper", 2)), (None, placed("shipper", 2, 4))):
        assert why_unclear(ends, new, None) is None
        assert (why_unclear(ends, new, then) or "").endswith("leave it out")
        assert back_after(ends, new, then) is None


def test_lots_are_moved_to_another_container() -> None:
    """To move lots where they are would write a history of nothing."""
    assert why_no_move("freezer", "cold") is None
    assert (why_no_move("freezer", "freezer") or "").startswith("the lots are in this container already")
