"""What scanners send of one vial, and what people copy from under its barcode."""

import re
from datetime import date

import pytest

from service.domain.scan.label import Label, Scanned, WrongCodeError
from service.formats.gs1 import GS, gtin_alone, read_gs1, unmarked, with_gtin

TODAY = date(2026, 12, 1)
GTIN = "09521234543213"
VIAL = Label(GTIN, "EXO-2411", date(2027, 12, 31), "0042")


@pytest.mark.parametrize(
    "code",
    [
        f"01{GTIN}1727123110EXO-2411{GS}210042",
        f"]d201{GTIN}10EXO-2411{GS}17271231210042",
        f"]C101{GTIN}10EXO-2411{GS}17271231{GS}210042{GS}",
        f"]e001{GTIN}210042{GS}1727123110EXO-2411\r\n",
        f"]Q301{GTIN}10EXO-2411|17271231210042",
        f"{GS}01{GTIN}10EXO-2411~117271231210042",
        f"(01){GTIN}(10)EXO-2411(17)271231(21)0042",
        f" (01) {GTIN} (17) 271231 (10) EXO-2411 (21) 0042 ",
        f"01{GTIN}1727120010EXO-2411{GS}210042",
        f"https://id.gs1.org/01/{GTIN}/10/EXO-2411/21/0042?17=271231",
        f"HTTPS://clinic.example/labels/01/{GTIN}/10/EXO%2D2411/21/0042?17=271200&lang=de",
        f"http://localhost:8000/01/{GTIN[1:]}/10/EXO-2411/21/0042?17=271231",
    ],
)
def test_a_label_says_the_same_however_it_is_sent(code: str) -> None:
    """A scanner that marks the code, one that does not, each divider, a copy by hand, a Digital Link: one vial."""
    assert read_gs1(code, TODAY) == Scanned((VIAL,))


def test_nothing_is_guessed_where_dividers_are_sent() -> None:
    """A scanner that sends one FNC1 sends all: what follows the last variable field belongs to it."""
    found = read_gs1(f"01{GTIN}17271231{GS}10EXO21A", TODAY)
    assert found == Scanned((Label(GTIN, "EXO21A", date(2027, 12, 31)),))


def test_a_dropped_divider_leaves_guesses() -> None:
    """Without FNC1 a lot number may go on, or a serial number may begin: both are told, and apart."""
    found = read_gs1(f"01{GTIN}1727123110EXO-2411210042", TODAY)
    assert found is not None
    expiry = date(2027, 12, 31)
    assert found.read == (Label(GTIN, "EXO-2411210042", expiry),)
    assert Label(GTIN, "EXO-2411", expiry, "0042") in found.guessed
    found = read_gs1(f"]d201{GTIN}10EXO-2411172712312100420042004200420042", TODAY)
    assert found is not None
    assert found.read == ()
    assert Label(GTIN, "EXO-2411", expiry, "00420042004200420042") in found.guessed


@pytest.mark.parametrize(
    ("digits", "day"),
    [
        ("270200", date(2027, 2, 28)),
        ("280200", date(2028, 2, 29)),
        ("761231", date(2076, 12, 31)),
        ("770101", date(1977, 1, 1)),
        ("261201", date(2026, 12, 1)),
    ],
)
def test_a_day_of_two_digits_a_year(digits: str, day: date) -> None:
    """Day 00 is the last of its month; a year lies at most 50 years ahead, else behind."""
    assert read_gs1(f"01{GTIN}17{digits}", TODAY) == Scanned((Label(GTIN, None, day),))
    assert read_gs1(f"01{GTIN}17990101", date(2051, 1, 1)) == Scanned((Label(GTIN, None, date(2099, 1, 1)),))
    assert read_gs1(f"01{GTIN}17010101", date(2098, 1, 1)) == Scanned((Label(GTIN, None, date(2101, 1, 1)),))


@pytest.mark.parametrize(
    ("code", "why", "said"),
    [
        ("010952123454321410EXO", "wrong_check_digit", "its last digit is 4, and by the others it should be 3"),
        ("(01)09521234543231(10)EXO", "wrong_check_digit", "by the others"),
        ("https://id.gs1.org/01/09521234543214/10/EXO", "wrong_check_digit", "by the others"),
        ("]C100106141412345678909", "wrong_check_digit", "SSCC"),
        (f"01{GTIN}17271331", "unreadable", "GS1"),
        (f"(01){GTIN}(17)271331", "unreadable", "(17)271331"),
        (f"(01){GTIN}(17)270230", "unreadable", "(17)270230 is no day"),
        (f"(01){GTIN}(09)EXO", "unreadable", "(09)EXO"),
        (f"(01){GTIN}(10)", "unreadable", "(10)"),
        ("]d2hello", "unreadable", "GS1"),
        (f"01{GTIN}10" + "X" * 21 + f"{GS}210042", "unreadable", "GS1"),
        (f"https://id.gs1.org/01/{GTIN}/10", "unreadable", "Digital Link"),
        (f"01{GTIN}10" + "1021" * 100, "unreadable", "GS1"),
        (f"(01){GTIN}(10)EXO(01)09521234543220(10)EXO-2", "unreadable", "(01) stands there twice"),
        (f"(01){GTIN}(10)EXO(17)271231(17)281231", "unreadable", "(17) stands there twice"),
        (f"https://id.gs1.org/01/{GTIN}/10/EXO?10=EXO-2", "unreadable", "(10) stands there twice"),
    ],
)
def test_a_wrong_code_is_said_to_be_wrong(code: str, why: str, said: str) -> None:
    """A digit misread is no unknown lot: whoever holds the vial is told to read it again."""
    with pytest.raises(WrongCodeError, match=re.escape(said)) as caught:
        read_gs1(code, TODAY)
    assert caught.value.code == why


@pytest.mark.parametrize(
    "code", ["", "EXO-2411", "=A99991234567800", "9521234543213", "10EXO", "https://clinic.example/lots/EXO", "Ü01"]
)
def test_other_codes_are_none_of_gs1s(code: str) -> None:
    """A lot number, a blood bag's code, a box's EAN and the address of a page are looked up as they are."""
    assert read_gs1(code, TODAY) is None


def test_a_shipping_unit_is_read() -> None:
    """A shipment's number is told apart from a vial's."""
    assert read_gs1("00106141412345678908", TODAY) == Scanned((Label(sscc="106141412345678908"),))


def test_the_barcode_of_a_product_alone() -> None:
    """A box bears its GTIN as EAN-13, ITF-14 or UPC: with or without the scanner's mark."""
    assert gtin_alone("9521234543213") == gtin_alone("]E09521234543213") == gtin_alone(GTIN) == GTIN
    assert gtin_alone("9521234543214") is None
    assert unmarked("]A0TAG-42\r") == "TAG-42"


@pytest.mark.parametrize(
    ("second", "lots"),
    [
        ("EXO-2411", {"EXO-2411"}),
        ("]C110EXO-2411", {"EXO-2411"}),
        ("10EXO-2411", {"10EXO-2411", "EXO-2411"}),
        (f"17271231{GS}10EXO-2411", {f"17271231{GS}10EXO-2411", "EXO-2411"}),
    ],
)
def test_the_second_of_two_barcodes(second: str, lots: set[str]) -> None:
    """The lot of the product that was scanned before it, as a field of GS1 or as it is printed."""
    found = with_gtin(GTIN, second, TODAY)
    assert {label.gtin for label in found.read} == {GTIN}
    assert {label.lot_number for label in found.read} == lots
