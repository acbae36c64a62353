"""The number under the barcode: taken in each of its lengths, and found out where a digit is wrong."""

import pytest

from service.domain.registry.gtin import gtin14


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("96385074", "00000096385074"),
        ("614141007349", "00614141007349"),
        (" 4006381333931 ", "04006381333931"),
        ("09506000134352", "09506000134352"),
    ],
)
def test_each_length_is_the_same_number_of_fourteen_digits(written: str, kept: str) -> None:
    """A scanner of one hospital reads 13 digits where that of another reads 14: it is one product."""
    assert gtin14(written) == kept


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("4006381333932", "its last digit is 2, and by the others it should be 1"),
        ("4006381339331", "a digit is wrong, or two have changed places"),
        ("400638133393", "it should be"),
        ("40063813339", "8, 12, 13 or 14 digits"),
        ("4006-381333931", "8, 12, 13 or 14 digits"),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", "8, 12, 13 or 14 digits"),
        ("", "8, 12, 13 or 14 digits"),
        ("00000000000000", "nothing but zeros"),
    ],
)
def test_what_is_no_such_number_is_refused_with_what_to_look_at(written: str, words: str) -> None:
    """A typing error in a product's number would have a scanner show the answer of another product."""
    with pytest.raises(ValueError, match=words):
        gtin14(written)
