"""Acts that may make a verdict better: until quality signs them, no lot they touch is answered as usable.

Whether an act improves a verdict today is not asked: an offset that is recorded before a warm night improves one only
afterwards. What certainly makes nothing better, now or later, counts at once; so does the worse that an act brings.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from service.domain.answers.paper_reasons import PAPER_CODES
from service.domain.exposure.lot import Stay
from service.domain.instant import to_datetime
from service.domain.severity import Severity
from service.domain.verdicts.reasons import Reason


class Kind(StrEnum):
    """What kind of act it is."""

    CORRECTION = "correction"
    CALIBRATION = "calibration"
    CLOCK_MEND = "clock_mend"
    ABSENCE = "absence"
    DOOR_GRACE = "door_grace"
    DECLARED_ROOM = "declared_room"
    LOGGER_RANGE = "logger_range"
    PLACEMENT = "placement"
    SPLIT = "split"
    CUSTODY = "custody"
    ATTACHMENT = "attachment"
    COMMISSIONING = "commissioning"
    ATTACHMENT_END = "attachment_end"
    LIFE_START = "life_start"
    LIFE_END = "life_end"
    REPINNED = "repinned"
    IMPORT = "import"
    READINGS = "readings"
    REDRIVE = "redrive"
    SITE_RULE = "site_rule"
    CARRIED_IN = "carried_in"
    EXPIRY = "expiry"
    ADOPTION = "adoption"
    CERTIFICATE = "certificate"
    DISPOSITION = "disposition"
    RECALL_LIFT = "recall_lift"
    ASSESSMENT = "assessment"


#: What each is called.
KINDS = {
    Kind.CORRECTION: "a correction",
    Kind.CALIBRATION: "a calibration",
    Kind.CLOCK_MEND: "a mended clock",
    Kind.ABSENCE: "an absence of a probe",
    Kind.DOOR_GRACE: "a longer door grace",
    Kind.DECLARED_ROOM: "a room's declared temperature",
    Kind.LOGGER_RANGE: "a logger's range",
    Kind.PLACEMENT: "a back-dated placement",
    Kind.SPLIT: "a back-dated split",
    Kind.CUSTODY: "back-dated custody",
    Kind.ATTACHMENT: "a back-dated attachment",
    Kind.COMMISSIONING: "a back-dated commissioning",
    Kind.ATTACHMENT_END: "a back-dated end of an attachment",
    Kind.LIFE_START: "a start of life in the past",
    Kind.LIFE_END: "a life that goes on",
    Kind.REPINNED: "another version of its profile",
    Kind.IMPORT: "an imported file",
    Kind.READINGS: "readings that somebody brought over HTTP",
    Kind.REDRIVE: "a message redriven with other content",
    Kind.SITE_RULE: "a rule of a site about signatures",
    Kind.CARRIED_IN: "time that was used before our readings begin",
    Kind.EXPIRY: "a later expiry date",
    Kind.ADOPTION: "what a product asks for",
    Kind.CERTIFICATE: "a certificate",
    Kind.DISPOSITION: "a decision about a lot",
    Kind.RECALL_LIFT: "the end of a recall",
    Kind.ASSESSMENT: "an assessment",
}

#: Papers count only once they are signed: until then they make nothing better, and no lot waits for them.
PAPERS = frozenset({Kind.ADOPTION, Kind.CERTIFICATE, Kind.DISPOSITION, Kind.RECALL_LIFT, Kind.ASSESSMENT})


class Rule(StrEnum):
    """What a site may decide about signatures; it is in force once quality has signed it."""

    ACCEPTS_FILES = "accepts_files"
    AUTHOR_SIGNS = "author_signs"


#: What each says.
RULES_OF_SITES = {
    Rule.ACCEPTS_FILES: "Files of the site's own registered loggers count without a signature each.",
    Rule.AUTHOR_SIGNS: "The site has one person: who records may sign it too; each answer it frees says so.",
}


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What a calibration says of a probe, as far as it matters here; `until_at`, `due_at` None: without an end."""

    slope: float
    offset_c: float
    as_found: str | None
    until_at: datetime | None
    due_at: datetime | None


def why_calibration_softens(new: Calibrated, ended: Calibrated | None) -> str | None:
    """Why a calibration may make a verdict better; None: all stays as it was.

    Args:
        ended: the calibration, without an end, that it takes the place of; None: there was none, and that the probe is
            calibrated at all may free a lot.
    """
    if ended is None:
        return "the probe had no calibration in force before"
    if (new.slope, new.offset_c) != (ended.slope, ended.offset_c):
        return "what the probe says is read in another way"
    if new.as_found == "pass":
        return "it says that the probe was right until then"
    if new.until_at is not None:
        return "what it takes the place of had no end, and it has one"
    if ended.due_at is not None and (new.due_at is None or new.due_at > ended.due_at):
        return "the probe is calibrated for longer"
    return None


def why_grace_softens(was_s: int, becomes_s: int) -> str | None:
    """Why a change of a door grace may make a verdict better; None: a shorter one can only make it worse."""
    return "an opened door counts less" if becomes_s > was_s else None


def why_room_softens(declared_c: float | None) -> str | None:
    """Why a container as it is registered may make a verdict better; None: only what loggers say counts of it."""
    return None if declared_c is None else "nobody measured its temperature: somebody declares it"


def why_back_dated(at: datetime, now: datetime, scan_delay_s: float, *, explained: bool = False) -> str | None:
    """Why an act about `at` and later, recorded at `now`, may make a verdict better; None: it is recorded in time.

    Args:
        explained: it had to be explained, for it changes what was judged, however little time passed.
    """
    if explained:
        return "it changes what was judged"
    return "it is recorded later than a scan may come" if at < now - timedelta(seconds=scan_delay_s) else None


def why_readings_soften(*, by_device: bool) -> str | None:
    """Why readings that came over HTTP may make a verdict better; None: the logger itself sent them, by its own key."""
    return None if by_device else "a person brought them"


def why_file_softens(*, registered: bool, accepted: bool) -> str | None:
    """Why an imported file may make a verdict better; None: it counts without a signature.

    Args:
        registered: it is of a logger that is registered at a site.
        accepted: that site accepts the files of its own loggers.
    """
    return None if registered and accepted else "a person brought it"


def why_redrive_softens(*, payload: bool, topic: bool) -> str | None:
    """Why a redriven message may make a verdict better; None: it is what the logger itself sent, as it sent it."""
    return "a person changed what the logger sent" if payload or topic else None


def why_rule_softens(*, is_on: bool) -> str | None:
    """Why a site's rule about signatures may make a verdict better; None: without it more is signed."""
    return "fewer signatures are asked for" if is_on else None


def why_not_signed_by(signer: str, author: str, *, author_signs: bool) -> str | None:
    """Why an account cannot sign a change; None: it can.

    Args:
        signer, author: ids of who acts.
        author_signs: the site of the change lets whoever records a change sign it.
    """
    if signer != author or author_signs:
        return None
    return "who records a change cannot sign it: another account of quality does"


@dataclass(frozen=True, slots=True)
class Change:
    """A change that waits for a signature, or that its own author signed.

    Attributes:
        freed_by_author: it was signed, by the account that recorded it.
    """

    id: int
    kind: Kind
    author_name: str
    recorded_us: int
    freed_by_author: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """A time of a container that a change may have made better."""

    change: Change
    from_us: int
    until_us: int


class Changes:
    """Changes that touch some lots: of the lots themselves, or of where they were."""

    def __init__(self, of_lots: Iterable[tuple[str, Change]] = (), there: Iterable[tuple[str, Reach]] = ()) -> None:
        """`of_lots`: by the id of a lot; `there`: by the id of a container."""
        self._of_lots: defaultdict[str, list[Change]] = defaultdict(list)
        self._there: defaultdict[str, list[Reach]] = defaultdict(list)
        for lot_id, change in of_lots:
            self._of_lots[lot_id].append(change)
        for container_id, reach in there:
            self._there[container_id].append(reach)

    def touching(self, lot_id: str, life_from_us: int, life_until_us: int, stays: Sequence[Stay]) -> list[Change]:
        """The changes that touch a lot within its life, each once, in the order they were recorded."""
        found = {change.id: change for change in self._of_lots.get(lot_id, ())}
        for stay in stays:
            for reach in self._there.get(stay.container_id, ()):
                if max(reach.from_us, stay.from_us, life_from_us) < min(reach.until_us, stay.until_us, life_until_us):
                    found[reach.change.id] = reach.change
        return [found[change_id] for change_id in sorted(found)]


NO_CHANGES = Changes()


def unsigned(changes: Sequence[Change]) -> Reason | None:
    """Why a lot is not proven that these changes touch; None: none of them waits for a signature."""
    waiting = [change for change in changes if not change.freed_by_author]
    if not waiting:
        return None
    first = waiting[0]
    what = f"{KINDS[first.kind]} by {first.author_name} ({_date(first.recorded_us)})"
    many = f"{len(waiting)} changes wait for their signatures, the first of them {what}"
    one = f"{what[0].upper()}{what[1:]} waits for a signature"
    text = f"{many if len(waiting) > 1 else one}. Quality may sign, by another account than the author's."
    return Reason("unsigned_change", text, Severity.WARNING, first.recorded_us)


def signed_by_author(changes: Sequence[Change]) -> Reason | None:
    """What is told of a lot that was freed by changes whose authors signed them; None: there are none."""
    freed = [change for change in changes if change.freed_by_author]
    if not freed:
        return None
    first = freed[0]
    text = f"{PAPER_CODES['signed_by_author']} The first: {KINDS[first.kind]} by {first.author_name}."
    return Reason("signed_by_author", text, Severity.INFO, first.recorded_us)


def _date(instant_us: int) -> str:
    return f"{to_datetime(instant_us):%Y-%m-%d %H:%M} UTC"
