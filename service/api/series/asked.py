"""Of what time readings are asked for."""

from datetime import datetime
from typing import Annotated

from fastapi import Query

from service.api.schemas.fields import Instant
from service.domain.instant import BEGINNING_US, END_US, from_datetime
from service.errors import RefusedError

From = Annotated[Instant | None, Query(alias="from")]


def asked_us(from_: datetime | None, until: datetime | None) -> tuple[int, int]:
    """From when until when; None: without a beginning, or an end.

    Raises:
        RefusedError: it ends before it begins.
    """
    if from_ is not None and until is not None and until <= from_:
        raise RefusedError("until", "it must be after from")
    return (
        BEGINNING_US if from_ is None else from_datetime(from_),
        END_US if until is None else from_datetime(until),
    )
