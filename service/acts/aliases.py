"""What codes of other kinds than GS1's stand for: recorded by who looks after the thing, and struck with a reason."""

from datetime import date

from service.domain.identity.actor import Actor
from service.domain.scan.label import WrongCodeError
from service.errors import ConflictError, RefusedError
from service.formats.gs1 import gtin_alone, read_gs1, unmarked
from service.store.acting import acting
from service.store.pool import Connection
from service.store.scan import aliases as store
from service.store.scan.codes import product_of_gtin, things_called


def record_alias(
    connection: Connection, actor: Actor, code: str, thing: str, thing_id: str, today: date
) -> store.Alias:
    """Have a code stand for a lot, a container or a logger.

    Raises:
        RefusedError: it is a code of GS1, which says by itself what it stands for, or there is no such thing.
        ConflictError: it stands for something already, or is what another thing is called.
    """
    if _is_gs1(code, today):
        raise RefusedError(
            "code",
            "it is a code of GS1, which is found by the product's GTIN and the lot number in it; record these instead",
        )
    gtin = gtin_alone(code)
    if gtin is not None and product_of_gtin(connection, gtin) is not None:
        raise RefusedError(
            "code",
            "it is the number (GTIN) of a product, which all its lots bear; record what stands on this one alone",
        )
    with acting(connection, actor):
        others = [one for one in things_called(connection, {code, unmarked(code)}, None) if one.exact]
        if any((one.kind, one.id) != (thing, thing_id) for one in others):
            raise ConflictError(f"the code {code!r} stands for something already, or something is called so")
        return store.alias(connection, store.add_alias(connection, code, thing, thing_id))


def strike_alias(connection: Connection, actor: Actor, number: int, reason: str) -> store.Alias:
    """A code stands for nothing any more.

    Raises:
        NotFoundError: there is no such alias.
        ConflictError: it was struck already.
    """
    with acting(connection, actor, reason):
        known = store.locked_alias(connection, number)
        if known.struck_at is not None:
            raise ConflictError(f"alias {number} was struck already; leave it as it is")
        store.strike_alias(connection, number, reason)
        return store.alias(connection, number)


def _is_gs1(code: str, today: date) -> bool:
    try:
        return read_gs1(code, today) is not None
    except WrongCodeError:
        return True
