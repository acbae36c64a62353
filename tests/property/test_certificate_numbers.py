"""Numbers of certificates against a short oracle: a result passes only if every value that it leaves open does."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from service.domain.answers.certificate import UnreadableItemsError, judge
from service.domain.answers.papers import Outcome
from service.domain.answers.specification import Item, ItemKind, Specification
from tests.unit.answers.test_certificate import ISSUED, TODAY

_WRITTEN = st.one_of(
    st.decimals(0, 1000, places=3).map(lambda x: f"{x:f}"),
    st.integers(0, 30).map(str),
    st.tuples(st.integers(1, 99), st.integers(-9, 9)).map(lambda x: f"{x[0] / 10}e{x[1]}"),
    st.tuples(st.integers(1, 99), st.integers(-9, 9)).map(lambda x: f"{x[0] / 10} × 10^{x[1]}"),
)
_BOUNDS = st.none() | st.sampled_from([0.0, 0.001, 0.05, 0.5, 1.0, 3.0, 17.0, 1e3, 1e9])


def value_of(written: str) -> Fraction:
    """What a number means, by another way than the reader's."""
    mantissa, _, power = written.replace(" × 10^", "e").partition("e")
    return Fraction(mantissa) * Fraction(10) ** int(power or 0)


def outcome(item: Item, stated: str) -> Outcome:
    [found] = judge(Specification("s", 1, "S", (item,)), {"it": stated}, issued_on=ISSUED, today=TODAY)
    return found.outcome


def candidates(written: list[str], item: Item) -> list[Fraction]:
    """Values on, just beside and between all ends that matter, and far beyond them; none is below nothing."""
    ends = [value_of(one) for one in written] + [
        Fraction(repr(x)) for x in (item.minimum, item.maximum) if x is not None
    ]
    points = sorted({Fraction(0), *ends})
    between = [(a + b) / 2 for a, b in pairwise(points)]
    smallest = min((b - a for a, b in pairwise(points)), default=Fraction(1)) / 10
    beside = [point + sign * smallest for point in points for sign in (-1, 1)]
    return [x for x in [*points, *between, *beside, points[-1] + 10**12] if x >= 0]


@given(
    first=_WRITTEN,
    second=_WRITTEN,
    form=st.sampled_from(["=", "<", "<=", ">", ">=", "range"]),
    low=_BOUNDS,
    high=_BOUNDS,
)
def test_a_result_passes_if_every_value_it_leaves_open_passes(
    first: str, second: str, form: str, low: float | None, high: float | None
) -> None:
    """A laboratory that writes "<1" has not shown that there is at most half."""
    assume(low is None or high is None or low <= high)
    item = Item("it", "It", ItemKind.NUMBER, unit="EU/mL", minimum=low, maximum=high)
    one, other = value_of(first), value_of(second)
    if form == "range":
        assume(one <= other)
        stated, allows = f"{first} - {second} EU/ml", lambda x: one <= x <= other
    elif form == "=":
        stated, allows = first, lambda x: x == one
    else:
        compared = {"<": one.__gt__, "<=": one.__ge__, ">": one.__lt__, ">=": one.__le__}
        stated, allows = f"{form}{first}", compared[form]
    left_open = [x for x in candidates([first, second], item) if allows(x)]
    if not left_open:
        assert form == "<"
        assert one == 0
        return
    passes = [
        (low is None or x >= Fraction(repr(low))) and (high is None or x <= Fraction(repr(high))) for x in left_open
    ]
    assert (outcome(item, stated) is Outcome.PASS) == all(passes), (stated, item)


@given(
    st.text(max_size=12)
    | st.from_regex(r"[<>≤=]{0,2}[-+ ]?[0-9]{0,4}[.,' ]?[0-9]{0,4}(e[0-9]{0,3})?[ %a-zA-Z/]{0,6}", fullmatch=True)
)
def test_whatever_is_stated_is_read_or_asked_for_or_refused(stated: str) -> None:
    """No slip of a keyboard brings the service down, or a comma through."""
    item = Item("it", "It", ItemKind.NUMBER, unit="%", maximum=3.0)
    try:
        found = outcome(item, stated)
    except UnreadableItemsError:
        assert stated.strip()
        return
    if found is not Outcome.MISSING:
        assert "," not in stated
        assert any(character.isdigit() for character in stated)
