"""The papers of a lot: what beside the temperature decides whether it may be used. Only what is in force is here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from service.domain.custody.custody import Hole
from service.domain.exposure.carried import CarriedIn
from service.domain.lots.moves import UnconfirmedMove
from service.domain.verdicts.reasons import Reason


class Outcome(StrEnum):
    """What became of one item of a certificate."""

    PASS = "pass"  # noqa: S105 - no password: what became of an item
    FAIL = "fail"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class JudgedItem:
    """One item of a specification, and what a certificate states of it.

    Attributes:
        value: as the certificate states it; None: it does not.
        why: with figures, why it passes, fails or is missing.
    """

    name: str
    label: str
    outcome: Outcome
    value: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """A version of a lot's Certificate of Analysis, judged against the specification of its time.

    Attributes:
        is_signed: quality has signed it.
        sha256: of its PDF, in hexadecimal; None: none was brought.
    """

    version: int
    specification_id: str
    specification_version: int
    issued_on: date
    signatory: str
    items: tuple[JudgedItem, ...]
    is_signed: bool
    recorded_us: int
    sha256: str | None = None


class Decision(StrEnum):
    """What quality decided about a lot."""

    RELEASED = "released"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Disposition:
    """The decision about a lot that is in force.

    Attributes:
        by: the printed names of who signed it, or, of one that counts without, of who recorded it.
        at_us: since when it is in force.
        lapsed_us: since when a release has lapsed, for a limit was passed; None: it has not.
    """

    decision: Decision
    reason: str
    by: str
    at_us: int
    lapsed_us: int | None = None


@dataclass(frozen=True, slots=True)
class WaitingRelease:
    """The newest decision about a lot, if it is a release that lacks signatures.

    Attributes:
        by: the printed name of who decided; signed_by: of who signed so far.
    """

    by: str
    at_us: int
    signed_by: tuple[str, ...]
    needed: int


@dataclass(frozen=True, slots=True)
class Recall:
    """A recall that is not lifted."""

    id: int
    reason: str
    by: str
    at_us: int


class Finding(StrEnum):
    """What kind of stretch of time quality assesses."""

    GAP = "gap"
    DISPUTED = "disputed"
    EXCURSION = "excursion"


@dataclass(frozen=True, slots=True)
class Assessment:
    """Quality's signed judgement of one stretch of a lot's life.

    Attributes:
        accepted_us: for so long at most, in the stretch, the lot counts as beyond each of its limits.
        deviation: its number in quality's own system.
    """

    id: int
    finding: Finding
    from_us: int
    until_us: int
    accepted_us: int
    deviation: str
    by: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a lot's product asks for, as far as quality has adopted it.

    Attributes:
        from_before: the product was there before there were papers: without a specification temperature alone decides.
        profile_adopted: the version of the profile that the lot is pinned to is adopted.
        by_migration: it was adopted by the update that brought papers, and by nobody's signature.
        specification: id and version of the newest adopted one; None: none is.
        release_signatures: as many accounts sign a release; 0: none is asked for.
        custody: somebody must answer for the lot from the end of filling on.
    """

    from_before: bool
    profile_adopted: bool
    by_migration: bool
    specification: tuple[str, int] | None
    release_signatures: int
    custody: bool = False

    @property
    def temperature_alone(self) -> bool:
        """Whether nothing but temperature is asked for."""
        return self.from_before and self.specification is None


#: Of files that are judged without a service, and of what is asked beside any lot.
NOTHING_ASKED = Asked(
    from_before=True, profile_adopted=True, by_migration=False, specification=None, release_signatures=0
)


@dataclass(frozen=True, slots=True)
class Papers:
    """All that beside the judgement makes a lot's answer.

    Attributes:
        asked: what the product asks for.
        certificates: the newest version, and behind it the newest that fails, if that is another: of those that no
            later one has taken the place of by a signature.
        expires_on: the date on the label; expired_us: from when on it is over where the lot is (None: never, as far as
            its stays tell).
        unsigned: what may make the lot look better and waits for a signature.
        signed_by_author: what was signed by who recorded it.
        unconfirmed: moves of the lot that a signed link recorded, and nobody confirmed.
        life_ended_us: when the lot's life ended, if it has: its record stands, but nothing of it may be used.
        split_up_us: since when all of it is in parts of its own, if it is: no vial is left that it could answer for.
        carried: what it had used of its limits before our readings begin.
        under_way: what is said of it while it is in a shipment, or until what measured it there is read out.
        custody_holes: when nobody answered for it, in order of time.
    """

    asked: Asked = NOTHING_ASKED
    certificates: tuple[Certificate, ...] = ()
    disposition: Disposition | None = None
    waiting: WaitingRelease | None = None
    recall: Recall | None = None
    assessments: tuple[Assessment, ...] = ()
    expires_on: date | None = None
    expired_us: int | None = None
    unsigned: Reason | None = None
    signed_by_author: Reason | None = None
    unconfirmed: Sequence[UnconfirmedMove] = ()
    life_ended_us: int | None = None
    split_up_us: int | None = None
    carried: CarriedIn | None = None
    under_way: Reason | None = None
    custody_holes: Sequence[Hole] = ()


NO_PAPERS = Papers()
