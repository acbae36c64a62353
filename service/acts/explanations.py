"""Acts that change time already judged: they need a reason, and are listed with it and with who acts."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from service.domain.corrections import Word, why_rewriting, why_unexplained, why_unknown_now
from service.domain.instant import SECOND_US, from_datetime, to_datetime
from service.domain.verdicts.verdict import Verdict
from service.store.clocks import times
from service.store.corrections import judged_in, note, told_of
from service.store.pool import Connection


def explained(
    connection: Connection,
    lot_ids: Collection[str],
    at: datetime,
    word: Word,
    *,
    completes: bool = False,
    silences: bool = False,
) -> str | None:
    """The reason of an act about `at` and later that concerns these lots; None: it changes nothing judged.

    Args:
        completes: what is recorded belongs to the registration of lots that have just been registered.
        silences: it takes back what a probe said, which may be all that keeps a lot from being proven.

    Raises:
        RefusedError: it changes time already judged, and nobody says why.
        ClocksDisagreeError: nobody knows whether it does.
    """
    now_us, scan_delay_us = from_datetime(word.now), round(word.scan_delay_s * SECOND_US)
    tolerance_us = round(word.clock_tolerance_s * SECOND_US)
    if unknown := why_unknown_now(now_us, times(connection).database_us, tolerance_us):
        raise unknown
    told = told_of(
        connection,
        lot_ids,
        known_before=to_datetime(now_us - scan_delay_us),
        verdicts=[Verdict.NONVIABLE, Verdict.UNPROVEN] if silences else [Verdict.NONVIABLE],
        at=at,
    )
    lost = told.condemned or (word.lost_since is not None and word.lost_since >= at)
    why = why_rewriting(
        from_datetime(at),
        now_us,
        scan_delay_us=scan_delay_us,
        told=told.known or (told.judged and not completes),
        condemned=lost and not completes,
    )
    if why is None:
        return None
    if refused := why_unexplained(why, word):
        raise refused
    return word.reason


def list_if_judged(
    connection: Connection,
    container_ids: Collection[str],
    kind: str,
    row_id: str,
    was: Any,
    becomes: Any,
    reason: str,
) -> None:
    """List a change of how these containers were measured, if a lot was judged by it."""
    if judged_in(connection, container_ids):
        note(connection, kind, row_id, was, becomes, reason)
