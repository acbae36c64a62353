"""Who may log in, what keys may do, and when a login is closed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.identity.accounts import in_force, of_key, why_no_login, why_no_name, why_no_password
from service.domain.identity.caller import Grant, Role
from service.domain.identity.lockout import FREE_TRIES, LONGEST, closed_until, counted
from service.domain.identity.sessions import SessionTimes, Stay, is_activity, why_from_elsewhere, why_over

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
STAY = Stay(timedelta(minutes=30), timedelta(hours=12))

grants = st.sets(st.builds(Grant, st.sampled_from(Role), st.sampled_from([None, "basel", "bern"])))


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("sieben7", "8 letters or more"),
        ("x" * 1_025, "at most 1,024 bytes"),
        ("q.uality1", "guessed at once"),
        ("Q. Uality", "guessed at once"),
        ("aaaabbbb", "guessed at once"),
        ("correct horse battery staple", None),
        ("ü" * 4 + "bcde", None),
    ],
)
def test_what_a_password_may_be(password: str, why: str | None) -> None:
    """A lot is freed by whoever knows quality's password: it must not be guessed, and none of it is repeated."""
    said = why_no_password(password, "q.uality1", "Q. Uality")
    assert (said is None) == (why is None)
    assert why is None or (why in (said or "") and password not in (said or ""))


def test_a_name_of_ten_megabytes_is_no_name() -> None:
    """What is printed beside each act of a cold chain fits on a label."""
    assert "10,000,000 letters" in (why_no_name("x" * 10_000_000) or "")
    assert why_no_name("Q.\nUality")
    assert why_no_name(" ")
    assert why_no_name("Zoë Çelik-O'Neill") is None
    assert len(why_no_login("x" * 10_000_000) or "") < 200
    assert why_no_login("Ana")
    assert why_no_login("ana.m@clinic-7") is None


@given(of_its_own=grants, of_account=grants)
def test_a_key_never_does_more_than_its_account(of_its_own: set[Grant], of_account: set[Grant]) -> None:
    """A technician's program does not free lots, whatever it was granted once."""

    def where(granted: set[Grant] | tuple[Grant, ...]) -> set[tuple[Role, str]]:
        sites = ("basel", "bern", "elsewhere")
        return {(one.role, site) for one in granted for site in sites if one.site_id in {None, site}}

    assert where(of_key(tuple(of_its_own), tuple(of_account))) == where(of_its_own) & where(of_account)


def test_quality_and_admin_count_only_with_a_code() -> None:
    """A password that was read off a note frees no lot."""
    granted = [Grant(Role.QUALITY, None), Grant(Role.VIEWER, "basel")]
    assert in_force(granted, with_code=False, is_demo=False) == (Grant(Role.VIEWER, "basel"),)
    assert in_force(granted, with_code=True, is_demo=False) == tuple(granted)
    assert in_force(granted, with_code=False, is_demo=True) == tuple(granted)


def test_a_login_is_closed_for_longer_each_time_and_never_for_long() -> None:
    """Whoever guesses gets a few hundred tries a day; whoever was guessed at still gets to the alert of the night."""
    closed = [(closed_until(failures, NOW) or NOW) - NOW for failures in range(1, 400)]
    assert closed[: FREE_TRIES - 1] == [timedelta(0)] * (FREE_TRIES - 1)
    assert closed[FREE_TRIES - 1 : FREE_TRIES + 2] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert closed == sorted(closed)
    assert closed[-1] == LONGEST


def test_failed_tries_of_yesterday_are_forgotten() -> None:
    """Who mistypes once a week is never closed out."""
    assert counted(4, NOW - timedelta(minutes=5), NOW) == 5
    assert counted(4, NOW - timedelta(days=2), NOW) == 1
    assert counted(0, None, NOW) == 1


@pytest.mark.parametrize(
    ("times", "why"),
    [
        (SessionTimes(NOW, NOW + timedelta(hours=1), None, None), None),
        (SessionTimes(NOW - timedelta(minutes=30), NOW + timedelta(hours=1), None, None), "nothing was done"),
        (SessionTimes(NOW, NOW, None, None), "no longer"),
        (SessionTimes(NOW, NOW + timedelta(hours=1), NOW, "your account was deactivated"), "deactivated"),
    ],
)
def test_when_a_session_is_over(times: SessionTimes, why: str | None) -> None:
    """A browser left open beside the freezer is nobody's after half an hour, and says why."""
    said = why_over(times, STAY, NOW)
    assert (said is None) == (why is None)
    assert why is None or why in (said or "")


def test_a_page_that_refreshes_itself_is_nobody() -> None:
    """The list of lots on the wall does not keep its last reader logged in."""
    assert is_activity("GET", {"sec-fetch-mode": "navigate", "sec-fetch-user": "?1"})
    assert is_activity("POST", {"sec-fetch-mode": "cors"})
    assert is_activity("GET", {})
    assert not is_activity("GET", {"sec-fetch-mode": "navigate"}), "a page that reloads itself without a script"
    assert not is_activity("GET", {"sec-fetch-mode": "cors"})


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://unbroken.example"}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "https://unbroken.example"}, False),
        ({"origin": "https://unbroken.example.evil.example"}, True),
        ({"origin": "null"}, True),
        ({}, True),
    ],
)
def test_another_sites_page_does_nothing_in_somebodys_name(headers: dict[str, str], refused: bool) -> None:
    """A mail with a button does not release a lot because quality is logged in."""
    own = frozenset({"https://unbroken.example"})
    assert bool(why_from_elsewhere("POST", headers, own)) == refused
    assert why_from_elsewhere("GET", headers, own) is None
