"""What a lot's page says of its papers: what is asked for, what is there, and what waits for a signature."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from service.domain.answers.answer import Answer
from service.domain.answers.papers import Certificate, Decision, Disposition, Outcome, Papers
from service.domain.softening import KINDS
from service.domain.verdicts.causes import CAUSES, Cause
from service.store.changes import ChangeToSign
from service.store.lots.answer_history import AnswerChange
from service.store.lots.certificates import KeptCertificate
from service.web.lots.signed_words import signed_words
from service.web.lots.views import SHORT_TEXTS
from service.web.words import Moment, moment

_DECISIONS = {
    Decision.RELEASED: "Released",
    Decision.QUARANTINED: "Set apart",
    Decision.REJECTED: "Rejected",
}


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One kind of paper, and what is there of it; `since` None: it has no time."""

    label: str
    text: str
    since: Moment | None = None


#: What each outcome is called, the worst first.
_OUTCOMES = {Outcome.FAIL: "failed", Outcome.MISSING: "missing", Outcome.PASS: "passed"}


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item of a certificate, and what became of it: for styles, and in words."""

    label: str
    value: str
    outcome: Outcome
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A version of a certificate as it is shown.

    Attributes:
        signed_at: None: it waits for quality's signature.
        against: items that fail or are missing; passing: the others.
    """

    version: int
    issued_on: str
    signatory: str
    specification: str
    recorded_by: str
    recorded_at: Moment
    signed_by: str
    signed_at: Moment | None
    document: str
    against: tuple[ItemLine, ...]
    passing: tuple[ItemLine, ...]


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """Something that was recorded of the lot, or of its product, and waits for a signature."""

    text: str
    gist: str
    recorded_by: str
    recorded_at: Moment
    signed: str


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """A change of the answer or of its reasons; `cause` is empty for what was recorded before causes were."""

    decided_at: Moment
    answer: str
    answer_text: str
    cause: str
    reasons: tuple[str, ...]


def paper_lines(papers: Papers, zone: tzinfo) -> tuple[PaperLine, ...]:
    """The papers of a lot, as far as they are in force."""
    lines = [PaperLine("Asked for", _asked(papers))]
    if not papers.asked.temperature_alone:
        lines.append(_certificate(papers.certificates, zone))
    if papers.disposition is not None or papers.asked.release_signatures:
        lines.append(_disposition(papers.disposition, zone))
    if papers.recall is not None:
        lines.append(
            PaperLine("Recall", f"{papers.recall.by}: {papers.recall.reason}", moment(papers.recall.at_us, zone))
        )
    if papers.expires_on is not None:
        lines.append(PaperLine("Expires", f"at the end of {papers.expires_on}, where it is held"))
    return tuple(lines)


def _asked(papers: Papers) -> str:
    asked = papers.asked
    if asked.temperature_alone:
        return "nothing but its temperature: its product is from before there were papers"
    specification = "no specification is adopted"
    if asked.specification is not None:
        specification = "a certificate by “{}” (version {})".format(*asked.specification)
    needed = asked.release_signatures
    if not needed:
        return f"{specification}; no release"
    return f"{specification}; a release by {needed} {'signature' if needed == 1 else 'signatures'} of quality"


def _certificate(certificates: Sequence[Certificate], zone: tzinfo) -> PaperLine:
    if not certificates:
        return PaperLine("Certificate", "none")
    newest = certificates[0]
    outcomes = [item.outcome for item in newest.items]
    lacks = [
        f"{outcomes.count(outcome)} {'item' if outcomes.count(outcome) == 1 else 'items'} {words}"
        for outcome, words in ((Outcome.FAIL, "failed"), (Outcome.MISSING, "missing"))
        if outcome in outcomes
    ]
    states = [*lacks, "signed by quality" if newest.is_signed else "not signed by quality yet"]
    text = f"version {newest.version}, issued {newest.issued_on} by {newest.signatory}; {', '.join(states)}"
    return PaperLine("Certificate", text, moment(newest.recorded_us, zone))


def _disposition(decided: Disposition | None, zone: tzinfo) -> PaperLine:
    if decided is None:
        return PaperLine("Decision", "none")
    text = f"{_DECISIONS[decided.decision]} by {decided.by}: {decided.reason}"
    if decided.lapsed_us is not None:
        text += f" (lapsed {moment(decided.lapsed_us, zone).text}, for a limit was passed)"
    return PaperLine("Decision", text, moment(decided.at_us, zone))


def certificate_view(kept: KeptCertificate, zone: tzinfo) -> CertificateView:
    """A version of a certificate, item by item."""
    items = [ItemLine(one.label, one.value or "", one.outcome, _OUTCOMES[one.outcome], one.why) for one in kept.judged]
    worst_first = sorted(items, key=lambda item: list(_OUTCOMES).index(item.outcome))
    return CertificateView(
        kept.version,
        kept.issued_on.isoformat(),
        kept.signatory,
        f"{kept.specification_id}, version {kept.specification_version}",
        kept.recorded_by,
        moment(kept.recorded_at, zone),
        ", ".join(kept.signed_by),
        None if kept.signed_at is None else moment(kept.signed_at, zone),
        kept.document_sha256 or "",
        tuple(item for item in worst_first if item.outcome is not Outcome.PASS),
        tuple(item for item in items if item.outcome is Outcome.PASS),
    )


def waiting_lines(changes: Iterable[ChangeToSign], zone: tzinfo) -> tuple[WaitingLine, ...]:
    """What waits for a signature."""
    return tuple(_waiting(one, zone) for one in changes)


def _waiting(one: ChangeToSign, zone: tzinfo) -> WaitingLine:
    text = KINDS[one.kind]
    return WaitingLine(
        text[0].upper() + text[1:],
        signed_words(one.kind, one.content).gist,
        one.recorded_by,
        moment(one.recorded_at, zone),
        one.signed_text if one.signatures_needed > 1 or one.signed_by else "",
    )


def answer_lines(changes: Sequence[AnswerChange], zone: tzinfo) -> tuple[AnswerLine, ...]:
    """How the answer became what it is, in the order in which the changes are given."""
    return tuple(
        AnswerLine(
            moment(one.decided_at, zone),
            one.answer,
            SHORT_TEXTS[Answer(one.answer)],
            CAUSES[Cause(one.cause)] if one.cause else "",
            tuple(reason["text"] for reason in one.status["reasons"]),
        )
        for one in changes
    )
