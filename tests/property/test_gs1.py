"""Labels written as GS1 says, in any order, with any divider, and read back."""

from datetime import date
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from service.domain.registry.gtin import check_digit
from service.domain.scan.label import Label, Scanned
from service.formats.gs1 import GS, read_gs1

TODAY = date(2026, 12, 1)
_CHARACTERS = "!\"%&'*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_VARIABLE = st.text(_CHARACTERS, min_size=1, max_size=20)
_GTIN = st.integers(1, 10**13 - 1).map(lambda number: f"{number:013}{check_digit(f'{number:013}')}")
_DAYS = st.dates(date(1977, 1, 1), date(2076, 12, 31))


@given(
    gtin=_GTIN,
    lot=_VARIABLE,
    day=_DAYS,
    serial=_VARIABLE,
    order=st.sampled_from(list(permutations(range(4)))),
    divider=st.sampled_from([GS, "|", "~1"]),
    mark=st.sampled_from(["", "]d2", "]C1", GS]),
)
def test_what_is_written_is_read_back(
    gtin: str, lot: str, day: date, serial: str, order: tuple[int, ...], divider: str, mark: str
) -> None:
    """Fields stand on a label in whatever order its printer chose."""
    vial = Label(gtin, lot, day, serial)
    fields = [("01", gtin), ("10", lot), ("17", f"{day:%y%m%d}"), ("21", serial)]
    ordered = [fields[place] for place in order]
    element = "".join(f"{ai}{held}{divider if ai in {'10', '21'} else ''}" for ai, held in ordered)
    assert read_gs1(mark + element.removesuffix(divider) + divider, TODAY) == Scanned((vial,))
    bare = read_gs1("".join(f"{ai}{held}" for ai, held in ordered), TODAY)
    assert bare is not None
    assert vial in (*bare.read, *bare.guessed)
    bracketed = "".join(f"({ai}){held}" for ai, held in ordered)
    assert read_gs1(bracketed, TODAY) == Scanned((vial,))
