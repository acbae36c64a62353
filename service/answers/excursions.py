"""The excursions of a lot, from the readings around them."""

from service.answers.judging import JudgedLot
from service.answers.watches import sources_of, watches_of
from service.domain import spans
from service.domain.exposure.excursions import Excursion, Watched, excursions
from service.domain.instant import SECOND_US
from service.store.pool import Connection

#: What lies no farther apart is loaded in one go: many openings of one door cost few queries, ten quiet years none.
_LOADED_TOGETHER_US = 86_400 * SECOND_US


def excursions_of(connection: Connection, judged: JudgedLot, now_us: int) -> list[Excursion]:
    """The excursions of a lot, limit by limit, in order of time, as of the instant it was judged at."""
    exposure = judged.judgement.exposure
    concerned = spans.union(*(spans.subtract(found.possible, exposure.gaps) for found in exposure.limits))
    together = spans.joined(concerned, _LOADED_TOGETHER_US)
    windows = [
        (stay, from_us, until_us)
        for stay in judged.lot.stays
        for from_us, until_us in spans.clip(together, stay.from_us, stay.until_us).tolist()
    ]
    sources = sources_of(connection, {stay.container_id for stay, _, _ in windows})
    asked = [(sources[stay.container_id], from_us, until_us) for stay, from_us, until_us in windows]
    watched = [
        Watched(from_us, until_us, stay.until_us, watches)
        for (stay, from_us, until_us), watches in zip(windows, watches_of(connection, asked), strict=True)
    ]
    return excursions(exposure, watched, judged.profile, now_us=now_us)
