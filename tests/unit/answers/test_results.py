"""What a certificate states is read in one way or not at all."""

from decimal import Decimal

import pytest

from service.domain.answers.results import Interval, UnreadableError, is_missing, read_number, why_no_result
from service.domain.answers.unit_spelling import same_unit

_D = Decimal


def exactly(value: str) -> Interval:
    return Interval(_D(value), _D(value))


@pytest.mark.parametrize(
    ("stated", "meant"),
    [
        ("0.05", exactly("0.05")),
        (".5", exactly("0.5")),
        ("+3", exactly("3")),
        ("1.2e10", exactly("1.2e10")),
        ("1.2E+10", exactly("1.2e10")),
        ("1.2 x 10^10", exactly("1.2e10")),
        ("1.2×10¹⁰ particles/mL", exactly("1.2e10")),
        ("3 · 10⁻² particles/mL", exactly("0.03")),
        ("10^9", exactly("1e9")),
        ("5e9particles/ml", exactly("5e9")),
        ("<0.05", Interval(_D(0), _D("0.05"), with_high=False)),
        ("≤ 0.05", Interval(_D(0), _D("0.05"))),
        ("=< 0.05", Interval(_D(0), _D("0.05"))),
        ("> 1e9", Interval(_D("1e9"), None, with_low=False)),
        ("≥ 1e9 particles per mL", Interval(_D("1e9"), None)),
        ("1e9 - 2e9", Interval(_D("1e9"), _D("2e9"))),
        ("1e9–2e9 particles mL⁻¹", Interval(_D("1e9"), _D("2e9"))),
        ("5 to 10", Interval(_D(5), _D(10))),
        ("1e-9-2e-9", Interval(_D("1e-9"), _D("2e-9"))),
    ],
)
def test_a_number_is_read_as_laboratories_write_it(stated: str, meant: Interval) -> None:
    """A laboratory writes powers, limits of its method and ranges in many ways, each of them plain."""
    assert read_number(stated, "particles/mL") == meant


@pytest.mark.parametrize(
    ("stated", "word"),
    [
        ("0,05", "comma"),
        ("1,200", "comma"),
        ("1.200,5", "comma"),
        ("1 000 000", "separator"),
        ("1'000", "separator"),
        ("1_000", "separator"),
        ("1.200.000", "separator"),
        ("1.2 x 1010", "no number|another unit"),
        ("about 5", "no number"),
        ("~5", "no number"),
        ("NaN", "no number"),
        ("inf", "no number"),
        ("∞", "no number"),
        ("5 ± 1", "another unit|no number"),
        ("1e9999", "no number|another unit"),
        ("٥", "no number"),
        ("-0.1", "less than nothing"),
        ("< -1", "less than nothing"),
        ("-5 - 3", "less than nothing"),
        ("<0", "no value"),
        ("2e9 - 1e9", "turn it round"),
        ("< 1 - 2", "compares a range"),
        ("5 pg/mL", "another unit"),
        ("5 %", "another unit"),
        ("5 EU", "another unit"),
    ],
)
def test_what_may_mean_two_things_is_asked_for(stated: str, word: str) -> None:
    """Endotoxin 0,05 is tenfold below its limit, or tenfold above it: nobody guesses."""
    with pytest.raises(UnreadableError, match=word):
        read_number(stated, "EU/mL")


def test_a_number_without_unit_has_none() -> None:
    """A ratio given in percent is a hundredfold another one."""
    assert read_number("0.95", None) == exactly("0.95")
    with pytest.raises(UnreadableError, match="bare number"):
        read_number("95 %", None)
    assert read_number("95 percent", "%") == read_number("95%", "%") == exactly("95")


def test_a_negative_number_is_read_where_one_can_be_meant() -> None:
    """A zeta potential is below nothing; a concentration is not."""
    assert read_number("−20 mV", "mV", may_be_negative=True) == exactly("-20")
    assert read_number("<-5", "mV", may_be_negative=True) == Interval(None, _D(-5), with_high=False)
    assert read_number("<5", "mV", may_be_negative=True).low is None


@pytest.mark.parametrize(
    ("given", "unit", "same"),
    [
        ("EU/ml", "EU/mL", True),
        ("EU per mL", "EU/mL", True),
        ("EU mL-1", "EU/mL", True),
        ("EU·mL⁻¹", "EU/mL", True),
        ("Particle/mL", "particles/mL", True),
        ("particles/ug", "particles/µg", True),
        ("particles/μg", "particles/µg", True),
        ("EU/L", "EU/mL", False),
        ("EU", "EU/mL", False),
        ("MIU", "mIU", False),
        ("IU/mL", "EU/mL", False),
        ("mL/EU", "EU/mL", False),
        ("EU/mL/mL", "EU/mL", False),
        ("particles", "particles/mL", False),
        ("%", "percent", True),
    ],
)
def test_a_unit_is_the_same_however_it_is_spelt(given: str, unit: str, same: bool) -> None:
    """Milli is no mega, and a millilitre no litre."""
    assert same_unit(given, unit) is same


@pytest.mark.parametrize(
    "stated", ["", " ", "-", "—", "n.d.", "N.D.", "n/a", "NA", "pending", "Not  tested", "tbd", "?"]
)
def test_what_may_be_no_result_is_none(stated: str) -> None:
    """ "n.d." may be "not determined": it frees no lot."""
    assert is_missing(stated)
    assert why_no_result(stated, figure=False)


@pytest.mark.parametrize("stated", ["not detected", "negative", "<LOD", "BLQ", "trace"])
def test_where_a_number_is_asked_for_a_word_is_none(stated: str) -> None:
    """ "Not detected" leaves open below which limit nobody looked."""
    assert "no figure" in str(why_no_result(stated, figure=True))
    assert "judgement" in str(why_no_result("Conforms", figure=False))
