"""Codes of an app on the phone, and those on paper."""

import pyotp
import pytest

from service.auth.codes import address, is_recovery_code, new_recovery_codes, new_secret, recovery_hash, step_of

#: RFC 6238, appendix B, in base32; its code of 59 s since 1970 ends in 287082.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # noqa: S105  of the standard


def test_the_codes_are_those_of_the_standard() -> None:
    """Any app on anybody's phone will do."""
    assert step_of(SECRET, "287082", 59, 0) == 1
    assert step_of(SECRET, " 287 082 ", 59, 0) == 1
    assert step_of(SECRET, "081804", 1_111_111_109, 0) == 37_037_036


def test_a_code_is_taken_once() -> None:
    """Who looks over quality's shoulder frees nothing."""
    assert "already" in str(step_of(SECRET, "287082", 59, 1))
    assert "already" in str(step_of(SECRET, "287082", 59, 5))


@pytest.mark.parametrize(("off_s", "said"), [(-240, "about 4 min behind"), (300, "about 5 min ahead")])
def test_a_wrong_clock_is_told(off_s: int, said: str) -> None:
    """Whoever stands before a warm freezer learns that the phone's clock is wrong, and not that the code is."""
    code = pyotp.TOTP(SECRET).at(1_800_000_000 + off_s)
    assert said in str(step_of(SECRET, code, 1_800_000_000, 0))


@pytest.mark.parametrize("off_s", [-30, 0, 30])
def test_a_slow_hand_and_a_clock_half_a_minute_off_get_in(off_s: int) -> None:
    """With gloves on, a code takes a while to type."""
    assert isinstance(step_of(SECRET, pyotp.TOTP(SECRET).at(1_800_000_000 + off_s), 1_800_000_000, 0), int)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "0" * 1_000_000, "28708२"])
def test_what_is_no_code_says_what_one_is(typed: str) -> None:
    """A refusal helps who mistyped."""
    assert "six digits" in str(step_of(SECRET, typed, 59, 0))


def test_a_secret_is_read_from_its_address() -> None:
    """The app shows whose code it is, and of which service."""
    secret = new_secret()
    assert len(secret) == 32
    assert pyotp.parse_uri(address(secret, "q.uality")).secret == secret
    assert "Unbroken:q.uality" in address(secret, "q.uality")


def test_recovery_codes_are_read_as_people_write_them() -> None:
    """What was written on paper in small letters and without dashes opens the door too."""
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    for code in codes:
        assert is_recovery_code(code.lower().replace("-", " "))
        assert recovery_hash(code.lower().replace("-", " ")) == recovery_hash(code)
    assert not is_recovery_code("287082")
    assert not is_recovery_code("x" * 10_000_000)
