"""New rows of what there is, and what it means that one is there already."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from service.errors import ConflictError, RefusedError

Row = dict[str, Any]


@contextmanager
def new_row(what: str, identifier: str, **refers_to: str) -> Iterator[None]:
    """Turn the database's refusals into ours. `refers_to`: the columns, such as `site_id`, that name other rows.

    Raises:
        ConflictError: the id is taken.
        RefusedError: something referred to does not exist.
    """
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        raise ConflictError(f"{what} {identifier!r} exists already; choose another id, or leave it as it is") from error
    except psycopg.errors.ForeignKeyViolation as error:
        constraint = error.diag.constraint_name or ""
        for field, missing in refers_to.items():
            if constraint.endswith(f"_{field}_fkey"):
                thing = field.removesuffix("_id")
                raise RefusedError(field, f"there is no {thing} {missing!r}; POST /v1/{thing}s registers it") from error
        raise
