"""Lots that nothing measured can make usable any more: nobody is called to measure or to rescue them."""

from collections.abc import Collection

#: Codes of an answer that somebody recorded or printed as the last word: used up or gone, over by its label, rejected.
#: A recall is lifted, a quarantine ends, and of a lot that is out of limits quality has yet to decide: till then these
#: are kept cold, and that is measured.
GIVEN_UP_CODES = ("life_ended", "expired", "rejected")


def why_given_up(reason_codes: Collection[str]) -> str | None:
    """Which reason of its answer is the last word on a lot; None: it may be usable yet.

    That nobody is called makes no answer better. Should quality take the last word back, what was not measured
    meanwhile is a gap like any other.
    """
    return next((code for code in GIVEN_UP_CODES if code in reason_codes), None)
