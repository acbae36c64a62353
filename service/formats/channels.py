"""Several temperatures in columns beside each other: each is a probe, if their names say which."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.formats.units import Unit, is_temperature_word, is_unit_word, named, plain_letters, words_of

#: One channel written twice: these words tell no probes apart.
_SAME = {"raw", "corrected", "adjusted", "calibrated", "uncalibrated", "smoothed", "filtered", "high", "low", "res"}
_SAME |= {"old", "new", "original", "actual", "current", "last", "fahrenheit", "celsius", "kelvin"}
_UNITS = {"c", "f", "k"}
_LABEL = re.compile(r"\bLBL:\s*([^,()]+)", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_]+")
_BRACKETS = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")


@dataclass(frozen=True, slots=True)
class Channel:
    """A column of temperatures; `unit`: as its name says it."""

    place: int
    probe: str
    unit: Unit | None


def labels_of(names: Sequence[str]) -> list[str] | None:
    """What tells such columns apart: `Air` and `Shelf` of HOBO's `LBL:`, `1` and `2` of `Temperature 1 (°C)`.

    Returns:
        None: nothing does; they may be one channel in two units, or raw and corrected.
    """
    written = [found[1].strip() if (found := _LABEL.search(name)) else "" for name in names]
    in_units = all(named(name).units for name in names)
    labels = written if all(written) else _differing([_bare(name) for name in names], in_units=in_units)
    plain = [label.casefold() for label in labels or []]
    if labels is None or len(set(plain)) < len(plain):
        return None
    return labels


def _bare(name: str) -> list[str]:
    """The words of a name without its unit and what else brackets add."""
    text = plain_letters(name)
    text = _BRACKETS.sub(lambda found: " " if named(f"temperature {found[0]}").units else found[0], text)
    tokens = _TOKEN.findall(re.sub(r"°\s*[CFK]\b", " ", text))
    return [part for token in tokens for part in _parted(token)]


def _parted(token: str) -> list[str]:
    """`temp1` is channel 1; `CH1` is called so."""
    found = re.fullmatch(r"([^\W\d]+)([0-9]+)", token)
    return [found[1], found[2]] if found and is_temperature_word(found[1].lower()) else [token]


def _names_temperature(word: str) -> bool:
    return any(map(is_temperature_word, words_of(word)))


def _differing(names: Sequence[list[str]], *, in_units: bool) -> list[str] | None:
    """What is left of each without the words that all begin and end with.

    A temperature is among these, or `in_units`: each is one by its unit alone, as in `[°C] C1`.
    """
    shortest = min(map(len, names))
    begins = 0
    while begins < shortest and len({words[begins].casefold() for words in names}) == 1:
        begins += 1
    ends = 0
    while ends < shortest - begins and len({words[-1 - ends].casefold() for words in names}) == 1:
        ends += 1
    common = names[0][:begins] + names[0][len(names[0]) - ends :]
    rests = [words[begins : len(words) - ends] for words in names]
    if not all(rests):
        return None
    if not any(map(_names_temperature, common)) and (
        not in_units or any(_names_temperature(w) for r in rests for w in r)
    ):
        return None
    letters = {rest[0].casefold() for rest in rests if len(rest) == 1 and len(rest[0]) == 1 and rest[0].isalpha()}
    words = {word.casefold() for rest in rests for word in rest}
    if (letters and letters <= _UNITS) or words & _SAME or any(map(is_unit_word, words)):
        return None
    return [" ".join(rest) for rest in rests]
