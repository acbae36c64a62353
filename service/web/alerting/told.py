"""What became of an alert, step by step, and whom it was sent to and why: pure, from what is stored of both."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo

from service.auth.links import without_links
from service.domain.alerting.lifecycle import AlertState
from service.domain.alerting.notification import Reason
from service.store.alerting.deliveries import RecordedMessage
from service.store.alerting.history import Step
from service.web.words import Moment, moment

_WHY = {
    Reason.FIRST: "It goes off, and they had not heard of it",
    Reason.WORSENED: "It got worse",
    Reason.REMINDER: "It is still so, and nobody had it in hand",
    Reason.CALM: "It is no longer so, and is watched",
    Reason.ESCALATED: "Nobody who was called before had it in hand",
    Reason.RESOLVED: "It is over, and they had heard of it",
    Reason.PAST: "It was over before anybody could be told",
    Reason.TAKEN: "Somebody has it in hand: they need not call on",
    Reason.TEST: "A test",
}

#: In which those who were called last stand: they are told of what they heard of already.
_OF_NO_STAGE = {Reason.CALM, Reason.RESOLVED, Reason.TAKEN, Reason.TEST}


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one receiver: why they were told, and what became of it."""

    at: Moment
    to: str
    why: str
    outcome: str
    failed: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened to an alert, and when."""

    at: Moment
    what: str
    comment: str


def messages_shown(messages: Iterable[RecordedMessage], zone: tzinfo) -> list[Message]:
    """Messages in their order, by the clock of a place."""
    return [_message(one, zone) for one in messages]


def _message(one: RecordedMessage, zone: tzinfo) -> Message:
    known = one.reason in list(Reason)
    why = _WHY[Reason(one.reason)] if known else one.reason
    if known and Reason(one.reason) not in _OF_NO_STAGE:
        why += f" (stage {one.level + 1})"
    return Message(moment(one.created_at, zone), one.receiver, why, *_outcome(one, zone))


def _outcome(one: RecordedMessage, zone: tzinfo) -> tuple[str, bool]:
    error = without_links(one.error or "")
    if one.outcome == "delivered" and one.finished_at is not None:
        return f"Delivered {moment(one.finished_at, zone).text}", False
    if one.outcome is not None:
        said = {"failed": "Refused for ever", "overtaken": "Not sent: by then there was newer to tell"}[one.outcome]
        return f"{said}: {error}" if error else said, one.outcome == "failed"
    if error:
        return f"Not delivered yet, tried {one.attempts} {'time' if one.attempts == 1 else 'times'}: {error}", True
    return "Being sent", False


def happenings(steps: Iterable[Step], zone: tzinfo) -> list[Happening]:
    """The steps of an alert in their order, in words, by the clock of a place."""
    return [Happening(moment(step.taken_at, zone), _said(step), step.comment or "") for step in steps]


def _said(step: Step) -> str:
    match (step.was, step.becomes):
        case (_, AlertState.PENDING):
            return "It began"
        case (AlertState.FIRING | AlertState.ACKNOWLEDGED, AlertState.FIRING) if step.taken_by:
            return f"{step.taken_by} cannot come: the next one is called"
        case (AlertState.ACKNOWLEDGED, AlertState.FIRING):
            return f"It went off again: {step.reason}"
        case (_, AlertState.FIRING):
            return f"It went off: {step.reason}"
        case (_, AlertState.ACKNOWLEDGED):
            return f"{step.taken_by} took it over"
        case _:
            return f"It is over: {step.reason}"
