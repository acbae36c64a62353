"""What people are to do at each site, and whether they did, and what is to arrive there: a part of the sweep."""

from collections.abc import Mapping

from service.domain.alerting.rule_table import SITE_RULES
from service.domain.alerting.rules import SiteFacts, outcome_of
from service.domain.wall_clock import zone_named
from service.evaluator.alerting.findings import Subject, apply_findings, isolate_failure
from service.store.alerting.alerts import OpenAlert
from service.store.checks.checks import last_looks
from service.store.pool import Connection
from service.store.registry.sites import sites
from service.store.shipments.under_way import overdue_shipments


def sweep_sites(connection: Connection, known_alerts: Mapping[str, Mapping[str, OpenAlert]], now_us: int) -> None:
    """Ask the rules about sites of each that is in use. Call it inside a transaction."""
    kept = sites(connection)
    overdue = overdue_shipments(connection, now_us)
    looked = last_looks(connection, [site.id for site in kept])
    for site in kept:
        key = f"site:{site.id}"
        known = known_alerts.get(key, {})
        with isolate_failure(key):
            last = looked.get(site.id)
            # At one that is retired, nobody looks any more.
            checked_at = None if last is None or site.retired_at is not None else last.until_at
            facts = SiteFacts(site.id, zone_named(site.time_zone), checked_at, tuple(overdue.get(site.id, ())))
            outcomes = [outcome_of(rule, facts, now_us) for rule in SITE_RULES]
            holding = [one for one in outcomes if one.found or one.cause in known]
            if holding:
                # A savepoint: what fails here is undone here.
                with connection.transaction():
                    apply_findings(connection, Subject(key, site.name, site_id=site.id), holding, now_us)
