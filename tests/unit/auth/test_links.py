"""Links in messages: signed, short, and good for one thing until they expire."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.auth.links import (
    ExpiredLinkError,
    ForgedLinkError,
    Link,
    LinkError,
    UnreadableLinkError,
    read,
    sign,
    without_links,
)

SECRETS = [b"a secret of the service"]
EXPIRES_AT_S = 1_780_000_000
TOKEN = sign(SECRETS, [1_204, 1_207], "ana", EXPIRES_AT_S)


@given(
    ids=st.sets(st.integers(0, 2**63 - 1), max_size=40),
    who=st.text(max_size=60),
    expires_at_s=st.integers(1, 2**40 - 1),
)
def test_what_was_signed_is_read(ids: set[int], who: str, expires_at_s: int) -> None:
    """Whoever answers from a message answers just the alerts it told of, under the name it was sent to."""
    token = sign(SECRETS, ids, who, expires_at_s)
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")
    assert read(SECRETS, token, expires_at_s - 1) == Link(tuple(sorted(ids)), who, expires_at_s)


def test_a_link_fits_a_text_message() -> None:
    """A power cut of forty freezers is one message, and its link is no longer than a line."""
    assert len(TOKEN) <= 40
    assert len(sign(SECRETS, range(100_000, 100_040), "on call", EXPIRES_AT_S)) <= 100


def test_an_order_makes_no_other_link() -> None:
    """The same alerts to the same person are the same link, so that a message sent again is the same message."""
    assert sign(SECRETS, [1_207, 1_204, 1_207], "ana", EXPIRES_AT_S) == TOKEN


def test_an_expired_link_says_so() -> None:
    """A message found weeks later must not silence tonight's alert."""
    assert read(SECRETS, TOKEN, EXPIRES_AT_S - 0.1).alert_ids == (1_204, 1_207)
    with pytest.raises(ExpiredLinkError, match="has expired; open the one in the newest message"):
        read(SECRETS, TOKEN, EXPIRES_AT_S)


@pytest.mark.parametrize("place", range(len(TOKEN)))
def test_no_character_can_be_changed(place: int) -> None:
    """Nobody makes a link for another alert, another name or a later hour out of one that was sent."""
    for other in "AQgwz059-_":
        if other != TOKEN[place]:
            with pytest.raises(LinkError):
                read(SECRETS, TOKEN[:place] + other + TOKEN[place + 1 :], 0)


def test_another_secret_signs_nothing_here() -> None:
    """A link of another service, or from before the secret was changed, is refused."""
    with pytest.raises(ForgedLinkError, match="not signed by this service"):
        read([b"another secret"], TOKEN, 0)


def test_a_secret_is_exchanged_without_a_dead_link() -> None:
    """A link of before is good until it expires, as long as its secret is still named; new ones have the first."""
    exchanged = [b"another secret", *SECRETS]
    assert read(exchanged, TOKEN, 0).who == "ana"
    assert read([b"another secret"], sign(exchanged, [7], "ben", EXPIRES_AT_S), 0).alert_ids == (7,)


def test_without_a_secret_no_link_is_good() -> None:
    """A service whose secret nobody set must not accept what everybody can sign."""
    with pytest.raises(ValueError, match="secret"):
        sign([], [1], "ana", EXPIRES_AT_S)
    with pytest.raises(ForgedLinkError):
        read([], TOKEN, 0)


@pytest.mark.parametrize(
    "token", ["", "x", "…", "a b", TOKEN[:-1], TOKEN[:10], TOKEN + "=", TOKEN + "A", "A" * 40, "a" * 100_000, "é" * 30]
)
def test_what_is_no_whole_link_is_refused(token: str) -> None:
    """Mail programs break long lines; half a link is told as such and never fails."""
    with pytest.raises((UnreadableLinkError, ForgedLinkError), match="message"):
        read(SECRETS, token, 0)


@given(st.text(max_size=80))
def test_anything_at_all_is_answered(token: str) -> None:
    """What strangers try is refused in words."""
    with pytest.raises(LinkError, match=r"^This .* message"):
        read(SECRETS, token, 0)


@given(ids=st.sets(st.integers(0, 2**63 - 1), min_size=1, max_size=3), who=st.text(max_size=9))
def test_what_is_kept_of_a_message_answers_nothing(ids: set[int], who: str) -> None:
    """Who reads an old message in a log is led to the page of all alerts, and holds nobody's link."""
    token = sign(SECRETS, ids, who, EXPIRES_AT_S)
    kept = without_links(f"To answer: https://cold.example/a/{token}\nRing at /a/7.")
    assert kept == "To answer: https://cold.example/alerts\nRing at /a/7."
