"""What is said of a lot that is under way, or was, as long as nothing tells how it fared."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain import spans
from service.domain.instant import to_datetime
from service.domain.severity import Severity
from service.domain.spans import Spans
from service.domain.verdicts.reasons import Reason


@dataclass(frozen=True, slots=True)
class Voyage:
    """A lot's time in a shipment.

    Attributes:
        received_us: None: it is under way still.
        is_missing: it was not there on arrival, and nobody recorded where it is since.
    """

    shipment_id: str
    to_site: str
    handed_over_us: int
    expected_us: int
    received_us: int | None
    is_missing: bool = False


def awaiting_log(voyages: Sequence[Voyage], gaps: Spans, now_us: int) -> Reason | None:
    """Why a lot is not proven for it is or was under way; None: it is not, or it is known where it is and how it fared.

    Args:
        gaps: when nobody measured it.
    """
    for one in reversed(voyages):
        until_us = now_us if one.received_us is None else one.received_us
        if one.handed_over_us > now_us:
            continue
        if one.received_us is None or one.received_us > now_us:
            late = f", and is overdue since {_told(one.expected_us)}" if one.expected_us < now_us else ""
            expected = "" if late else f", expected {_told(one.expected_us)}"
            text = f"It is under way to {one.to_site} (shipment {one.shipment_id}){expected}{late}."
            return Reason("awaiting_shipper_log", text, Severity.CRITICAL, one.handed_over_us)
        if one.is_missing:
            text = (
                f"It was missing when shipment {one.shipment_id} arrived at {one.to_site} at {_told(until_us)}, and "
                "nobody has recorded where it is since."
            )
            return Reason("missing_on_arrival", text, Severity.CRITICAL, until_us)
        if spans.total_us(spans.clip(gaps, one.handed_over_us, until_us)) > 0:
            text = (
                f"It arrived at {one.to_site} (shipment {one.shipment_id}), and what measured it under way has not all "
                "been read out: read the shipper's logger."
            )
            return Reason("awaiting_shipper_log", text, Severity.CRITICAL, one.handed_over_us)
    return None


def _told(at_us: int) -> str:
    return f"{to_datetime(at_us):%Y-%m-%d %H:%M} UTC"
