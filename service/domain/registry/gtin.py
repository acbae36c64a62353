"""The number that a trade item bears all over the world (GTIN), as GS1 makes it: its last digit checks the others."""

_LENGTHS = (8, 12, 13, 14)


def gtin14(written: str) -> str:
    """A GTIN of 8, 12, 13 or 14 digits, as the 14 digits that they all are (GS1 General Specifications, 3.3.2).

    Raises:
        ValueError: it is none.
    """
    digits = written.strip()
    if not (digits.isascii() and digits.isdecimal()) or len(digits) not in _LENGTHS:
        raise ValueError("a GTIN has 8, 12, 13 or 14 digits and nothing else; give it as it stands under the barcode")
    if not digits.strip("0"):
        raise ValueError("nothing but zeros is no GTIN; leave it out until the product has one")
    check = check_digit(digits[:-1])
    if int(digits[-1]) != check:
        raise ValueError(
            f"its last digit is {digits[-1]}, and by the others it should be {check}: a digit is wrong, or two have "
            "changed places; read it from the label again"
        )
    return digits.zfill(14)


def check_digit(digits: str) -> int:
    """The digit that follows these: from the right they count 3, 1, 3, … and all together makes full tens (7.9)."""
    total = sum(int(digit) * (3, 1)[i % 2] for i, digit in enumerate(reversed(digits)))
    return -total % 10
