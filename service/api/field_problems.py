"""What is wrong with the fields of a request, in words for whoever sent it."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import Request
from pydantic import AliasChoices, BaseModel

#: By Pydantic's kind of error, whose own words speak of Python; figures come with the error.
_WORDS = {
    "missing": "it is missing",
    "json_invalid": "it is no valid JSON",
    "model_attributes_type": "give a JSON object",
    "model_type": "give a JSON object",
    "dict_type": "give a JSON object",
    "list_type": "give a list",
    "too_short": "give at least {min_length}",
    "too_long": "give at most {max_length}",
    "string_type": "give text",
    "string_too_short": "it is empty",
    "string_too_long": "give at most {max_length} characters",
    "string_unicode": "it is no valid Unicode text",
    "int_type": "give a whole number",
    "int_parsing": "give a whole number",
    "int_from_float": "give a whole number",
    "int_parsing_size": "give a smaller number",
    "float_type": "give a number",
    "float_parsing": "give a number",
    "finite_number": "give a finite number",
    "greater_than_equal": "give at least {ge}",
    "greater_than": "give more than {gt}",
    "less_than_equal": "give at most {le}",
    "less_than": "give less than {lt}",
    "bool_type": "give true or false",
    "bool_parsing": "give true or false",
    "enum": "give {expected}",
    "literal_error": "give {expected}",
}

#: Fields that were there before, and what to do instead: nobody writes a name that somebody types.
_NO_LONGER = {
    "recorded_by": "who records it is who you are logged in as, or whose key you send; leave it out",
    "by": "who records it is who you are logged in as, or whose key you send; leave it out",
    "note": "say why in `reason`; who did it is who you are logged in as, or whose key you send",
}
_OTHERWISE = "it cannot be taken; /docs says what is expected"

_LONGEST_GIVEN = 80

#: Fields of which nothing is repeated.
_SECRET = frozenset({"password", "code"})


def field_problems(request: Request, errors: Sequence[Any]) -> list[dict[str, str]]:
    """Each error of Pydantic's as the name of the field, the problem, and what was given."""
    return [field_problem(error, partial(_fields_of_body, request)) for error in errors]


def field_problem(error: Mapping[str, Any], known_fields: Callable[[], list[str]] = list) -> dict[str, str]:
    """One error of Pydantic's; `known_fields`: those that there are, for one that there is not."""
    kind = error["type"]
    # The first part of a place says whether it is the body, the path or the query; that of broken JSON is an offset.
    named = [] if kind == "json_invalid" else [str(part) for part in error["loc"][1:]]
    found = {"field": ".".join(named) or str(error["loc"][0]), "problem": _problem(error, known_fields)}
    if kind not in {"missing", "json_invalid"} and not _SECRET.intersection(named):
        found["given"] = _shortly(error.get("input"))
    return found


def _problem(error: Mapping[str, Any], known_fields: Callable[[], list[str]]) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "extra_forbidden":
        if error["loc"][-1] in _NO_LONGER:
            return _NO_LONGER[error["loc"][-1]]
        known = known_fields() if len(error["loc"]) == 2 else []
        return f"there is no such field; {'there are ' + ', '.join(known) if known else '/docs lists those there are'}"
    kind = error["type"]
    if kind in {"too_short", "too_long"} and isinstance(error["input"], str):
        kind = f"string_{kind}"
    return _WORDS.get(kind, _OTHERWISE).format_map(error.get("ctx", {}))


def _fields_of_body(request: Request) -> list[str]:
    body = request.scope["route"].body_field
    model = None if body is None else body.field_info.annotation
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        return []
    names = {name: field.validation_alias or name for name, field in model.model_fields.items()}
    return sorted(str(name.choices[0]) if isinstance(name, AliasChoices) else str(name) for name in names.values())


def _shortly(given: object) -> str:
    shown = given.decode(errors="replace") if isinstance(given, bytes) else json.dumps(given, default=str)
    return shown if len(shown) <= _LONGEST_GIVEN else f"{shown[:_LONGEST_GIVEN]}…"
