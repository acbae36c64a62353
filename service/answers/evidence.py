"""The readings behind a lot's verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from service.domain.exposure.evidence import Course
from service.domain.instant import END_US
from service.domain.series.mending import Mending
from service.store.lots.lives import LotLife
from service.store.pool import Connection
from service.store.registry.attachments import Attached, judged_attachments
from service.store.series.mended import load_mended, load_mendings


def attached_to(
    attachments: Mapping[str, Sequence[Attached]], lot: LotLife, from_us: int | None = None, until_us: int = END_US
) -> list[list[Attached]]:
    """By stay, the judged series, each cut to when it measured the lot within [from_us, until_us).

    Args:
        attachments: the judged ones of each container it was in.
    """
    opens_us = lot.life_from_us if from_us is None else max(from_us, lot.life_from_us)
    closes_us = min(until_us, lot.life_until_us)
    by_stay = []
    for stay in lot.stays:
        cut = [
            replace(
                attached,
                from_us=max(opens_us, stay.from_us, attached.from_us),
                until_us=min(closes_us, stay.until_us, attached.until_us),
            )
            for attached in attachments[stay.container_id]
        ]
        by_stay.append([attached for attached in cut if attached.from_us < attached.until_us])
    return by_stay


def courses(
    connection: Connection, lot: LotLife, from_us: int | None = None, until_us: int = END_US
) -> list[list[Course]]:
    """By stay, what each judged series measured while the lot was in its container, within [from_us, until_us).

    As it was judged: clocks mended, calibrated.
    """
    by_stay = attached_to(judged_attachments(connection, lot.container_ids), lot, from_us, until_us)
    mendings = load_mendings(connection, {attached.series_id for stay in by_stay for attached in stay})
    return [[_course(connection, attached, mendings[attached.series_id]) for attached in stay] for stay in by_stay]


def _course(connection: Connection, attached: Attached, mending: Mending) -> Course:
    stored = load_mended(connection, attached.series_id, mending, attached.from_us, attached.until_us - 1)
    return Course(
        attached.container_id,
        attached.series_id,
        stored.times_us,
        stored.temperatures_c,
        stored.qualities,
        attached.range_min_c,
        attached.range_max_c,
    )
