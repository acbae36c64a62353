"""Products of before there were papers, for tests of something else: temperature alone answers for their lots."""

from service.acts.products import add_product
from service.domain.answers.answer import Answered, answer
from service.domain.answers.papers import NO_PAPERS
from service.domain.verdicts.verdict import Judgement
from service.store.pool import Connection
from tests.acting import TESTER


def of_before(connection: Connection, product_id: str) -> None:
    """Have a product be one that was there before there were papers."""
    with connection.transaction():
        connection.execute("UPDATE products SET from_before = true WHERE id = %s", [product_id])
        connection.execute(
            "INSERT INTO adoptions (product_id, kind, stage, profile_id, profile_version, recorded_by) "
            "SELECT id, 'profile', 'storage', profile_id, profile_version, 'this migration' FROM products "
            "WHERE id = %s",
            [product_id],
        )


def add_product_of_before(connection: Connection, product_id: str, name: str, profile_id: str) -> None:
    """Register a product as if it had been there before there were papers."""
    add_product(connection, TESTER, product_id, name, profile_id)
    of_before(connection, product_id)


def by_temperature(judgement: Judgement) -> Answered:
    """The answer on a lot of which nothing but its temperature is asked."""
    return answer(judgement, NO_PAPERS, 0)
