"""What a certificate states of an item, read strictly: what could mean two things is refused, and never guessed."""

import re
from dataclasses import dataclass
from decimal import Decimal

from service.domain.answers.unit_spelling import same_unit


class UnreadableError(ValueError):
    """What is stated can be read in no one way; the message says what to write."""


#: Words that say that it is there, and that it is not.
PRESENT_WORDS = frozenset(
    {"present", "positive", "pos", "pos.", "+", "++", "+++", "detected", "yes", "expressed", "reactive", "growth"}
)
ABSENT_WORDS = frozenset(
    {
        "absent",
        "negative",
        "neg",
        "neg.",
        "not detected",
        "none detected",
        "undetected",
        "not present",
        "non-reactive",
        "nonreactive",
        "not reactive",
        "no growth",
    }
)

#: "n.d." may be "not determined" or "not detected": what may be no result is none.
_MISSING = frozenset(
    {
        *("", "-", "--", "---", ".", "...", "?", "/", "*", "x", "none", "null", "unknown", "blank", "see attached"),
        *("n.d.", "n.d", "nd", "n/d", "n/a", "na", "n.a.", "n.a", "n/t", "nt", "n.t.", "n/r", "nr", "n.r."),
        *("not applicable", "not available", "not determined", "not tested", "not done", "not performed"),
        *("not reported", "not stated", "pending", "tbd", "tba", "tbc", "to be determined", "to follow", "in progress"),
        *("result pending", "awaiting result", "awaiting results", "open"),
    }
)

#: They say what somebody thought of a result, and not what it was.
_JUDGEMENTS = frozenset(
    {
        *("pass", "passes", "passed", "fail", "fails", "failed", "ok", "okay", "conforms", "conform", "complies"),
        *("comply", "compliant", "meets", "meets specification", "within specification", "in specification"),
        *("satisfactory", "acceptable", "within limits"),
    }
)

#: They say that something was looked for, and not how much of it there may be.
_NO_FIGURE = frozenset(
    {
        *("bdl", "blq", "bql", "lod", "loq", "<lod", "< lod", "<loq", "< loq", "below detection limit", "trace"),
        *("below limit of detection", "below limit of quantification", "below quantification limit"),
    }
)

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_COMPARED = {"≤": "<=", "⩽": "<=", "≦": "<=", "=<": "<=", "≥": ">=", "⩾": ">=", "≧": ">=", "=>": ">="}

_PLAIN = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_NUMBER = rf"{_PLAIN}(?:[eE][+-]?[0-9]{{1,3}})?"
_EXPONENT = r"10\^\(?([+-]?[0-9]{1,3})\)?"
_TIMES_POWER = re.compile(rf"({_PLAIN})\s*[xX×*·]\s*{_EXPONENT}")
_POWER = re.compile(rf"(?<![0-9.^]){_EXPONENT}")
_RESULT = re.compile(
    rf"(?P<compared><=|>=|<|>)?\s*(?P<first>{_NUMBER})"
    rf"(?:\s*(?:-|to|\.\.|…)\s*(?P<second>{_NUMBER}))?\s*(?P<unit>[^0-9+\-.\s].*)?"
)
_COMMA = re.compile(r"[0-9]\s?,|,\s?[0-9]")
_SEPARATED = re.compile(r"[0-9](?:['’_ ][0-9]{3})+(?![0-9^])|[0-9]\.[0-9]{3}\.[0-9]{3}")


@dataclass(frozen=True, slots=True)
class Interval:
    """Every value that a result leaves open: one, or all between two ends.

    Attributes:
        low, high: None: without an end there.
        with_low, with_high: whether the end itself may be the value.
    """

    low: Decimal | None
    high: Decimal | None
    with_low: bool = True
    with_high: bool = True

    def lies_within(self, minimum: Decimal | None, maximum: Decimal | None) -> bool:
        """Whether each of its values is between these."""
        above = minimum is None or (self.low is not None and self.low >= minimum)
        return above and (maximum is None or (self.high is not None and self.high <= maximum))

    def lies_outside(self, minimum: Decimal | None, maximum: Decimal | None) -> bool:
        """Whether none of its values is between these."""
        below = (
            minimum is not None
            and self.high is not None
            and (self.high < minimum or (self.high == minimum and not self.with_high))
        )
        return below or (
            maximum is not None
            and self.low is not None
            and (self.low > maximum or (self.low == maximum and not self.with_low))
        )


def plain(stated: str) -> str:
    """A statement as it is compared with words: without case, and with single blanks."""
    return " ".join(stated.translate(_DASHES).split()).casefold()


def is_missing(stated: str) -> bool:
    """Whether what is stated says that there is no result, or may say so: ``"n.d."``, ``"pending"``, ``"-"``."""
    return plain(stated) in _MISSING


def why_no_result(stated: str, *, figure: bool) -> str | None:
    """Why what is stated is asked for again; None: it may be a result. `figure`: a number is wanted."""
    said = plain(stated)
    if not said:
        return "it is not stated"
    if said in {"n.d.", "n.d", "nd", "n/d"}:
        return f"{stated!r} may mean 'not determined' or 'not detected': the result itself is asked for"
    if said in _MISSING:
        return f"{stated!r} is no result"
    if said in _JUDGEMENTS:
        return f"{stated!r} is somebody's judgement: the result itself is asked for"
    if figure and said in _NO_FIGURE | PRESENT_WORDS | ABSENT_WORDS:
        return f"{stated!r} gives no figure: the number is asked for, or the limit of the method, such as '<0.05'"
    return None


def read_number(stated: str, unit: str | None, *, may_be_negative: bool = False) -> Interval:
    """What a number leaves open: ``0.05``, ``<0.05``, ``≥ 1e9``, ``1.2 × 10¹⁰ particles/mL``, ``1e9 - 2e9``.

    Args:
        unit: of the specification; a number without one is in it.
        may_be_negative: whether a value below nothing can be meant; else ``<0.05`` begins at 0.

    Raises:
        UnreadableError: it is no number, or could be two; or it has another unit.
    """
    text = _canonical(stated)
    if _COMMA.search(text) or _SEPARATED.search(text):
        raise UnreadableError(
            f"{stated!r} has a comma or a separator in it, which some read as thousands and some as decimals; "
            "write the number with a point for decimals and with nothing else, as 0.05 or 1200"
        )
    found = _RESULT.fullmatch(text)
    if found is None:
        raise UnreadableError(
            f"{stated!r} is no number; write one, or what it lies below, above or between: "
            "0.05, <0.05, >=1e9, 1.2e10 or 1e9 - 2e9"
        )
    _refuse_other_unit(stated, found["unit"], unit)
    interval = _interval(stated, found["compared"], found["first"], found["second"], may_be_negative=may_be_negative)
    lowest = interval.high if interval.low is None else interval.low
    if not may_be_negative and lowest is not None and lowest < 0:
        raise UnreadableError(f"{stated!r} is less than nothing, which it cannot be; check the sign")
    return interval


def _canonical(stated: str) -> str:
    text = " ".join(stated.translate(_DASHES).split())
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+", lambda found: "^" + found[0].translate(_SUPERSCRIPTS), text)
    for written, meant in _COMPARED.items():
        text = text.replace(written, meant)
    return _POWER.sub(r"1e\1", _TIMES_POWER.sub(r"\1e\2", text))


def _refuse_other_unit(stated: str, given: str | None, unit: str | None) -> None:
    if given is None or (unit is not None and same_unit(given, unit)):
        return
    if unit is None:
        raise UnreadableError(f"{stated!r} has a unit where none is asked for; write the bare number")
    raise UnreadableError(f"{stated!r} is in another unit than the specification's, {unit}; write the number in {unit}")


def _interval(stated: str, compared: str | None, first: str, second: str | None, *, may_be_negative: bool) -> Interval:
    low = Decimal(first)
    if second is not None:
        high = Decimal(second)
        if compared is not None:
            raise UnreadableError(f"{stated!r} compares a range; write the range alone, or one number")
        if high < low:
            raise UnreadableError(f"{stated!r} is a range that ends below its beginning; turn it round")
        return Interval(low, high)
    if compared is None:
        return Interval(low, low)
    if compared in {">", ">="}:
        return Interval(low, None, with_low=compared == ">=")
    nothing = None if may_be_negative else Decimal(0)
    if nothing is not None and low == nothing and compared == "<":
        raise UnreadableError(f"{stated!r} leaves no value open; write the number, or what it lies below")
    return Interval(nothing if low >= 0 else None, low, with_high=compared == "<=")
