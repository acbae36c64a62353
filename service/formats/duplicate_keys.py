"""A JSON object with the same key twice says two things, and decoders silently take one of them."""

import json
from collections import Counter
from typing import Any

import msgspec

from service.formats.reading import Rejection
from service.formats.wording import shown

#: What msgspec raises of bytes it cannot read.
UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def refuse_duplicate_keys(text: bytes | msgspec.Raw, *, outermost: bool = False) -> None:
    """Refuse a JSON text in which an object has the same key twice, at any depth; what is no JSON is left to others.

    Args:
        outermost: look at the outermost object only.

    Raises:
        Rejection: ``duplicate_key``.
    """
    try:
        value = msgspec.json.decode(text)
    except UNDECODABLE:
        return
    # Every text in it, keys included, has two quotes: a key that was dropped, or a quote in a text, leaves some over.
    if bytes(text).count(b'"') == 2 * _texts(value):
        return
    key = _duplicate(bytes(text), outermost=outermost)
    if key is not None:
        raise Rejection(
            "duplicate_key",
            f"an object has the key {shown(key)} twice, and nobody can tell which one is meant; send each key once",
        )


def _texts(value: Any) -> int:
    """How many keys and texts there are in a JSON value."""
    count, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            count += 1
        elif isinstance(one, dict):
            count += len(one)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return count


def _duplicate(text: bytes, *, outermost: bool) -> str | None:
    """The first key found twice in one object."""
    found: list[str | None] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        keys = [key for key, _ in pairs]
        counts = Counter(keys)
        found.append(next((key for key in keys if counts[key] > 1), None))

    try:
        # A whole number of any length is no matter here, and may be too long for an int.
        json.loads(text, object_pairs_hook=look, parse_int=float)
    except RecursionError as error:
        raise Rejection("not_json", "not valid JSON (nested too deeply)") from error
    # The innermost objects come first, the outermost last.
    return next((key for key in (found[-1:] if outermost else found) if key is not None), None)
