"""The excursions of a lot, from the readings around them."""

from dataclasses import replace

from service.answers.judging import JudgedLot
from service.answers.watches import Sources, sources_of, watches_within
from service.domain import spans
from service.domain.exposure.excursions import MOST_APART_S, Excursion, Watched, excursions
from service.domain.instant import END_US, SECOND_US
from service.store.pool import Connection


def excursions_of(
    connection: Connection,
    judged: JudgedLot,
    now_us: int,
    *,
    newest: int | None = None,
    sources: Sources | None = None,
) -> list[Excursion]:
    """The excursions of a lot, limit by limit, in order of time, as of the instant it was judged at.

    Args:
        newest: this many are wanted, at least, those that began last; None: all.
        sources: what `sources_of` found for the containers it was in; None: that is asked.
    """
    exposure = judged.judgement.exposure
    possible = spans.union(*(spans.subtract(found.possible, exposure.gaps) for found in exposure.limits))
    # What lies farther apart is never one excursion.
    together = spans.joined(
        spans.union(possible, *(found.certain for found in exposure.limits)), MOST_APART_S * SECOND_US
    )
    if newest is not None and len(together) > newest:
        since_us = int(together[-newest, 0])
        possible = spans.clip(possible, since_us, END_US)
        exposure = replace(
            exposure,
            limits=tuple(
                replace(found, certain=spans.clip(found.certain, since_us, END_US)) for found in exposure.limits
            ),
        )
    windows = spans.joined(possible, MOST_APART_S * SECOND_US)
    stays = [(stay, spans.clip(windows, stay.from_us, stay.until_us)) for stay in judged.lot.stays]
    stays = [(stay, there) for stay, there in stays if len(there)]
    if sources is None:
        sources = sources_of(connection, {stay.container_id for stay, _ in stays})
    asked = [(sources[stay.container_id], there) for stay, there in stays]
    watched = [
        Watched(there, stay.until_us, watches)
        for (stay, there), watches in zip(
            stays, watches_within(connection, asked, judged.profile.max_gap_s * SECOND_US), strict=True
        )
    ]
    found_so = excursions(exposure, watched, judged.profile, now_us=now_us)
    if newest is not None and len(found_so) < newest < len(together):
        # What was possible may turn out to be no excursion.
        return excursions_of(connection, judged, now_us, newest=2 * newest, sources=sources)
    return found_so
