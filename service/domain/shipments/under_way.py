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
    """A lot's time in a shipment. `received_us` None: it is under way still."""

    shipment_id: str
    to_site: str
    handed_over_us: int
    expected_us: int
    received_us: int | None


def awaiting_log(voyages: Sequence[Voyage], gaps: Spans, now_us: int) -> Reason | None:
    """Why a lot is not proven for it is or was under way; None: it is not, or it is known how it fared.

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
        if spans.total_us(spans.clip(gaps, one.handed_over_us, until_us)) > 0:
            text = (
                f"It arrived at {one.to_site} (shipment {one.shipment_id}), and what measured it under way has not all "
                "been read out: read the shipper's logger."
            )
            return Reason("awaiting_shipper_log", text, Severity.CRITICAL, one.handed_over_us)
    return None


def _told(at_us: int) -> str:
    return f"{to_datetime(at_us):%Y-%m-%d %H:%M} UTC"
