"""One way back of a lot that is not proven, as it is told, and what is known around the lot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from service.domain.answers.papers import Finding
from service.domain.instant import date_text, duration_text


class Action(StrEnum):
    """What somebody can do, the cheapest first."""

    CHOOSE_PART = "choose_part"
    WAIT = "wait"
    SIGN_CHANGE = "sign_change"
    UPLOAD = "upload"
    SIGN_CERTIFICATE = "sign_certificate"
    SIGN_RELEASE = "sign_release"
    RELEASE = "release"
    ENTER_ITEM = "enter_item"
    ENTER_CERTIFICATE = "enter_certificate"
    ADOPT_PROFILE = "adopt_profile"
    ADOPT_SPECIFICATION = "adopt_specification"
    COMMISSION = "commission"
    ATTACH = "attach"
    RECORD_PLACEMENT = "record_placement"
    RECORD_LIFE_START = "record_life_start"
    RECORD_CARRIED_IN = "record_carried_in"
    RECORD_CUSTODY = "record_custody"
    ASSESS = "assess"


#: What each is.
ACTIONS = {
    Action.CHOOSE_PART: "The part is asked for that holds the vial.",
    Action.WAIT: "Nothing is to be done but to wait.",
    Action.SIGN_CHANGE: "Quality signs what waits, by another account than its author's.",
    Action.UPLOAD: "A logger's own file is uploaded, or the logger sends what it still holds.",
    Action.SIGN_CERTIFICATE: "Quality signs the certificate.",
    Action.SIGN_RELEASE: "Quality signs the release that waits.",
    Action.RELEASE: "Quality releases the lot.",
    Action.ENTER_ITEM: "A new version of the certificate states what is missing.",
    Action.ENTER_CERTIFICATE: "The lot's Certificate of Analysis is entered.",
    Action.ADOPT_PROFILE: "Quality adopts limits for the product.",
    Action.ADOPT_SPECIFICATION: "Quality adopts a specification for the product.",
    Action.COMMISSION: "A technician or quality confirms that an attached probe has settled.",
    Action.ATTACH: "A logger is attached where the lot is.",
    Action.RECORD_PLACEMENT: "Where the lot was is recorded.",
    Action.RECORD_LIFE_START: "When the lot's life began is recorded.",
    Action.RECORD_CARRIED_IN: "What the lot had used before our readings begin is recorded.",
    Action.RECORD_CUSTODY: "Who answered for the lot is recorded.",
    Action.ASSESS: "Quality assesses time that was not measured, or whose readings prove nothing.",
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time of which nobody knows how warm the lot was. `container_id` None: it was in none."""

    from_us: int
    until_us: int
    container_id: str | None
    finding: Finding

    @property
    def text(self) -> str:
        """From when to when, and how long."""
        length = duration_text(self.until_us - self.from_us)
        return f"{date_text(self.from_us)} to {date_text(self.until_us)} UTC ({length})"


@dataclass(frozen=True, slots=True)
class Way:
    """One thing that helps, or cannot.

    Attributes:
        ends: codes of the reasons that it takes away; empty: none alone. Of ways that end the same, one does.
        enough: with it alone the lot may be used.
        helps: False: it is told because it cannot help.
        logger_ids, stretches: whose readings are missing, and when.
        accepted_us: quality may accept at most so much of the stretches as beyond the limits.
        change_ids: what is to be signed; signatures: how many are lacking.
        items: names of items of the certificate.
        attachment_id: of the probe to be commissioned; where and when it measures is the one stretch.
    """

    action: Action
    text: str
    ends: frozenset[str] = frozenset()
    enough: bool = False
    helps: bool = True
    logger_ids: tuple[str, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    accepted_us: int | None = None
    change_ids: tuple[int, ...] = ()
    signatures: int | None = None
    items: tuple[str, ...] = ()
    attachment_id: str | None = None


@dataclass(frozen=True, slots=True)
class JudgingLogger:
    """A logger that judges a container over [from_us, until_us)."""

    logger_id: str
    from_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Place:
    """A container: what it is called, and the loggers that judge it."""

    name: str
    loggers: Sequence[JudgingLogger] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for signatures.

    Attributes:
        kind: as changes have it; row_id: of what it is.
        what: in words.
        signatures: as many are lacking.
    """

    change_id: int
    kind: str
    row_id: str
    what: str
    signatures: int = 1


@dataclass(frozen=True, slots=True)
class Around:
    """What is known beside a lot that is not proven.

    Attributes:
        places: the containers it was in, by id.
        papers: those of it and of its product that wait, the newest first.
        changes: what was recorded and withholds a good answer, the oldest first.
        due_us: until when a reading is due where it is; None: none is, or it is late.
    """

    places: Mapping[str, Place] = field(default_factory=dict)
    papers: Sequence[Waiting] = ()
    changes: Sequence[Waiting] = ()
    due_us: int | None = None


NOTHING_AROUND = Around()


def listed(names: Sequence[str], word: str = "and", most: int = 3) -> str:
    """Names in one sentence, a few of them."""
    some = list(names[:most])
    if len(names) > most:
        some.append(f"{len(names) - most} more")
    return some[0] if len(some) == 1 else f"{', '.join(some[:-1])} {word} {some[-1]}"
