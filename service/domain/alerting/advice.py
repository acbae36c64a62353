"""What to do about an alert, and how much time is left: what a tired person can use. Never "discard"."""

from service.domain.alerting.alert import Alert
from service.domain.alerting.rule_table import KEEP, rule_of
from service.domain.instant import SECOND_US, minutes_text

AFTERWARDS = "That it is over clears no lot: look up each lot's answer before it is used; do not discard."

#: What `time_left` says where there is none.
NO_TIME = "no time"

_UNKNOWN = "Look at it, and tell whoever runs this service."


def is_danger(cause: str) -> bool:
    """Whether lots in the container are at stake, or would be."""
    rule = rule_of(cause)
    return rule is not None and rule.endangers_lots


def advice(alert: Alert) -> str:
    """What to do: the container's own instruction where lots are at stake, else what is known of the cause."""
    own, rule, has_lots = alert.instruction.strip(), rule_of(alert.cause), bool(alert.lots_there)
    if rule is None:
        return own or _UNKNOWN
    if alert.container_id is None and rule.to_do_nowhere:
        return rule.to_do_nowhere
    if not rule.endangers_lots or not own:
        return rule.to_do if has_lots else rule.to_do_empty or rule.to_do
    if not own.endswith((".", "!", "?")):
        own += "."
    return f"{own} {KEEP}" if has_lots else own


def time_left(remaining_s: float | None, used: float | None) -> str:
    """How long a budget lasts, to the minute and never more than there is; empty where none is at stake."""
    if not remaining_s:
        return NO_TIME if remaining_s == 0 or (used is not None and used >= 1) else ""
    return minutes_text(int(remaining_s) * SECOND_US)
