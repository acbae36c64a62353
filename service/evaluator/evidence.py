"""The readings behind a lot's verdict."""

from service.domain.evidence import Course
from service.domain.instant import END_US
from service.store.attachments import judged_attachments
from service.store.lots import StoredLot
from service.store.pool import Connection
from service.store.readings import load_series


def courses(
    connection: Connection, lot: StoredLot, from_us: int | None = None, until_us: int = END_US
) -> list[list[Course]]:
    """By stay, what each judged series measured while the lot was in its container, within [from_us, until_us)."""
    opens_us = lot.life_from_us if from_us is None else max(from_us, lot.life_from_us)
    closes_us = min(until_us, lot.life_until_us)
    by_stay = []
    for stay in lot.stays:
        found = []
        for attached in judged_attachments(connection, stay.container_id):
            first_us = max(opens_us, stay.from_us, attached.from_us)
            last_us = min(closes_us, stay.until_us, attached.until_us) - 1
            if first_us <= last_us:
                stored = load_series(connection, attached.series_id, first_us, last_us)
                found.append(
                    Course(
                        stay.container_id, attached.series_id, stored.times_us, stored.temperatures_c, stored.qualities
                    )
                )
        by_stay.append(found)
    return by_stay
