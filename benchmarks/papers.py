"""Papers of the lots that benchmarks measure, recorded and signed in a few statements.

Without them no lot may be used, and what is measured is easier than what people ask.
"""

import json
from dataclasses import asdict

from benchmarks.acting import BENCHMARK
from service.acts.adoptions import adopt
from service.acts.products import add_product
from service.domain.answers.papers import JudgedItem, Outcome
from service.domain.identity.actor import Actor
from service.store.acting import acting
from service.store.identity.accounts import add_account
from service.store.pool import Connection
from service.store.registry.adoptions import Adoption
from service.store.registry.specifications import specification_named

#: Two of quality, neither of whom records anything.
_SIGNERS = (
    Actor("account:quality-1", "Q. One", "password and code"),
    Actor("account:quality-2", "Q. Two", "password and code"),
)
#: The one that comes with the software.
_SPECIFICATION = ("exosomes", 1)

#: What is recorded of each lot that has no papers yet.
_CERTIFICATES = """
    WITH change AS (
        INSERT INTO changes_to_sign (kind, row_id, author, recorded_by, recorded_at, content, content_sha256)
        SELECT 'certificate', id, 'account:benchmark', 'a benchmark', now(), '{}', sha256('{}')
        FROM lots WHERE NOT EXISTS (SELECT FROM certificates WHERE lot_id = lots.id) RETURNING id, row_id
    ), reach AS (INSERT INTO change_reaches (change_id, lot_id) SELECT id, row_id FROM change)
    INSERT INTO certificates (lot_id, version, specification_id, specification_version, issued_on, signatory, items,
        judged, change_id)
    SELECT row_id, 1, %(specification)s, %(version)s, '2016-01-01', 'Q. A. Maker', %(stated)s, %(judged)s, id
    FROM change"""
_RELEASES = """
    WITH change AS (
        INSERT INTO changes_to_sign (kind, row_id, author, recorded_by, recorded_at, content, content_sha256,
            signatures_needed)
        SELECT 'disposition', id, 'account:benchmark', 'a benchmark', now(), '{}', sha256('{}'), 2
        FROM lots WHERE NOT EXISTS (SELECT FROM dispositions WHERE lot_id = lots.id) RETURNING id, row_id
    ), reach AS (INSERT INTO change_reaches (change_id, lot_id) SELECT id, row_id FROM change)
    INSERT INTO dispositions (lot_id, decision, reason, status, change_id)
    SELECT row_id, 'released', 'its papers are there', '{}', id FROM change"""
_SIGNED = """
    INSERT INTO signatures (record_kind, record_id, content, content_sha256, meaning, account_id, printed_name,
        known_by, time_zone)
    SELECT 'change', changes_to_sign.id::text, content, content_sha256, 'approved', accounts.id, accounts.name,
        'password and code', 'UTC'
    FROM changes_to_sign JOIN accounts ON login = ANY(('{quality-1,quality-2}'::text[])[:signatures_needed])
    WHERE freed_at IS NULL"""
_FREED = """
    UPDATE changes_to_sign SET freed_at = now(), freed_by = signature.id
    FROM (SELECT record_id, max(id) AS id FROM signatures GROUP BY record_id) AS signature
    WHERE record_id = changes_to_sign.id::text AND freed_at IS NULL"""


def add_product_with_papers(connection: Connection, profile_id: str) -> None:
    """The product "product": limits and a specification are adopted, and two sign each release."""
    add_product(connection, BENCHMARK, "product", "A product", profile_id)
    with acting(connection, BENCHMARK):
        adopt(connection, Adoption("product", specification=_SPECIFICATION))
        adopt(connection, Adoption("product", release_signatures=2))
        for signer in _SIGNERS:
            add_account(connection, signer.id.removeprefix("account:"), signer.name, is_demo=False)
    _sign_all(connection)


def add_papers(connection: Connection) -> None:
    """Certificates and releases, signed, of all lots that have none yet."""
    items = specification_named(connection, *_SPECIFICATION).items
    judged = [JudgedItem(item.name, item.label, Outcome.PASS, "stated", "It is as asked for.") for item in items]
    stated = {
        "specification": _SPECIFICATION[0],
        "version": _SPECIFICATION[1],
        "stated": json.dumps({item.name: "stated" for item in items}),
        "judged": json.dumps([asdict(item) for item in judged]),
    }
    with acting(connection, BENCHMARK):
        connection.execute(_CERTIFICATES, stated)
        connection.execute(_RELEASES)
    _sign_all(connection)


def _sign_all(connection: Connection) -> None:
    with acting(connection, _SIGNERS[0]):
        connection.execute(_SIGNED)
        connection.execute(_FREED)


def refuse_other_than_usable(connection: Connection, lost: int = 0) -> None:
    """All lots but so many may be used, as their answers are stored, or the run fails: it measures something else."""
    others = connection.execute("SELECT FROM lot_states WHERE answer <> 'usable'").rowcount
    assert others == lost, f"{others} lots are not usable, and {lost} should not be"
