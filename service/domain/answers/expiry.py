"""When a lot has expired: its expiry is a date, over at the end of that day where the lot is held.

What has once expired stays expired, wherever it is taken. Where nobody knows where it is, and in what is carried
about, the earliest end on earth counts.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from service.domain.exposure.lot import Stay
from service.domain.instant import BEGINNING_US, from_datetime

#: No place on earth has a day that ends earlier.
_EARLIEST = timezone(timedelta(hours=14))


def expires_us(expires_on: date, stays: Sequence[Stay], zones: Mapping[str, str]) -> int:
    """The instant at which a lot expires, as far as its stays tell.

    Args:
        stays: disjoint, in order.
        zones: IANA names, by the id of a container; of one that is carried about there is none.
    """
    anywhere_us = _over_us(expires_on, None)
    before, reached_us = anywhere_us, BEGINNING_US
    for stay in stays:
        here_us = _over_us(expires_on, zones.get(stay.container_id))
        # Between two places it is held to the earlier of both ends.
        between_us = max(min(before, here_us), reached_us)
        if between_us < stay.from_us:
            return between_us
        if max(here_us, stay.from_us) < stay.until_us:
            return max(here_us, stay.from_us)
        before, reached_us = here_us, stay.until_us
    return max(anywhere_us, reached_us)


def _over_us(expires_on: date, zone: str | None) -> int:
    over = datetime.combine(expires_on + timedelta(days=1), time(), _EARLIEST if zone is None else ZoneInfo(zone))
    return from_datetime(over)
