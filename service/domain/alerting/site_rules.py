"""Rules about a site as a whole: what people are to do there each day, and what is to arrive there."""

from datetime import UTC, datetime, time, tzinfo

from service.domain.alerting.details import MOST_NAMED, MissingCheck, Overdue
from service.domain.alerting.lifecycle import Finding
from service.domain.alerting.rules import Rule, SiteFacts
from service.domain.instant import from_datetime, to_datetime

CHECK_MISSING, SHIPMENT_OVERDUE = "check_missing", "shipment_overdue"

#: The morning check is due by then, by the clock of the site.
DUE_BY = time(12)

#: A site that had a check within these days is expected to have one each day, at weekends too.
EXPECTED_DAYS = 14


def check_missing(rule: Rule[SiteFacts], facts: SiteFacts, now_us: int) -> Finding | None:
    """The morning check of a day was not recorded by noon."""
    now = to_datetime(now_us)
    since = missing_since(facts.checked_at, now, facts.zone)
    if since is None:
        return None
    found = MissingCheck(now.astimezone(facts.zone).date().isoformat())
    return Finding(from_datetime(since), found, rule.severity, rule.delay_s or 0)


def shipment_overdue(
    rule: Rule[SiteFacts],
    facts: SiteFacts,
    now_us: int,  # noqa: ARG001  every rule is asked with it
) -> Finding | None:
    """A shipment to or from the site has not arrived in time: both sides are told, for either may know where it is."""
    if not facts.overdue:
        return None
    found = Overdue(facts.overdue[:MOST_NAMED], max(0, len(facts.overdue) - MOST_NAMED))
    return Finding(facts.overdue[0].expected_us, found, rule.severity, rule.delay_s or 0)


def missing_since(checked_at: datetime | None, now: datetime, zone: tzinfo) -> datetime | None:
    """Since when today's check has been missing; None: it is not, or none is expected.

    Args:
        checked_at: when the site was checked last; None: never.
    """
    today = now.astimezone(zone).date()
    due = datetime.combine(today, DUE_BY, zone).astimezone(UTC)
    if checked_at is None or now < due:
        return None
    passed = (today - checked_at.astimezone(zone).date()).days
    return due if 0 < passed <= EXPECTED_DAYS else None
