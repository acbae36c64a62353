"""What a request says of the future."""

from datetime import datetime

from service.domain.wall_clock import is_to_come
from service.errors import RefusedError


def refuse_future(field: str, when: datetime | None, now: datetime) -> None:
    """What has not happened yet is not recorded.

    Raises:
        RefusedError: `when` lies in the future.
    """
    if when is not None and is_to_come(when, now):
        raise RefusedError(field, f"{when.isoformat()} lies in the future; record it when it has happened")
