"""Arrays as query parameters by the thousand: written at once, where psycopg would adapt each element for itself."""

from collections.abc import Iterable


def numbers(values: Iterable[float | None]) -> str:
    """Numbers as PostgreSQL reads an array of them: beside a cast, as in ``%s::bigint[]``."""
    return "{" + ",".join(["NULL" if value is None else repr(value) for value in values]) + "}"


def texts(values: Iterable[str]) -> str:
    """Likewise of texts, whatever is in them."""
    quoted = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"
