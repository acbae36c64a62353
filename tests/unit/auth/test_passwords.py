"""Passwords are hashed, one at a time, at a price that nobody saves."""

import threading
import time

from service.auth.passwords import Fit, Passwords
from service.auth.tokens import is_key, new_key, new_token, sha256
from service.errors import BusyError
from tests.acting import CHEAP

PASSWORD = "correct horse battery staple"  # noqa: S105  of nobody


def test_a_password_fits_its_hash_and_no_other() -> None:
    """The same letters fit however a keyboard puts them together."""
    kept = CHEAP.hashed("Zoë's freezer")
    assert kept.startswith("$argon2id$")
    assert "freezer" not in kept
    assert CHEAP.fit("Zoe\u0308's freezer", kept) == Fit(True)
    assert CHEAP.fit("Zoe's freezer", kept) == Fit(False)
    assert CHEAP.fit("Zoë's freezer", None) == Fit(False)
    assert CHEAP.fit("Zoë's freezer", "no hash") == Fit(False)
    assert CHEAP.fit("\ud800 half a letter", kept) == Fit(False)


def test_the_price_is_that_of_the_standard_also_for_nobody() -> None:
    """Whoever tries names learns nothing from the clock: who works at the site is nobody's business."""
    dear = Passwords()
    kept = dear.hashed(PASSWORD)
    assert "m=65536,t=3,p=4" in kept
    dear.fit("first, so that the hash of nobody is made", None)

    def took_s(of: str | None) -> float:
        begun_s = time.perf_counter()
        dear.fit("a wrong password", of)
        return time.perf_counter() - begun_s

    somebody, nobody = (sorted(took_s(of) for _ in range(5))[2] for of in (kept, None))
    assert nobody > 0.01
    assert 0.4 < somebody / nobody < 2.5


def test_an_old_hash_is_renewed_when_its_owner_logs_in() -> None:
    """What was a good price years ago is raised without anybody choosing a new password."""
    cheaper = Passwords(memory_kib=32, rounds=1)
    fit = CHEAP.fit(PASSWORD, cheaper.hashed(PASSWORD))
    assert fit.fits
    assert fit.new_hash is not None
    assert CHEAP.fit(PASSWORD, fit.new_hash) == Fit(True)


def test_ten_megabytes_are_not_hashed() -> None:
    """Nobody takes the service's time by a long password."""
    kept = CHEAP.hashed(PASSWORD)
    begun_s = time.perf_counter()
    assert CHEAP.fit("x" * 10_000_000, kept) == Fit(False)
    assert time.perf_counter() - begun_s < 1


def test_a_flood_of_logins_is_asked_to_come_again() -> None:
    """While somebody guesses by the hundred, there are threads left that tell whether a lot may be used."""
    slow = Passwords(memory_kib=16_384, rounds=2)
    kept = slow.hashed(PASSWORD)
    found: list[str] = []

    def try_once() -> None:
        try:
            slow.fit(PASSWORD, kept)
            found.append("answered")
        except BusyError:
            found.append("busy")

    threads = [threading.Thread(target=try_once) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {"answered", "busy"} == set(found)
    assert slow.fit(PASSWORD, kept).fits, "the queue is free again"


def test_keys_and_tokens() -> None:
    """A key is found again by its beginning, and by nothing else."""
    made = new_key()
    assert is_key(made.whole)
    assert made.whole.startswith(f"{made.prefix}_")
    assert sha256(made.whole) != sha256(new_key().whole)
    assert len(new_token()) == 43
    for bad in ("", "unb_", made.whole[:-1], made.whole + "x", made.whole.upper(), "x" * 10_000_000):
        assert not is_key(bad)
