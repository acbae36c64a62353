"""The excursions of a lot, from the readings around them."""

import numpy as np

from service.domain import spans
from service.domain.excursions import Excursion, Watched, excursions
from service.domain.instant import SECOND_US
from service.domain.spans import Spans
from service.evaluator.containers import watches_over
from service.evaluator.judging import JudgedLot
from service.store.pool import Connection

#: What lies no farther apart is loaded in one go: many openings of one door cost few queries, ten quiet years none.
_LOADED_TOGETHER_US = 86_400 * SECOND_US


def excursions_of(connection: Connection, judged: JudgedLot, now_us: int) -> list[Excursion]:
    """The excursions of a lot, limit by limit, in order of time, as of the instant it was judged at."""
    exposure = judged.judgement.exposure
    concerned = spans.union(*(spans.subtract(found.possible, exposure.gaps) for found in exposure.limits))
    watched = [
        Watched(from_us, until_us, stay.until_us, watches_over(connection, stay.container_id, from_us, until_us))
        for stay in judged.lot.stays
        for from_us, until_us in spans.clip(_loaded_together(concerned), stay.from_us, stay.until_us).tolist()
    ]
    return excursions(exposure, watched, judged.profile, now_us=now_us)


def _loaded_together(concerned: Spans) -> Spans:
    reach = np.array([0, _LOADED_TOGETHER_US])
    found: Spans = spans.union(concerned + reach) - reach
    return found
