"""Papers of a world's lots: what their certificates state, and what quality decides of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a lot's Certificate of Analysis states. Where it is not signed, it waits for whoever tries the demo."""

    issued_on: str
    signatory: str
    items: Mapping[str, str]
    is_signed: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """What quality decides of a lot, once the service allows it."""

    lot_id: str
    decision: str
    reason: str


@dataclass(frozen=True, slots=True)
class Recall:
    """A lot called back."""

    lot_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Papers:
    """All papers of a world. `certificates`: by lot id."""

    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
    recalls: tuple[Recall, ...] = ()


NO_PAPERS = Papers()
