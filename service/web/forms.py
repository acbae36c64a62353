"""Forms of pages: what was typed, and what is wrong with it, told beside each field so that nothing is typed twice."""

import unicodedata
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Request
from pydantic import AfterValidator
from starlette.datastructures import FormData

from service.errors import RefusedError, UnbrokenError

#: As long as one line may be.
A_LINE = 200
#: What is asked where minutes are no number.
MINUTES = "type minutes, 0 or more, with a point before decimals"

#: More than three hundred years.
_MOST_S = 1e10

#: As long as a reason may be.
A_REASON = 500


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    Attributes:
        value: what stands in it.
        hint: what is asked for; problem: what is wrong with what was typed, and what to type instead.
        choices: of a list, what can be chosen.
        key: of the field on its page, where its name is not the only one there.
        group: what it is a part of, with those beside it; empty: it stands alone.
    """

    name: str
    label: str
    value: str = ""
    hint: str = ""
    problem: str = ""
    kind: Literal["text", "date", "datetime-local", "number", "choice", "lines", "hidden", "scan"] = "text"
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = True
    key: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Problems:
    """What is wrong with a form: by the name of a field, and what belongs to none."""

    of_fields: Mapping[str, str]
    of_all: str = ""

    def __getitem__(self, name: str) -> str:
        """Of a field; empty: nothing is."""
        return self.of_fields.get(name, "")


NO_PROBLEMS = Problems({})


def problems(error: UnbrokenError, fields: Mapping[str, str]) -> Problems:
    """What an act says that is wrong. `fields`: those of the form, by the names that the act has for them."""
    if not isinstance(error, RefusedError):
        return Problems({}, sentence(str(error)))
    wrong = {error.field: str(error), **dict(error.others)}
    beside = {fields[field]: sentence(why) for field, why in wrong.items() if field in fields}
    others = [sentence(why) for field, why in wrong.items() if field not in fields]
    return Problems(beside, " ".join(others))


def sentence(why: str) -> str:
    """What an error says, as a sentence."""
    return f"{why[:1].upper()}{why[1:].rstrip('.')}."


def typed(form: FormData, name: str, most: int = A_LINE) -> str:
    """What was typed into a field, in one line, without what no keyboard types; empty: nothing."""
    text = form.get(name)
    return in_one_line(text, most) if isinstance(text, str) else ""


def in_one_line(text: str, most: int = A_LINE) -> str:
    """A text without what no keyboard types, and no longer than that."""
    kept = "".join(" " if unicodedata.category(letter) in {"Cc", "Cs"} else letter for letter in text)
    return " ".join(kept.split())[:most].strip()


def seconds_of(minutes: str) -> float | None:
    """Minutes as they were typed, in seconds; None: that is no number of minutes."""
    try:
        found = float(minutes) * 60
    except ValueError:
        return None
    return found if 0 <= found < _MOST_S else None


async def _form(request: Request) -> AsyncIterator[FormData]:
    async with request.form() as form:
        yield form


#: The id of a lot in an address; with a NUL in it, which the database takes in no text, it is that of none.
LotId = Annotated[str, AfterValidator(lambda lot_id: lot_id.replace("\0", "\N{REPLACEMENT CHARACTER}"))]

#: All that was sent by a form whose fields are not known beforehand.
TheForm = Annotated[FormData, Depends(_form)]
