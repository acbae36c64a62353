"""Judgements as JSON documents: the same words in the history, in the API and on the pages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from service.answers.judging import JudgedLot
from service.domain.answers.papers import Outcome, Papers
from service.domain.answers.standing import Document
from service.domain.answers.ways import Stretch, Way
from service.domain.instant import SECOND_US, rfc3339, to_datetime
from service.domain.series.forecast import Forecast, Wait, forecast_text
from service.domain.spans import total_us
from service.domain.verdicts.reasons import Reason
from service.domain.verdicts.verdict import Judgement, Verdict


def seconds(duration_us: int | None) -> float | None:
    """Microseconds as seconds; whole seconds stay whole when printed."""
    return None if duration_us is None else duration_us / SECOND_US


def instant(when_us: int | None) -> str | None:
    """An instant as RFC 3339 in UTC."""
    return None if when_us is None else rfc3339(to_datetime(when_us))


def reasons_document(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    """``reasons[]`` of a status or a verdict, as the API and the history tell it."""
    return [
        {"code": x.code, "text": x.text, "severity": x.severity.value, "since": instant(x.since_us)} for x in reasons
    ]


def limits_document(judgement: Judgement) -> list[dict[str, Any]]:
    """``limits[]`` of a status, as the API and the history tell it."""
    return [
        {
            "direction": x.limit.direction.value,
            "threshold_c": x.limit.threshold_c,
            "effect": x.limit.effect.value,
            "budget_s": x.limit.budget_s,
            "single_s": x.limit.single_s,
            "certain_s": seconds(x.certain_us),
            "possible_s": seconds(x.possible_us),
            "longest_certain_s": seconds(x.longest_certain_us),
            "longest_possible_s": seconds(x.longest_possible_us),
            "remaining_s": seconds(x.remaining_us),
            "exceeded_at": instant(x.exceeded_at_us),
        }
        for x in judgement.limits
    ]


def thaw_document(judgement: Judgement) -> dict[str, Any] | None:
    """The thaws of a lot, as ``thaw_cycles`` of its status; None if its profile does not count them."""
    found = judgement.exposure.thaw
    if found is None:
        return None
    return {
        "threshold_c": found.rule.threshold_c,
        "min_s": found.rule.min_s,
        "effect": found.rule.effect.value,
        "allowed": found.rule.allowed,
        "certain": len(found.certain_us),
        "possible": found.possible,
        "exceeded_at": instant(found.passed_us),
    }


def forecast_document(found: Forecast) -> dict[str, Any]:
    """``forecast`` of a status."""
    return {
        "limit": {"direction": found.limit.direction.value, "threshold_c": found.limit.threshold_c},
        "crosses_in_s": _wait_document(found.crosses),
        "budget_gone_in_s": _wait_document(found.budget_gone),
        "text": forecast_text(found),
    }


def _wait_document(wait: Wait | None) -> dict[str, float] | None:
    return None if wait is None else {"about": wait.about_s, "earliest": wait.earliest_s, "latest": wait.latest_s}


#: What people read instead of the verdict's name.
VERDICT_TEXTS = {
    Verdict.VIABLE: "within limits",
    Verdict.AT_RISK: "at risk",
    Verdict.UNPROVEN: "not proven",
    Verdict.NONVIABLE: "out of limits",
}


def status_document(judged: JudgedLot, as_of: datetime) -> Document:
    """What ``GET /v1/lots/{id}/status`` answers: verdict, reasons, limits and the parts of the life."""
    judgement, papers = judged.judgement, judged.papers
    parts = judgement.exposure.parts
    return {
        "lot_id": judged.lot.id,
        "parent_id": judged.lot.parent_id,
        "answer": judged.answered.answer.value,
        "verdict": judgement.verdict.value,
        "verdict_text": VERDICT_TEXTS[judgement.verdict],
        "reasons": reasons_document(judged.answered.reasons),
        "limits": limits_document(judgement),
        "thaw_cycles": thaw_document(judgement),
        "parts": {
            "life_s": seconds(total_us(judgement.exposure.life)),
            "in_range_s": seconds(parts.in_range_us),
            "above_s": seconds(parts.above_us),
            "below_s": seconds(parts.below_us),
            "disputed_s": seconds(parts.disputed_us),
            "gap_s": seconds(parts.gap_us),
            "pending_s": seconds(parts.pending_us),
        },
        "brought": [
            {
                "way": x.origin.way.value,
                "text": x.text,
                "rests_s": seconds(x.length_us),
                "recorded_by": x.origin.recorded_by,
                "recorded_at": instant(x.origin.recorded_us),
                "sha256": x.origin.sha256,
            }
            for x in judged.resting
        ],
        "brought_more": judged.resting_more,
        "way_back": [way_document(way) for way in judged.way_back],
        "as_of": rfc3339(as_of),
        "good_until": instant(judged.outlook.changes_at_us),
        "profile_id": judged.profile.id,
        "profile_version": judged.profile.version,
        "expires_on": None if papers.expires_on is None else papers.expires_on.isoformat(),
        "certificate": certificate_document(papers),
        "disposition": disposition_document(papers),
        # No withdrawal for use is recorded.
        "use_by": None,
    }


def certificate_document(papers: Papers) -> dict[str, Any] | None:
    """``certificate`` of a status: the newest version of a lot's certificate, and what it lacks; None: it has none."""
    if not papers.certificates:
        return None
    newest = papers.certificates[0]
    return {
        "version": newest.version,
        "specification_id": newest.specification_id,
        "specification_version": newest.specification_version,
        "issued_on": newest.issued_on.isoformat(),
        "signatory": newest.signatory,
        "signed": newest.is_signed,
        "lacking": [
            {"name": item.name, "label": item.label, "outcome": item.outcome.value, "why": item.why}
            for item in newest.items
            if item.outcome is not Outcome.PASS
        ],
    }


def disposition_document(papers: Papers) -> dict[str, Any] | None:
    """``disposition`` of a status: the decision in force, and whether it has lapsed; None: none is."""
    decided = papers.disposition
    if decided is None:
        return None
    return {
        "decision": decided.decision.value,
        "reason": decided.reason,
        "by": decided.by,
        "since": instant(decided.at_us),
        "lapsed_at": instant(decided.lapsed_us),
    }


def way_document(way: Way) -> dict[str, Any]:
    """One of ``way_back[]`` of a status."""
    return {
        "action": way.action.value,
        "text": way.text,
        "ends": sorted(way.ends),
        "enough": way.enough,
        "helps": way.helps,
        "logger_ids": list(way.logger_ids),
        "stretches": [_stretch_document(one) for one in way.stretches],
        "accepted_s": seconds(way.accepted_us),
        "change_ids": list(way.change_ids),
        "signatures": way.signatures,
        "items": list(way.items),
        "attachment_id": way.attachment_id,
    }


def _stretch_document(one: Stretch) -> dict[str, Any]:
    return {
        "from": instant(one.from_us),
        "until": instant(one.until_us),
        "container_id": one.container_id,
        "finding": one.finding.value,
    }
