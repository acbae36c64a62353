"""Serials of vials, as ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.lots.serials import SerialRange, count, first_of, repeated, serial_range, without

PREFIXES = st.text("AZ-9", max_size=4).map(lambda text: f"{text}V")


@st.composite
def ranges(draw: st.DrawFn) -> SerialRange:
    """Serials as they are printed, with zeros before or without."""
    first = draw(st.integers(0, 300))
    last = first + draw(st.integers(0, 300))
    width = draw(st.sampled_from([0, 4]))
    prefix = draw(st.sampled_from(["V-", "W-"]))
    return serial_range(f"{prefix}{first:0{width or 1}d}", f"{prefix}{last:0{width or 1}d}")


def printed(some: list[SerialRange]) -> set[str]:
    """Each serial of ranges."""
    return {one.serial(number) for one in some for number in range(one.first, one.last + 1)}


@given(PREFIXES, st.integers(0, 10**9), st.integers(0, 50), st.integers(0, 9))
def test_a_range_has_each_serial_from_its_first_to_its_last(prefix: str, first: int, more: int, width: int) -> None:
    """What is printed on the first and the last vial of a tray tells of all between, zeros and all."""
    texts = [f"{prefix}{number:0{width or 1}d}" for number in range(first, first + more + 1)]
    found = serial_range(texts[0], texts[-1])
    assert [found.serial(number) for number in range(found.first, found.last + 1)] == texts
    assert all(found.holds(text) for text in texts)
    assert found.count == len(texts)
    assert not found.holds(f"{prefix}x")
    assert not found.holds(f"{texts[-1]}0")


@given(st.lists(ranges(), max_size=4), st.lists(ranges(), max_size=4))
def test_what_is_taken_is_gone_and_all_else_is_left(some: list[SerialRange], taken: list[SerialRange]) -> None:
    """Of a box of numbered vials those that went are missing, and no others."""
    assert printed(without(some, taken)) >= printed(some) - printed(taken)
    alike = [one for one in taken if all(one.width == other.width for other in some)]
    assert printed(without(some, alike)) == printed(some) - printed(alike)


@given(st.lists(ranges(), max_size=5))
def test_a_serial_is_found_that_is_there_twice(some: list[SerialRange]) -> None:
    """One serial on two vials is a mistake, or a forgery."""
    if repeated(some) is None:
        assert count(some) == len(printed(some))


def test_the_first_ones_are_taken_in_order() -> None:
    """Ten vials of two trays: all of the first, and the rest of the second."""
    trays = [serial_range("V-1", "V-6"), serial_range("W-01", "W-20")]
    assert [one.text for one in first_of(trays, 10)] == ["V-1 to V-6", "W-01 to W-04"]


@pytest.mark.parametrize(
    ("first", "last"),
    [("V-1", "W-9"), ("V-9", "V-1"), ("V-01", "V-100x"), ("V-01", "V-9"), ("V", "W"), ("", "1"), ("V 1", "V 2")],
)
def test_what_is_no_range_is_refused(first: str, last: str) -> None:
    """Other letters before, the lower one last, fewer digits, a blank."""
    with pytest.raises(ValueError, match=r"serial|begin|before"):
        serial_range(first, last)


def test_a_serial_without_a_number_is_one_alone() -> None:
    """As some makers print it: letters only."""
    assert serial_range("QXZ").count == 1
    assert serial_range("QXZ").holds("QXZ")
