"""Rules of sites about signatures, as people switch them on and off."""

from service.domain.identity.actor import Actor
from service.domain.softening import RULES_OF_SITES, Kind, Rule, why_rule_softens
from service.domain.verdicts.causes import Cause
from service.store.acting import acting
from service.store.changes import note_change
from service.store.pool import Connection
from service.store.registry.sites import site
from service.store.site_rules import SiteRule, add_site_rule, site_rules


def set_site_rule(
    connection: Connection, actor: Actor, site_id: str, rule: Rule, *, is_on: bool, reason: str
) -> SiteRule:
    """Switch a rule of a site on, which is in force once quality has signed it, or off, at once.

    Raises:
        NotFoundError: there is no such site.
    """
    with acting(connection, actor, reason):
        site(connection, site_id)
        change_id = None
        if why_rule_softens(is_on=is_on) is not None:
            what = {"site": site_id, "rule": rule, "says": RULES_OF_SITES[rule]}
            change_id = note_change(connection, Kind.SITE_RULE, rule, what, (), Cause.SIGNED, site_id)
        add_site_rule(connection, site_id, rule, is_on=is_on, reason=reason, change_id=change_id)
        return site_rules(connection, site_id)[0]
