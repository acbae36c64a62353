"""Freezers with a logger and a lot each, whose people want to be told at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.freezer import add_freezer
from benchmarks.papers import add_papers, add_product_with_papers
from service.domain.profiles import Direction, Effect, Limit, Profile
from service.store.pool import Connection
from service.store.registry.profiles import add_profile_if_new
from service.store.registry.sites import add_site

_AT_SITE = 20
_PROFILE = Profile(
    "told-at-once",
    1,
    "Frozen at −80 °C, told of at once",
    # A budget so large that no lot uses half of it while we measure: that would be another alert.
    limits=(Limit(Direction.ABOVE, -60.0, Effect.CONDEMNS, budget_s=36_000, alarm_delay_s=0),),
    max_gap_s=3_600,
)


@dataclass(frozen=True, slots=True)
class Freezer:
    """A container, its logger and its lot, all of one name, at a site."""

    name: str
    site: str


def lone(count: int) -> list[Freezer]:
    """Freezers each at a site of its own, so that no message about one waits for news of another."""
    return [Freezer(f"lone-{number:05}", f"site-{number:05}") for number in range(count)]


def fleet(count: int) -> list[Freezer]:
    """Freezers of an ordinary fleet, several at a site."""
    return [Freezer(f"fleet-{number:05}", f"depot-{number // _AT_SITE:05}") for number in range(count)]


def topic(freezer: Freezer) -> str:
    """Where its logger publishes."""
    return f"coldchain/v1/{freezer.site}/{freezer.name}/readings"


def furnish(connection: Connection, freezers: Iterable[Freezer]) -> None:
    """Register them; their history begins now."""
    now = datetime.now(UTC)
    add_profile_if_new(connection, _PROFILE)
    add_product_with_papers(connection, _PROFILE.id)
    sites: set[str] = set()
    for freezer in freezers:
        if freezer.site not in sites:
            sites.add(freezer.site)
            add_site(connection, freezer.site, freezer.site, "UTC")
        name = freezer.name
        add_freezer(connection, name, site=freezer.site, profile_id=_PROFILE.id, lot_ids=[name], since=now)
    add_papers(connection)
