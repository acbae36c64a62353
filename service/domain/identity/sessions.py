"""How long somebody stays logged in, and what tells that they are still there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

#: What is written down of activity is at most this old: no request costs a write.
NOTED_EVERY = timedelta(minutes=1)

#: How long a code may take to be typed.
CODE_WITHIN = timedelta(minutes=5)

#: Methods that change nothing.
READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Stay:
    """How long a session lasts: without activity, and in all."""

    idle: timedelta
    whole: timedelta


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """What is known of a session's time."""

    active_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    ended_why: str | None


def why_over(times: SessionTimes, stay: Stay, now: datetime) -> str | None:
    """Why a session cannot be used any more; None: it can."""
    if times.ended_at is not None:
        return times.ended_why or "you logged out"
    if now >= times.ends_at:
        return "a login lasts no longer than this one did"
    if now - times.active_at >= stay.idle:
        return "nothing was done here for a while"
    return None


def is_to_be_noted(noted_at: datetime | None, now: datetime) -> bool:
    """Whether a use is written down."""
    return noted_at is None or now - noted_at >= NOTED_EVERY


def is_activity(method: str, headers: Mapping[str, str]) -> bool:
    """Whether somebody did this: a page that refreshes itself, or a script of it that reads, is nobody.

    By the Fetch Metadata request headers (W3C), which browsers send and no script can change; of a browser without them
    every request counts.
    """
    if method not in READS or "sec-fetch-mode" not in headers:
        return True
    return headers["sec-fetch-mode"] == "navigate" and headers.get("sec-fetch-user") == "?1"


def why_from_elsewhere(method: str, headers: Mapping[str, str], own_origins: frozenset[str]) -> str | None:
    """Why a request with a session's cookie may not have been meant by whoever has it; None: it may change things.

    Args:
        own_origins: such as `https://host`, where our own pages are.
    """
    if method in READS:
        return None
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    if site is not None:
        allowed = site == "same-origin"
    elif origin is not None:
        allowed = origin in own_origins
    else:
        return (
            "this was sent with a login's cookie and does not say from which page; programs send an API key "
            "(`Authorization: Bearer …`) instead"
        )
    if allowed:
        return None
    return "this was sent by another site's page in your name, so nothing was done; do it on our own page"
