"""A chain of seals over what people did: whatever is done to it afterwards shows."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.identity.trail import (
    BEGINNING,
    START,
    Breach,
    Break,
    Head,
    HeadError,
    Line,
    Look,
    Place,
    Seal,
    follow,
    read_head,
    sealed,
    settled,
)

LINES = [Line(number * 3, (str(number * 3), "lots", f"EX-{number}", None, "moved")) for number in range(1, 9)]


def chain(lines: list[Line]) -> list[Seal]:
    """The seals of these lines."""
    head, seals = BEGINNING, list[Seal]()
    for line in lines:
        seals.append(sealed(head, line, 1_000_000 * line.id))
        head = Head(seals[-1].number, seals[-1].hash)
    return seals


def test_anybody_can_compute_a_seal_from_what_is_written() -> None:
    """An auditor with a copy of the lines and a page of documentation needs no program of ours."""
    [first] = chain(LINES[:1])
    assert first.hash == hashlib.sha256(bytes(32) + b"1:3,4:lots,4:EX-1,-5:moved,7:3000000,").digest()


def test_a_trail_that_nobody_touched_holds() -> None:
    """What was recorded of freezers and lots is what it was."""
    seals = chain(LINES)
    assert follow(START, seals, LINES) == Place(Head(8, seals[-1].hash), 24)
    assert follow(START, seals[:5], LINES) == Place(Head(5, seals[4].hash), 15), "the rest waits for its seal"
    assert follow(Place(Head(3, seals[2].hash), 9), seals[3:], LINES[3:]) == Place(Head(8, seals[-1].hash), 24)


@given(st.sampled_from(Breach), st.integers(0, 7), st.integers(0, 4), st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_is_done_to_one_line_is_named(breach: Breach, at: int, field: int, instead: str) -> None:
    """Whoever moves a warm hour out of a lot's past leaves a trace at that very line."""
    lines, seals = list(LINES), chain(LINES)
    line = lines[at]
    match breach:
        case Breach.CHANGED:
            if line.fields[field] == instead:
                return
            fields = [instead if number == field else one for number, one in enumerate(line.fields)]
            lines[at] = replace(line, fields=fields)
            expected = Break(breach, at + 1, line.id)
        case Breach.REMOVED:
            del lines[at]
            expected = Break(breach, at + 1, line.id)
        case Breach.ADDED:
            lines.insert(at, Line(line.id - 1, line.fields))
            expected = Break(breach, at + 1, line.id - 1)
        case Breach.UNSEALED:
            if at == 7:
                return
            del seals[at]
            expected = Break(breach, at + 1, lines[at + 1].id)
        case Breach.MOVED:
            if at == 7:
                return
            seals[at], seals[at + 1] = replace(seals[at + 1], number=at + 1), replace(seals[at], number=at + 2)
            expected = Break(Breach.ADDED, at + 1, line.id)
    assert follow(START, seals, lines) == expected
    assert f"line {expected.trail_id}" in str(expected)


def test_fields_cannot_be_shifted_into_each_other() -> None:
    """ "EX-1" at "1" and "EX-11" at "" are not the same act."""
    one, other = (sealed(BEGINNING, Line(1, fields), 0).hash for fields in (("EX-1", "1"), ("EX-11", "")))
    assert one != other
    assert sealed(BEGINNING, Line(1, (None,)), 0).hash != sealed(BEGINNING, Line(1, ("",)), 0).hash


def test_a_head_is_read_as_it_was_written() -> None:
    """What the monitor's log kept can be typed in again."""
    head = Head(1234, hashlib.sha256(b"").digest())
    assert read_head(f" {head}\n") == read_head(str(head).upper()) == head
    for wrong in ("", "1234", "1234:ab", f"-1:{'0' * 64}", f"x:{'0' * 64}", str(head)[:-1], f"{head}0"):
        with pytest.raises(HeadError, match="no head"):
            read_head(wrong)


def test_a_line_is_sealed_once_nothing_can_come_before_it() -> None:
    """An act that began earlier, and ends later, may have the smaller number: it is waited for."""
    look = Look(newest_id=7, transaction=100, at_us=0)
    assert not settled(look, 99)
    assert settled(look, 100)
    assert settled(look, 101)
