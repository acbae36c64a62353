"""What there is already of all that it takes until a lot can be answered for."""

from dataclasses import dataclass

from service.domain.identity.caller import Sites
from service.store.pool import Connection
from service.store.rows import all_rows
from service.store.visible import LOTS_SEEN, visible, visible_at


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """How much there is of each, in use, as far as one may see it.

    Attributes:
        adopted: products of which quality has adopted how they are kept.
        heard: registered loggers that were ever heard.
        counting: probes that are attached and count.
        placed: lots that are in a container.
    """

    sites: int
    products: int
    adopted: int
    containers: int
    loggers: int
    heard: int
    attached: int
    counting: int
    lots: int
    placed: int


def first_steps(connection: Connection, seen_at: Sites = None) -> FirstSteps:
    """What there is."""
    lots = "split_up_at IS NULL" if seen_at is None else f"split_up_at IS NULL AND lots.id IN ({LOTS_SEEN})"
    here = visible("container", "container_id", seen_at)
    registered = (
        "FROM loggers WHERE registered_at IS NOT NULL AND retired_at IS NULL "
        f"AND {visible('logger', 'loggers.id', seen_at)}"
    )
    [found] = all_rows(
        connection,
        FirstSteps,
        f"""
        SELECT (SELECT count(*) FROM sites WHERE retired_at IS NULL
                AND {visible("site", "sites.id", seen_at)}) AS sites,
            (SELECT count(*) FROM products WHERE retired_at IS NULL) AS products,
            (SELECT count(*) FROM products WHERE retired_at IS NULL AND (from_before OR EXISTS (
                SELECT FROM adoptions LEFT JOIN changes_to_sign ON changes_to_sign.id = change_id
                WHERE product_id = products.id AND adoptions.kind = 'profile'
                AND (change_id IS NULL OR freed_at IS NOT NULL)))) AS adopted,
            (SELECT count(*) FROM containers WHERE retired_at IS NULL
                AND {visible("container", "containers.id", seen_at)}) AS containers,
            (SELECT count(*) {registered}) AS loggers,
            (SELECT count(*) {registered} AND first_seen_at IS NOT NULL) AS heard,
            (SELECT count(*) FROM attachments WHERE until_at IS NULL AND {here}) AS attached,
            (SELECT count(*) FROM attachments WHERE until_at IS NULL AND commissioned_at IS NOT NULL
                AND place <> 'ambient' AND {here}) AS counting,
            (SELECT count(*) FROM lots WHERE {lots}) AS lots,
            (SELECT count(*) FROM lots WHERE {lots} AND EXISTS (
                SELECT FROM placements WHERE lot_id = lots.id AND until_at IS NULL)) AS placed
        """,
        visible_at(seen_at),
    )
    return found
