"""Whether two units are the same one, however they are spelt: ``EU/ml`` and ``EU/mL``, ``particles/mL`` and
``particles mL⁻¹``. Case matters where it tells milli from mega: ``mIU`` and ``MIU`` are two."""

import re
import unicodedata

_SUPERSCRIPT_MINUS_ONE = re.compile("[⁻−–-][¹1]")
_PER = re.compile(r"\s*/\s*|\s+per\s+")
_INVERSE = re.compile(r"[\s·*.]*\b([^\W\d_]+)\^?-1\b")
_PERCENT = re.compile(r"\b(?:percent|per cent|pct)\b", re.IGNORECASE)
#: From so many letters on a word is no symbol: its plural is the same unit.
_WORD = 4


def same_unit(given: str, unit: str) -> bool:
    """Whether two spellings are of one unit."""
    return _canonical(given) == _canonical(unit)


def _canonical(unit: str) -> str:
    text = _PERCENT.sub("%", _SUPERSCRIPT_MINUS_ONE.sub("-1", unit))
    text = unicodedata.normalize("NFKC", text).replace("μ", "u").replace("µ", "u")
    parts = _PER.split(_INVERSE.sub(r"/\1", text).strip())
    return "/".join(" ".join(_word(word) for word in part.split()) for part in parts)


def _word(word: str) -> str:
    """Without case but for a leading m or M, and without a plural."""
    first, rest = word[0], word[1:].casefold()
    if len(word) > _WORD:
        return first.casefold() + (rest.removesuffix("s"))
    return (first if first in "mM" else first.casefold()) + rest
