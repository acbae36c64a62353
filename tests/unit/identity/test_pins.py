"""PINs: what nobody types by chance, or guesses at the first try."""

import pytest

from service.domain.identity.accounts import at_site
from service.domain.identity.caller import Grant, Role
from service.domain.identity.pins import is_pin, why_no_pin


@pytest.mark.parametrize("pin", ["270391", "0042937", "998877", "314159265358"])
def test_a_pin_is_six_to_twelve_digits(pin: str) -> None:
    """It is typed with gloves on, beside an open freezer."""
    assert is_pin(pin)
    assert why_no_pin(pin, "ana") is None


@pytest.mark.parametrize("typed", ["", "12345", "1" * 13, "27039x", "270 391", "²70391", "٣٤٥٦٧٨", "270391\n"])
def test_all_else_is_no_pin(typed: str) -> None:
    """What is not digits alone is a password."""
    assert not is_pin(typed)
    assert "6 to 12 digits" in (why_no_pin(typed, "ana") or "")


@pytest.mark.parametrize(
    "pin", ["123456", "987654", "890123", "210987", "111111", "121212", "123123", "12341234", "112112", "112233112233"]
)
def test_what_is_guessed_at_once_is_refused(pin: str) -> None:
    """A row, and whatever repeats itself, is tried first by whoever tries; and what was refused is not repeated."""
    why = why_no_pin(pin, "ana") or ""
    assert "guessed at once" in why
    assert pin not in why.replace("123456", "").replace("123123", "")


def test_a_login_is_no_pin() -> None:
    """Everybody knows it."""
    assert why_no_pin("270391", "n270391")


def test_a_role_everywhere_is_one_at_each_site() -> None:
    """On a kiosk of Bern nobody acts on what is in Basel, also who may do so from elsewhere."""
    granted = [Grant(Role.CUSTODIAN, None), Grant(Role.ON_CALL, "basel"), Grant(Role.CUSTODIAN, "bern")]
    assert at_site(granted, "bern") == (Grant(Role.CUSTODIAN, "bern"),)
    assert at_site(granted, "basel") == (Grant(Role.CUSTODIAN, "basel"), Grant(Role.ON_CALL, "basel"))
    assert at_site([Grant(Role.ON_CALL, "basel")], "bern") == ()
