"""What to do about an alert, by its cause, and how much time is left: what a tired person can use. Never "discard"."""

import re

from service.domain.alerting.limit_rules import LIMIT_RULES
from service.domain.alerting.limit_words import LEFT
from service.domain.instant import SECOND_US, minutes_text

KEEP = "Keep them cold, set them apart, tell quality; do not discard."
AFTERWARDS = "That it is over clears no lot: look up each lot's answer before it is used; do not discard."

#: What `time_left` says where there is none.
NO_TIME = "no time"

_RESCUE = f"Move the lots to a container within limits. {KEEP}"
_EMPTY = "Have the container looked at, and put no lot into it until it is within limits."
_MEASURE = f"Read the temperature at the container itself, then look to the logger: power, cable, network. {KEEP}"
_MEASURE_EMPTY = "Look to the logger: power, cable, network; put no lot into a container that is not measured."

#: With lots at stake, and without. The container's own instruction takes the place of these.
_RESCUES = {
    "limit_crossed": (_RESCUE, _EMPTY),
    "budget_used": (_RESCUE, _EMPTY),
    "forecast_crosses": (
        "Look at the door and the compressor now; if it goes on warming, move the lots before the limit is crossed.",
        "Look at the door and the compressor; put no lot into it meanwhile.",
    ),
    "logger_silent": (_MEASURE, _MEASURE_EMPTY),
    "sensor_fault": (_MEASURE, _MEASURE_EMPTY),
    "conflicting_readings": (
        f"Read the temperature at the container itself, then see whether the logger's clock was set back, or another "
        f"device has its id. {KEEP}",
        "See whether the logger's clock was set back, or another device has its id; put no lot there meanwhile.",
    ),
    "lot_unmonitored": (
        f"Attach a logger, or move the lots to a container that is measured. {KEEP}",
        "Attach a logger before a lot is put into it.",
    ),
}

#: Causes by which lots in the container are at stake.
DANGERS = frozenset(_RESCUES)

#: Work that the container's own instruction does not replace.
_CHORES = {
    "sensor_stuck": "Compare the probe with another thermometer, and replace it if it does not move.",
    "battery_low": "Change the logger's battery before it falls silent.",
    "calibration_due": "Send the probe to be calibrated, and attach a calibrated one in its place.",
    "clock_skew": "Set the logger's clock; if readings were stamped wrongly, record a clock mend.",
    "ingest_behind": "Tell whoever runs this service: see that ingest, the broker and the database are up. "
    "What loggers send is kept meanwhile, and no lot is called usable for want of readings.",
    "evaluator_behind": "Tell whoever runs this service: see that the evaluator is up. "
    "Until it is, no lot gets a good answer.",
    "messages_set_aside": "Tell whoever runs this service: read them with `unbroken rejected set-aside`, mend what the "
    "database refuses, have them sent again, and take their files away.",
    "clocks_disagree": "Tell whoever runs this service: set the clock that is named, and keep all of them by NTP. "
    "Until they agree, no lot gets a good answer; `unbroken doctor` compares them.",
    "delivery_failing": "Tell whoever keeps the on-call file: this receiver is not reached, so others must be.",
    "on_call_unusable": "Tell whoever keeps the on-call file: people are called as it was before. "
    "`unbroken on-call --check` says what is wrong, and who is on call.",
}

#: How rules begin what they say, and what they say of what measures, once it is no longer so.
_PAST = {"is": "was", "has": "had", "cannot": "could not", "may be": "may have been"}
_BEGINS = re.compile(rf"^ ({'|'.join(_PAST)})\b")
_MEASURES = re.compile(r"\b(measure)s\b|\bcomes\b")

_LIMIT_CAUSES = frozenset(rule.cause for rule in LIMIT_RULES)

_UNKNOWN = "Look at it, and tell whoever runs this service."


def is_danger(cause: str) -> bool:
    """Whether lots in the container are at stake, or would be."""
    return cause in DANGERS


def advice(cause: str, instruction: str, *, has_lots: bool) -> str:
    """What to do: the container's own instruction where lots are at stake, else what is known of the cause."""
    own = instruction.strip()
    if cause not in _RESCUES:
        return _CHORES.get(cause, own or _UNKNOWN)
    if not own:
        return _RESCUES[cause][0 if has_lots else 1]
    if not own.endswith((".", "!", "?")):
        own += "."
    return f"{own} {KEEP}" if has_lots else own


def time_left(remaining_s: float | None, used: float | None) -> str:
    """How long a budget lasts, to the minute and never more than there is; empty where none is at stake."""
    if not remaining_s:
        return NO_TIME if remaining_s == 0 or (used is not None and used >= 1) else ""
    return minutes_text(int(remaining_s) * SECOND_US)


def back_text(cause: str, summary: str) -> str:
    """What is so where an alert is calm, but not over yet; `summary`: what it says."""
    return "back within limits" if cause in _LIMIT_CAUSES and LEFT not in summary else "no longer so"


def without_lots(summary: str) -> str:
    """What is so and where, of what an alert says."""
    said, _, lots = summary.rpartition("; ")
    return said if said and lots.partition(" ")[2].startswith("lot") else summary


def in_past(said: str, name: str, site_id: str | None) -> str:
    """What is no longer so, in the past tense; `name`, `site_id`: of what it is said of."""
    where = f"{name} ({site_id})" if site_id else name
    if not said.startswith(where) or LEFT in said:
        return said
    then = _BEGINS.sub(lambda found: f" {_PAST[found[1]]}", said[len(where) :])
    return where + _MEASURES.sub(lambda found: "measured" if found[1] else "came", then)
