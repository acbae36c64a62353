"""Whether an answer that was stored still stands, as of a later moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from service.domain.clocks import Times, disagreement
from service.domain.instant import SECOND_US

#: A JSON document, as a status of a lot is told.
Document = dict[str, Any]

#: By which rules answers are judged. Raise it with every change that can change a verdict, a reason, its words or a
#: figure: what was stored by other rules is judged again.
RULES = 6


@dataclass(frozen=True, slots=True)
class LotState:
    """The answer of a lot as it was judged last.

    Attributes:
        reason_codes, verdict_codes: of the answer, and of the verdict alone.
        document: the whole status, as of `judged_us`.
        judged_us: as of when it was judged.
        good_until_us: until then time alone changes neither verdict nor reason codes; None: for ever.
        rules: the `RULES` it was judged by; 0: by those of before they were numbered.
        max_gap_s, measured_in: it rests on this container being measured until so close to now; None: on none.
        awaited: containers, and until when each was measured: once one is measured longer, it may be another.
        even, grows_from_us: how its figures go on, as in `Outlook`.
    """

    lot_id: str
    verdict: str
    answer: str
    reason_codes: list[str]
    verdict_codes: list[str]
    document: Document
    judged_us: int
    good_until_us: int | None
    rules: int
    max_gap_s: int
    measured_in: str | None
    awaited: Sequence[tuple[str, int]] | None
    even: bool
    grows_from_us: int | None


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What the database knows at a later moment beside a stored answer.

    Attributes:
        times: what time it is, by the database.
        behind_since: since when something that concerns the lot waits to be evaluated, if it has waited too long.
        measured_until_us: until when the container is measured whose silence would change the answer; None: none is.
        latest_measured_us: until when any container is measured that the lot was in; None: none ever was.
        heard: an awaited container is measured longer than it was.
    """

    times: Times
    behind_since: datetime | None
    measured_until_us: int | None
    latest_measured_us: int | None
    heard: bool


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A lot's answer as it was judged last, and what is known beside it when it is read."""

    state: LotState
    meanwhile: Meanwhile


class Stale(StrEnum):
    """Why a stored answer is no answer to what is asked now: it is judged anew."""

    OTHER_RULES = "it was judged by other rules"
    LATER = "it was judged as of a later moment"
    PAST = "time alone may have changed it"
    SILENT = "its container has been silent for too long"
    HEARD = "readings came of where it was before"
    BEHIND = "something that concerns it is not evaluated yet"
    CLOCKS = "the clocks disagree, or something is measured later than can be"
    UNEVEN = "figures that its reasons tell go on growing"


def why_stale(state: LotState, meanwhile: Meanwhile, now_us: int, *, tolerance_us: int, ahead_us: int) -> Stale | None:
    """Why a stored answer cannot be given as of `now_us`; None: carried forward, it is what judging anew would find.

    Args:
        tolerance_us: clocks may differ by this much.
        ahead_us: a logger's clock may be ahead of ours by this much beside.
    """
    measured_us, latest_us = meanwhile.measured_until_us, meanwhile.latest_measured_us
    whys = (
        (state.rules != RULES, Stale.OTHER_RULES),
        (now_us < state.judged_us, Stale.LATER),
        (state.good_until_us is not None and state.good_until_us <= now_us, Stale.PAST),
        (state.measured_in is not None and not _is_heard(measured_us, state.max_gap_s, now_us), Stale.SILENT),
        (meanwhile.heard, Stale.HEARD),
        (meanwhile.behind_since is not None, Stale.BEHIND),
        (latest_us is not None and latest_us > now_us + ahead_us + tolerance_us, Stale.CLOCKS),
        (disagreement(now_us, meanwhile.times, tolerance_us) is not None, Stale.CLOCKS),
        (not state.even, Stale.UNEVEN),
    )
    return next((why for is_so, why in whys if is_so), None)


def _is_heard(measured_until_us: int | None, max_gap_s: int, now_us: int) -> bool:
    return measured_until_us is not None and now_us <= measured_until_us + max_gap_s * SECOND_US
