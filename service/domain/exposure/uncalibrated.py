"""When a lot was measured by probes of which nobody knows whether they were right."""

from collections.abc import Iterator, Mapping, Sequence

from service.domain import spans
from service.domain.exposure.lot import Exposure, Stay
from service.domain.instant import END_US
from service.domain.spans import Spans


def uncalibrated(exposure: Exposure, stays: Sequence[Stay], calibrated: Mapping[str, Spans]) -> Spans:
    """Measured time of a life in which no probe of the lot's container had a valid calibration.

    The live tail counts as measured until it turns out to be a gap, so that this changes with time as `exposure` does.

    Args:
        calibrated: by container, when one of its judged probes had one; a container without any may be absent.
    """
    known = (spans.clip(calibrated.get(stay.container_id, spans.NONE), stay.from_us, stay.until_us) for stay in stays)
    return spans.subtract(spans.subtract(exposure.life, exposure.gaps), spans.union(*known))


def next_change_us(stays: Sequence[Stay], calibrated: Mapping[str, Spans], now_us: int) -> int | None:
    """When a calibration where the lot is now begins or falls due next; None: never."""
    edges = _edges(stays, calibrated, now_us)
    return min((at_us for at_us in edges if now_us < at_us < END_US), default=None)


def _edges(stays: Sequence[Stay], calibrated: Mapping[str, Spans], now_us: int) -> Iterator[int]:
    for stay in stays:
        if stay.from_us <= now_us < stay.until_us:
            for edge_us in calibrated.get(stay.container_id, spans.NONE).reshape(-1).tolist():
                # At the edge itself no time has passed on its other side yet.
                yield edge_us
                yield edge_us + 1
