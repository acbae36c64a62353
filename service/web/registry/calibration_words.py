"""A calibration in words."""

from datetime import datetime

from service.store.registry.calibrations import Calibration


def calibration_text(one: Calibration, now: datetime) -> str:
    """Its certificate, how old it is, and when the next is due."""
    days = (now - one.from_at).days
    age = f"{days} {'day' if days == 1 else 'days'} old"
    due = "" if one.due_at is None else f", {'overdue since' if one.due_at <= now else 'due'} {one.due_at:%Y-%m-%d}"
    return f"{one.certificate}, {age}{due}"
