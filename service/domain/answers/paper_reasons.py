"""What papers say for and against a lot: documented codes, and a sentence with figures for each."""

from collections.abc import Sequence

from service.domain.answers.papers import Certificate, Decision, Outcome, Papers
from service.domain.custody.custody import holes_text
from service.domain.identity.signing import signed_so_far
from service.domain.instant import to_datetime
from service.domain.lots.moves import UnconfirmedMove
from service.domain.severity import Severity
from service.domain.verdicts.reasons import Reason

#: Every reason code of papers there is, and what it says.
PAPER_CODES = {
    "life_ended": "The lot's life has ended: it is used up or gone, and only its record stands.",
    "recalled": "The lot is recalled.",
    "rejected": "Quality has rejected the lot.",
    "quarantined": "Quality has set the lot apart.",
    "expired": "The expiry date of the lot has passed where it is held.",
    "certificate_item_failed": "Its Certificate of Analysis states something that its specification does not allow.",
    "awaiting_shipper_log": "It is under way, or arrived and what measured it under way has not been read out.",
    "missing_on_arrival": "It was missing when its shipment arrived, and nobody has recorded where it is since.",
    "split_up": "All of it is in parts of its own, and each part has an answer of its own.",
    "unsigned_change": "Something that was recorded of it may make it look better, and quality has not signed it yet.",
    "profile_not_adopted": "Quality has not adopted the limits it is judged by for its product.",
    "no_specification": "Quality has adopted no specification of what a certificate of its product must state.",
    "certificate_missing": "It has no Certificate of Analysis.",
    "certificate_item_missing": "Its Certificate of Analysis lacks something that its specification asks for.",
    "certificate_unsigned": "Quality has not signed its Certificate of Analysis.",
    "not_released": "Its product asks for a release by quality, and there is none.",
    "release_lapsed": "Its release has lapsed, for it went out of limits afterwards; quality has to decide anew.",
    "release_suspended": "It was released; that counts again by itself once what is missing is there.",
    "custody_hole": "For a time within its life nobody is recorded to have answered for it.",
    "assessed": "Quality has assessed time that was not measured or is disputed: it counts as the seconds accepted.",
    "excursion_assessed": "Quality has assessed an excursion: that is documented, and its time counts in full.",
    "carried_in": "What it had used of its limits before our readings begin is recorded, and counts.",
    "temperature_alone": "Its product is from before there were papers: temperature alone was looked at.",
    "adopted_by_migration": "Its limits were adopted by an update of this software, and by nobody's signature.",
    "signed_by_author": "Changes that touch it were signed by who recorded them, as its site, of one person, may.",
    "unconfirmed_move": "Where it is was said by whoever held the link of an alert; no custodian has confirmed it yet.",
}

#: As many items are named in one sentence.
_MOST_ITEMS = 3


def forbidding(papers: Papers, now_us: int) -> list[Reason]:
    """What forbids that it is used, worst first."""
    found = []
    if papers.life_ended_us is not None:
        found.append(_critical("life_ended", PAPER_CODES["life_ended"], papers.life_ended_us))
    if papers.recall is not None:
        text = f"It is recalled by {papers.recall.by}: {papers.recall.reason}"
        found.append(_critical("recalled", _sentence(text), papers.recall.at_us))
    decided = papers.disposition
    if decided is not None and decided.decision is Decision.REJECTED:
        found.append(_critical("rejected", _sentence(f"{decided.by} rejected it: {decided.reason}"), decided.at_us))
    if decided is not None and decided.decision is Decision.QUARANTINED:
        found.append(_critical("quarantined", _sentence(f"{decided.by} set it apart: {decided.reason}"), decided.at_us))
    if papers.expired_us is not None and papers.expired_us <= now_us:
        text = f"It expired at the end of {papers.expires_on}, where it was held then."
        found.append(_critical("expired", text, papers.expired_us))
    return found + _failed(papers.certificates)


def lacking(papers: Papers) -> list[Reason]:
    """What is missing so that it may be used."""
    asked = papers.asked
    found = []
    if papers.split_up_us is not None:
        found.append(_critical("split_up", PAPER_CODES["split_up"], papers.split_up_us))
    found += [one for one in (papers.under_way, papers.unsigned) if one is not None]
    if not asked.profile_adopted:
        found.append(_critical("profile_not_adopted", PAPER_CODES["profile_not_adopted"]))
    if not asked.temperature_alone:
        found += _certificate_lacks(papers)
    if papers.custody_holes:
        since_us = papers.custody_holes[0].from_us
        found.append(_critical("custody_hole", holes_text(papers.custody_holes), since_us))
    return found + _release_lacks(papers)


def suspended(papers: Papers) -> list[Reason]:
    """What is said of a release of a lot of which something is missing now."""
    decided = papers.disposition
    if decided is None or decided.decision is not Decision.RELEASED or decided.lapsed_us is not None:
        return []
    text = f"Released by {decided.by} on {_date(decided.at_us)}; that counts again once what is missing is there."
    return [Reason("release_suspended", text, Severity.INFO, decided.at_us)]


def noted(papers: Papers) -> list[Reason]:
    """What is told beside."""
    found = []
    if papers.carried is not None:
        carried = papers.carried
        text = f"Before {_date(carried.until_us)}, as {carried.by} recorded, it counts as having been {carried.text}."
        found.append(Reason("carried_in", text, Severity.INFO, carried.until_us))
    if papers.asked.temperature_alone:
        found.append(Reason("temperature_alone", PAPER_CODES["temperature_alone"], Severity.INFO))
    if papers.asked.by_migration:
        found.append(Reason("adopted_by_migration", PAPER_CODES["adopted_by_migration"], Severity.INFO))
    if papers.signed_by_author is not None:
        found.append(papers.signed_by_author)
    return found + _unconfirmed_moves(papers.unconfirmed)


def _failed(certificates: Sequence[Certificate]) -> list[Reason]:
    """What fails in any version counts at once, and until a later one is signed: to enter another ends nothing."""
    for one in certificates:
        failed = [item for item in one.items if item.outcome is Outcome.FAIL]
        if failed:
            text = f"Its certificate (version {one.version}) fails: {_named([item.why for item in failed])}."
            return [_critical("certificate_item_failed", text, one.recorded_us)]
    return []


def _certificate_lacks(papers: Papers) -> list[Reason]:
    if papers.asked.specification is None:
        return [_critical("no_specification", PAPER_CODES["no_specification"])]
    if not papers.certificates:
        return [_critical("certificate_missing", PAPER_CODES["certificate_missing"])]
    newest, found = papers.certificates[0], []
    missing = [item for item in newest.items if item.outcome is Outcome.MISSING]
    if missing:
        text = f"Its certificate (version {newest.version}) lacks: {_named([item.label for item in missing])}."
        found.append(_critical("certificate_item_missing", text, newest.recorded_us))
    if not newest.is_signed:
        text = f"Quality has not signed version {newest.version} of its certificate, by {newest.signatory}."
        found.append(_critical("certificate_unsigned", text, newest.recorded_us))
    return found


def _release_lacks(papers: Papers) -> list[Reason]:
    decided, needed = papers.disposition, papers.asked.release_signatures
    if decided is not None and decided.lapsed_us is not None:
        text = (
            f"Its release by {decided.by} lapsed on {_date(decided.lapsed_us)}, for it went out of limits; "
            f"quality has to decide anew.{_waits(papers)}"
        )
        return [_critical("release_lapsed", text, decided.lapsed_us)]
    if needed == 0 or (decided is not None and decided.decision is Decision.RELEASED):
        return []
    by = "one signature" if needed == 1 else f"{needed} signatures"
    text = f"Its product asks for a release by {by} of quality, and there is none.{_waits(papers)}"
    return [_critical("not_released", text)]


def _waits(papers: Papers) -> str:
    """What is said of a release that lacks signatures; empty: none does."""
    waiting = papers.waiting
    if waiting is None:
        return ""
    return f" One by {waiting.by} ({_date(waiting.at_us)}) waits: {signed_so_far(waiting.signed_by, waiting.needed)}."


def _unconfirmed_moves(moves: Sequence[UnconfirmedMove]) -> list[Reason]:
    """Moves that a signed link recorded and nobody has confirmed: they count, and are told as what they are."""
    return [
        Reason(
            "unconfirmed_move",
            f"It was moved to {move.to_name}, as {move.recorded_by} recorded; no custodian has confirmed it yet.",
            Severity.WARNING,
            move.moved_at_us,
        )
        for move in moves
    ]


def _critical(code: str, text: str, since_us: int | None = None) -> Reason:
    return Reason(code, text, Severity.CRITICAL, since_us)


def _named(names: Sequence[str]) -> str:
    some = "; ".join(names[:_MOST_ITEMS])
    return some if len(names) <= _MOST_ITEMS else f"{some}; and {len(names) - _MOST_ITEMS} more"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _date(instant_us: int) -> str:
    return f"{to_datetime(instant_us):%Y-%m-%d %H:%M} UTC"
