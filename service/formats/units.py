"""Of which unit a temperature is: found in the name of a field or column, or in a unit's own text.

A unit counts as a whole word anywhere in a name, however it is spelt, cased or garbled: ``Temp, °F (LGR S/N: 7)``,
``temp_deg_F``, ``tempF``, ``temperatureFahrenheit``. A lone C, F or K is one right after the word for a temperature or
alone in brackets; elsewhere it may name a channel (``Probe C``), and whoever sent it has to say. In ``Type K`` it names
a thermocouple.
"""

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from service.formats.reading import Rejection

Unit = Literal["C", "F", "K"]

_LETTERS: dict[str, Unit] = {"c": "C", "f": "F", "k": "K"}
_SPELT: dict[str, Unit] = {
    **dict.fromkeys(("celsius", "celcius", "centigrade", "cel"), "C"),
    **dict.fromkeys(("fahrenheit", "farenheit", "fahrenheits", "fahren", "fahr", "fah"), "F"),
    **dict.fromkeys(("kelvin", "kelvins"), "K"),
}
_DEGREES = ("degrees", "degree", "degs", "deg", "grados", "gradi", "graus", "grad", "degre", "degres")
_JOINED: dict[str, Unit] = _SPELT | {degree + word: unit for degree in _DEGREES for word, unit in _LETTERS.items()}
_JOINED |= {degree + word: unit for degree in _DEGREES for word, unit in _SPELT.items()}
#: The word for it, in the languages of those who export tables; without accents.
_TEMPERATURES = (
    "temperature", "temperatura", "temperatur", "temperatuur", "temp", "tmp", "teplota", "lampotila", "homerseklet",
    "sıcaklık", "suhu", "θερμοκρασια", "температура", "温度", "溫度", "気温", "온도",
)  # fmt: skip
#: Systems that a device's settings name in place of a unit.
_SYSTEMS: dict[str, Unit] = {"metric": "C", "imperial": "F"}
#: Words of a field or column that names the unit of others; of one that names a temperature's, the rest is which.
_UNIT_FIELD = {
    "unit",
    "units",
    "uom",
    "scale",
    "tempunit",
    "tempunits",
    "temperatureunit",
    "temperatureunits",
    "einheit",
}
_OF_MEASUREMENT = {"of", "measurement", "measure", "system"}
#: Between the word for a temperature and its unit they change nothing: `temp in F`, `temperature_value_c`.
_SAYS_NOTHING = {"in", "value", "reading"}

# A degree sign, and what other encodings make of it. Longest first: the one often hides in the other.
_GARBLED = {
    "Ã‚Â°": "°", "ï¿½": "°", "â„ƒ": "°C", "â„‰": "°F", "â\x84\x83": "°C", "â\x84\x89": "°F", "Â°": "°", "Âº": "°",
    "¬∞": "°", "¬°": "°", "¡ã": "°", "¡æ": "°C", "¨H": "°F", "º": "°", "˚": "°", "∘": "°", "ᵒ": "°", "⁰": "°",
    "\ufffd": "°", "øC": "°C", "øF": "°F", "øK": "°K", "ÂºC": "°C", "°С": "°C",
}  # fmt: skip
_SIGN = re.compile(r"(?<![A-Za-z0-9])[?*^'`´]\s*(?=[CFK](?![A-Za-z]))|(?<![A-Za-z])o(?=[CFK](?![A-Za-z]))")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^\W\d_]+")
_UNIT_WORD = re.compile(r"[ _-]?(?:units?|uom|scale)(?![a-z])", re.IGNORECASE)
_KEPT = 1 << 12
_LONGEST_NAME = 256
_LONGEST_UNIT = 40


class Named(NamedTuple):
    """What a name says of its unit.

    Attributes:
        units: those it states.
        lettered: those a lone letter states where a unit stands, unless it counts channels.
        letters: lone letters elsewhere, each of which may be a unit or name a channel.
    """

    units: frozenset[Unit]
    lettered: frozenset[Unit]
    letters: frozenset[Unit]


_UNSURE = Named(frozenset(), frozenset(), frozenset({"C"}))


def plain_letters(text: str) -> str:
    """A text with its signs as they were meant, its letters without accents: `Â°F`, `&deg;F` and `℉` are `°F`."""
    text = html.unescape(text)
    for garbled, meant in _GARBLED.items():
        text = text.replace(garbled, meant)
    parted = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))
    bare = "".join(letter for letter in parted if not unicodedata.combining(letter))
    return _SIGN.sub("°", unicodedata.normalize("NFC", bare))


def words_of(text: str) -> tuple[str, ...]:
    """The words of a name in small letters, parted at signs, underscores, digits and humps."""
    return _words_of(text) if len(text) <= _LONGEST_NAME else _words_of.__wrapped__(text)


@lru_cache(maxsize=_KEPT)
def _words_of(text: str) -> tuple[str, ...]:
    return tuple(word[0].lower() for word in _WORD.finditer(plain_letters(text)))


def is_temperature_word(word: str) -> bool:
    """Whether a word is one for a temperature, with a unit joined to it (`tempf`) or without."""
    return _joined_to_temperature(word) is not None


def is_unit_word(word: str) -> bool:
    """Whether a word of a name is one for a unit of measurement."""
    return word in _UNIT_FIELD


def is_unit_alone(name: str) -> bool:
    """Whether a name says a unit and nothing else: `°F`, `Celsius(°C)`."""
    words = words_of(name)
    return bool(named(name).units) and all(word in _JOINED or word in _LETTERS or word in _DEGREES for word in words)


def _joined_to_temperature(word: str) -> str | None:
    for temperature in _TEMPERATURES:
        rest = word.removeprefix(temperature)
        if rest != word and (not rest or rest in _JOINED or rest in _LETTERS):
            return rest
    return None


def named(name: str) -> Named:
    """The units a name states, and the lone letters that may be others; of one too long to be one, nothing is sure."""
    return _named(name) if len(name) <= _LONGEST_NAME else _UNSURE


@lru_cache(maxsize=_KEPT)
def _named(name: str) -> Named:
    text = plain_letters(name)
    words = list(_WORD.finditer(text))
    plain = [word[0].lower() for word in words]
    about_temperature = any(map(is_temperature_word, plain))
    units: set[Unit] = set()
    lettered: set[Unit] = set()
    letters: set[Unit] = set()
    kind: set[Unit] | None = None  # of the word before: `C/F` are two units if C is one
    for at, word in enumerate(plain):
        joined = _joined_to_temperature(word) or word
        before, after = text[: words[at].start()].rstrip(), text[words[at].end() :].lstrip()
        bracketed = about_temperature and before.endswith(("(", "[", "{")) and after.startswith((")", "]", "}"))
        marked = bracketed or before.endswith("°") or (at > 0 and plain[at - 1] in _DEGREES)
        if joined in _JOINED:
            kind, unit = units, _JOINED[joined]
        elif joined not in _LETTERS or (not marked and _is_thermocouple(plain, at)):
            kind = None
            continue
        else:
            unit = _LETTERS[joined]
            if marked:
                kind = units
            elif joined != word or _follows_temperature(plain, at):
                kind = lettered
            elif kind is None or text[words[at].end() :][:1].isdigit():  # `[°F] C1` is channel C1
                kind = letters
        kind.add(unit)
    return Named(frozenset(units), frozenset(lettered), frozenset(letters))


def _is_thermocouple(plain: list[str], at: int) -> bool:
    beside = set(plain[max(0, at - 1) : at] + plain[at + 1 : at + 2])
    of_type = beside & {"type", "typ", "tipo"}
    return bool(of_type) or (plain[at] == "k" and bool(beside & {"thermocouple", "thermocouples", "tc"}))


def _follows_temperature(plain: list[str], at: int) -> bool:
    while at > 0 and plain[at - 1] in _SAYS_NOTHING:
        at -= 1
    return at > 0 and is_temperature_word(plain[at - 1])


def unit_in_name(name: str, *, is_channel: bool = False, stated: Unit | None = None) -> Unit | None:
    """The unit of a temperature of this name; None: nothing is said.

    Args:
        is_channel: its lone letter counts channels (`channels_in`).
        stated: what else says the unit; a lone letter that may be none is none then.

    Raises:
        Rejection: ``unit_contradicted``, or ``unit_ambiguous`` where a lone letter may be the unit or a channel.
    """
    found = named(name)
    units = found.units | (frozenset() if is_channel else found.lettered) | ({stated} if stated else frozenset())
    if len(units) > 1:
        both = " and ".join(f"°{unit}" for unit in sorted(units))
        raise Rejection(
            "unit_contradicted", f"the unit of {name[:60]!r} is stated as {both}; state one, and the right one"
        )
    if not units and (found.lettered or found.letters):
        raise Rejection(
            "unit_ambiguous",
            f"the letter in {name[:60]!r} may be a unit or name a channel; state the unit beside it, or write it out, "
            "as °C, degF or kelvin",
        )
    return next(iter(units), None)


def channels_in(names: Iterable[str]) -> frozenset[str]:
    """Names of a row that differ in one letter, some of which are no unit's: `Temp C` beside `Temp A` and `Temp B`."""
    given = tuple(name for name in names if len(name) <= _LONGEST_NAME)
    return _channels_in(given) if sum(map(len, given)) <= _LONGEST_NAME else _channels_in.__wrapped__(given)


@lru_cache(maxsize=_KEPT)
def _channels_in(names: tuple[str, ...]) -> frozenset[str]:
    rows: dict[str, dict[str, str]] = {}
    for name in names:
        text = plain_letters(name)
        for word in _WORD.finditer(text):
            if len(word[0]) == 1 and word[0].isalpha() and not text[: word.start()].rstrip().endswith("°"):
                rows.setdefault(f"{text[: word.start()]}\0{text[word.end() :]}", {})[name] = word[0].lower()
    return frozenset(name for row in rows.values() if not _LETTERS.keys() >= set(row.values()) for name in row)


def is_unit_field(name: str) -> bool:
    """Whether a field of this name says the unit of a temperature: `unit`, `temperature_unit`, `temp_unit_top`."""
    return len(name) <= _LONGEST_NAME and _is_unit_field(name)


@lru_cache(maxsize=_KEPT)
def _is_unit_field(name: str) -> bool:
    words = set(words_of(name))
    rest = words - _UNIT_FIELD - _OF_MEASUREMENT
    return bool(words & _UNIT_FIELD) and (words != {"scale"}) and (not rest or any(map(is_temperature_word, rest)))


def without_unit_word(name: str) -> str:
    """The name of the field whose unit a field of this name says."""
    return _UNIT_WORD.sub("", name)


def unit_of(sent: object) -> Unit | None:
    """The unit a text such as ``°F``, ``degrees Celsius`` or ``K`` names; None where nothing is said.

    Raises:
        Rejection: ``unit_unknown``.
    """
    if sent is None or (isinstance(sent, str) and not sent.strip()):
        return None
    found = _unit(sent) if isinstance(sent, str) and len(sent) <= _LONGEST_UNIT else None
    if found is None:
        raise Rejection("unit_unknown", f"the unit is {str(sent)[:40]!r}; expected °C, °F or K")
    return found


@lru_cache(maxsize=_KEPT)
def _unit(text: str) -> Unit | None:
    plain = [word for word in words_of(text) if word not in _DEGREES]
    found = {_JOINED.get(word) or _LETTERS.get(word) or _SYSTEMS.get(word) for word in plain}
    return found.pop() if len(found) == 1 else None


def unit_written(text: str) -> Unit | None:
    """The unit that is written behind a number, as ``°F`` or ``Kelvin``; None: there is none, or not only that."""
    return _unit(text) if 0 < len(text) <= _LONGEST_UNIT and text.lower() not in _SYSTEMS else None


def one_unit(*said: Unit | None) -> Unit | None:
    """The one unit that several places state; None: none of them does.

    Raises:
        Rejection: ``unit_contradicted``.
    """
    units = {unit for unit in said if unit}
    if len(units) > 1:
        both = " and ".join(f"°{unit}" for unit in sorted(units))
        raise Rejection("unit_contradicted", f"the unit is stated as {both}; state one, and the right one")
    return units.pop() if units else None
