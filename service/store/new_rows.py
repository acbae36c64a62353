"""New rows, and what it means that the database does not take one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg

from service.errors import ConflictError, RefusedError


@contextmanager
def new_row(
    what: str, identifier: str, *, overlaps: str = "", taken: Mapping[str, str] | None = None, **refers_to: str
) -> Iterator[None]:
    """Turn the database's refusals into ours.

    Args:
        overlaps: what to say where another row holds at the same time.
        taken: by the name of a unique index, what to say where another row has the same; else it is the id.
        refers_to: the columns, such as `site_id`, that name other rows.

    Raises:
        ConflictError: the id is taken, or another row holds at the same time.
        RefusedError: something referred to does not exist.
    """
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        exists = f"{what} {identifier!r} exists already; choose another id, or leave it as it is"
        raise ConflictError((taken or {}).get(error.diag.constraint_name or "", exists)) from error
    except psycopg.errors.ExclusionViolation as error:
        if not overlaps:
            raise
        raise ConflictError(overlaps) from error
    except psycopg.errors.ForeignKeyViolation as error:
        constraint = error.diag.constraint_name or ""
        for field, missing in refers_to.items():
            if constraint.endswith(f"_{field}_fkey"):
                thing = field.removesuffix("_id")
                raise RefusedError(field, f"there is no {thing} {missing!r}; register it first") from error
        raise
