"""What the newest readings in a container foretell."""

from collections.abc import Mapping, Sequence

from service.answers.judging import JudgedLot
from service.answers.watches import watches_over
from service.domain.clocks import CLOCKS_DISAGREE
from service.domain.exposure.container import Watch
from service.domain.instant import SECOND_US
from service.domain.profiles import Limit
from service.domain.series.forecast import LONGEST_WINDOW_S, Forecast, NoForecast, Trend, forecast, soonest, trend
from service.domain.series.track import held
from service.store.pool import Connection

_NOTHING: Mapping[str, Sequence[Watch]] = {}


def forecast_in(
    connection: Connection, container_id: str, limits: Sequence[tuple[Limit, int | None]], max_gap_s: int, now_us: int
) -> Forecast | NoForecast:
    """The first limit that will be crossed in a container, as any of its series tells; or why there is no telling.

    Args:
        limits: each with what is left of its budget, microseconds; None: it has none.
    """
    watches = watches_over(connection, container_id, now_us - LONGEST_WINDOW_S * SECOND_US, now_us)
    return first_crossed(watches, limits, max_gap_s, now_us)


def first_crossed(
    watches: Sequence[Watch], limits: Sequence[tuple[Limit, int | None]], max_gap_s: int, now_us: int
) -> Forecast | NoForecast:
    """The same of the series of a container, with their readings of the last `LONGEST_WINDOW_S`."""
    max_gap_us = max_gap_s * SECOND_US
    told: list[Forecast | NoForecast] = []
    for watch in watches:
        if not watch.from_us <= now_us < watch.until_us:
            continue
        # Held to now, a reading would count twice: the end of the attachment is left open.
        line = trend(held(watch.readings, watch.from_us, watch.until_us, 0), now_us, max_gap_us)
        if isinstance(line, Trend):
            told += [forecast(line, limit, remaining_us, now_us) for limit, remaining_us in limits]
        else:
            told.append(line)
    whys = [one for one in told if isinstance(one, NoForecast)]
    found = soonest(one for one in told if isinstance(one, Forecast))
    return found or (whys[0] if whys else NoForecast.TOO_FEW)


def forecast_of(
    connection: Connection, judged: JudgedLot, now_us: int, known: Mapping[str, Sequence[Watch]] = _NOTHING
) -> Forecast | None:
    """The forecast for a lot in a container now, of the limits it has not passed yet; None: there is none.

    Args:
        known: by container, its series with their readings of the last `LONGEST_WINDOW_S`; of others that is asked.
    """
    if CLOCKS_DISAGREE in judged.judgement.reason_codes:
        # Who does not know what time it is knows no trend.
        return None
    lot = judged.lot
    here = next((stay for stay in lot.stays if stay.from_us <= now_us < stay.until_us), None)
    if here is None or not lot.life_from_us <= now_us < lot.life_until_us:
        return None
    limits = [(x.limit, x.remaining_us) for x in judged.judgement.limits if x.exceeded_at_us is None]
    if here.container_id in known:
        found = first_crossed(known[here.container_id], limits, judged.profile.max_gap_s, now_us)
    else:
        found = forecast_in(connection, here.container_id, limits, judged.profile.max_gap_s, now_us)
    return found if isinstance(found, Forecast) else None
