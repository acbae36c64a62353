"""Judgements as JSON documents: the same words in the history, in the API and on the pages."""

from typing import Any

from service.domain.instant import SECOND_US, to_datetime
from service.domain.verdict import Judgement


def seconds(duration_us: int | None) -> float | None:
    """Microseconds as seconds; whole seconds stay whole when printed."""
    return None if duration_us is None else duration_us / SECOND_US


def instant(when_us: int | None) -> str | None:
    """An instant as RFC 3339 in UTC."""
    return None if when_us is None else to_datetime(when_us).isoformat().replace("+00:00", "Z")


def reasons_document(judgement: Judgement) -> list[dict[str, Any]]:
    """``reasons[]`` of DESIGN.md's contract."""
    return [
        {"code": x.code, "text": x.text, "severity": x.severity.value, "since": instant(x.since_us)}
        for x in judgement.reasons
    ]


def limits_document(judgement: Judgement) -> list[dict[str, Any]]:
    """``limits[]`` of DESIGN.md's contract."""
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
