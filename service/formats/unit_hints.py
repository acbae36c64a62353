"""Units that are said where nobody can tell of which temperature: in another field, in an object beside, as a yes.

Most loggers say °C by saying nothing. A sign of another unit is not nothing: whoever sends it has to say it in a place
that is understood, and until then it is refused and not taken for °C.
"""

from collections.abc import Iterator
from typing import Any

from service.formats.reading import Rejection
from service.formats.temperature_names import name_in
from service.formats.units import (
    Unit,
    is_temperature_word,
    is_unit_field,
    is_unit_word,
    named,
    plain_letters,
    unit_of,
    words_of,
)
from service.formats.wording import shown

_LONGEST = 256
_DEEPEST = 4
#: How deep `{"temperature": {"value": 39.2, "unit": "F"}}` says its unit.
_OBJECT_OF_ONE = 2
#: `{"temperature_type": "K"}` names a thermocouple.
_OF_PROBES = {"type", "thermocouple", "probe"}


def refuse_unit_hints(fields: dict[str, Any]) -> None:
    """Refuse an object whose temperatures may be in another unit than °C, as a field of no known meaning hints.

    Raises:
        Rejection: ``unit_ambiguous``.
    """
    for name, value in _beside(fields):
        if unit := hinted_unit(name, value):
            raise Rejection(
                "unit_ambiguous",
                f"{shown(name)} hints at °{unit}, and nobody knows for which temperatures; say it in a field `unit` "
                "beside them, or in their names",
            )


def hinted_unit(name: str, value: object) -> Unit | None:
    """The unit other than °C that a field hints at without being one that says a unit; None: it hints at none."""
    if len(name) > _LONGEST:
        return None
    if isinstance(value, bool):  # `{"fahrenheit": true}`, `{"celsius": false}`
        said = named(name).units
        return "F" if ("F" in said if value else said == {"C"}) else None
    try:
        unit = unit_of(value) if isinstance(value, str) else None
    except Rejection:
        return None
    if unit in {None, "C"} or not isinstance(value, str):
        return None
    words = words_of(name)
    is_about = any(is_unit_word(word) or is_temperature_word(word) or word.startswith("degree") for word in words)
    if is_about:
        return None if unit == "K" and _OF_PROBES & set(words) else unit
    # A lone letter may be a grade or a channel, and Kelvin somebody's name.
    text = plain_letters(value)
    return "F" if unit == "F" and ("°" in text or "".join(words_of(text)) not in {"f", "imperial"}) else None


def _beside(fields: dict[str, Any], path: str = "", depth: int = 1) -> Iterator[tuple[str, object]]:
    """All that stands beside temperatures, fields that say their unit aside; objects with their own are not beside."""
    about = any(map(is_temperature_word, words_of(path[:_LONGEST])))
    for name, value in fields.items():
        whole = f"{path} {name}".strip()
        if isinstance(value, dict):
            if depth < _DEEPEST and (about or not (any(map(_is_temperature, value)) or name_in(value))):
                yield from _beside(value, whole, depth + 1)
        elif not (is_unit_field(name) and (not path or (about and depth == _OBJECT_OF_ONE))):
            yield whole, value


def _is_temperature(name: str) -> bool:
    return any(map(is_temperature_word, words_of(name[:_LONGEST]))) and not is_unit_field(name)
