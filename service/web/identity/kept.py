"""What was typed on a page whose login ran out: it is kept through the next login, in the pages themselves."""

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import FormData

#: Fields that are typed again: what proves who somebody is stands on no page.
_SECRET = ("password", "code")
_PIN = "pin"

_MOST_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. `secret`: it was not kept, and has to be typed again."""

    name: str
    value: str
    secret: bool

    @property
    def label(self) -> str:
        """Its name as people read it."""
        return self.name.replace("_", " ").capitalize()


def written(form: FormData) -> str:
    """The fields of a form that was sent, without what is secret; empty: they are too long to be kept."""
    fields = [(name, "" if _is_secret(name) else value) for name, value in form.multi_items() if isinstance(value, str)]
    text = json.dumps(fields)
    return text if fields and len(text) <= _MOST_BYTES else ""


def read(text: str) -> list[Field]:
    """The fields, as a page may show them; none where this is no such text."""
    try:
        found = json.loads(text[: _MOST_BYTES + 1])
        return [Field(str(name), str(value), _is_secret(str(name))) for name, value in found]
    except (ValueError, TypeError):
        return []


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET) or _PIN in name.lower().split("_")


def own_path(address: str) -> str:
    """The address if it is one of ours, else that of the first page: nobody is led elsewhere by logging in."""
    parts = urlsplit(address.replace("\\", "/")) if address.isprintable() else urlsplit("")
    good = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return address if good and len(address) < 2_000 else "/"
