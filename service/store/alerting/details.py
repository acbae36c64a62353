"""What a rule found, as it is stored: a JSON object that names its kind, and the figures that go with it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from service.domain.alerting.details import (
    Approaching,
    Beyond,
    BudgetUsed,
    CalibrationDue,
    Conflicting,
    Details,
    Given,
    InNoContainer,
    LotBudgetsUsed,
    LowBatteries,
    MissingCheck,
    NotCommissioned,
    Overdue,
    PastExcursion,
    Plain,
    Probes,
    SensorFault,
    Silent,
    StillBeyond,
    Stuck,
    WasBeyond,
    WrongClocks,
)
from service.domain.alerting.lifecycle import Figures

#: A JSON object as it is read.
Stored = Mapping[str, Any]

#: The name under which each kind is stored; it stays, whatever its dataclass is called.
_KINDS: Mapping[str, type[Details]] = {
    "plain": Plain,
    "beyond": Beyond,
    "still_beyond": StillBeyond,
    "was_beyond": WasBeyond,
    "past_excursion": PastExcursion,
    "budget_used": BudgetUsed,
    "lot_budgets_used": LotBudgetsUsed,
    "approaching": Approaching,
    "silent": Silent,
    "sensor_fault": SensorFault,
    "conflicting": Conflicting,
    "stuck": Stuck,
    "low_batteries": LowBatteries,
    "calibration_due": CalibrationDue,
    "wrong_clocks": WrongClocks,
    "probes": Probes,
    "not_commissioned": NotCommissioned,
    "in_no_container": InNoContainer,
    "missing_check": MissingCheck,
    "overdue": Overdue,
    "given": Given,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def stored_details(details: Details) -> Stored:
    """What was found, as the column `details` has it."""
    return {"kind": _NAMES[type(details)], **msgspec.to_builtins(details)}


def read_details(stored: Stored) -> Details:
    """What was found, from the column `details`; of a kind that a newer process wrote, no more than its cause says."""
    kind = _KINDS.get(stored["kind"])
    return Plain() if kind is None else msgspec.convert(stored, kind)


def stored_figures(figures: Figures) -> Stored:
    """Figures, as the column of that name has them: those that there are."""
    return {name: value for name, value in asdict(figures).items() if value is not None}


def read_figures(stored: Stored) -> Figures:
    """Figures, from the column of that name."""
    return msgspec.convert(stored, Figures)
