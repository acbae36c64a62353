"""What sites decide about signatures."""

from dataclasses import dataclass
from datetime import datetime

from service.domain.softening import Rule
from service.store.paging import NEWEST_FIRST, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import columns, one_value


@dataclass(frozen=True, slots=True)
class SiteRule:
    """A rule of a site, switched on or off. `change_id`: the change that waits, or waited, for its signature."""

    id: int
    site_id: str
    rule: str
    is_on: bool
    reason: str
    recorded_by: str
    recorded_at: datetime
    change_id: int | None


def add_site_rule(
    connection: Connection, site_id: str, rule: Rule, *, is_on: bool, reason: str, change_id: int | None
) -> None:
    """A site switches a rule on, which then waits for its signature, or off."""
    connection.execute(
        "INSERT INTO site_rules (site_id, rule, is_on, reason, change_id) VALUES (%s, %s, %s, %s, %s)",
        [site_id, rule, is_on, reason, change_id],
    )


def site_rules(connection: Connection, site_id: str, part: Part = WHOLE) -> list[SiteRule]:
    """What a site decided, newest first."""
    query = f"SELECT {columns(SiteRule)} FROM site_rules WHERE site_id = %(site)s"
    return rows_of_part(connection, SiteRule, query, {"site": site_id}, NEWEST_FIRST, part)


#: A query, of a rule at a site: of what is in force of it, the newest says whether it is on.
_IS_ON = """
    SELECT is_on FROM site_rules LEFT JOIN changes_to_sign ON changes_to_sign.id = change_id
    WHERE site_rules.site_id = {site} AND rule = %(rule)s AND (NOT is_on OR freed_at IS NOT NULL)
    ORDER BY site_rules.id DESC LIMIT 1
"""


def is_in_force(connection: Connection, site_id: str | None, rule: Rule) -> bool:
    """Whether a rule holds at a site now."""
    return bool(one_value(connection, _IS_ON.format(site="%(site)s"), {"site": site_id, "rule": rule}))


def is_in_force_everywhere(connection: Connection, rule: Rule) -> bool:
    """Whether a rule holds now at every site, retired ones too: so it does for what is no site's."""
    # To retire a site takes no signature, and so takes no second person away.
    everywhere = f"SELECT bool_and(coalesce(({_IS_ON.format(site='sites.id')}), false)) FROM sites"
    return bool(one_value(connection, everywhere, {"rule": rule}))
