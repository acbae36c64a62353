"""Signatures: who signs, by what, what it is bound to, and what comes of it."""

from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pyotp
import pytest

from service.acts import accounts as acts
from service.acts.corrections import correct
from service.acts.own_account import confirm_app, offered_secret
from service.acts.signatures import ToSign, sign
from service.acts.sites import change_site
from service.answers.signatures import shown_signatures
from service.domain.identity.accounts import Account
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Caller, Grant, Role
from service.domain.identity.lockout import FREE_TRIES
from service.domain.identity.signing import Given, Signable, Signature
from service.domain.softening import Kind, Rule
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, NotFoundError, RefusedError
from service.settings import Settings
from service.store.acting import acting
from service.store.changes import ChangeToSign, change, free, note_change
from service.store.identity.signatures import signatures, signatures_of
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.sites import add_site
from service.store.site_rules import add_site_rule
from tests.acting import CHEAP, TESTER
from tests.cold_store import all_of, refusal
from tests.keyed import KEY
from tests.scenario import Scenario, course
from tests.signing import signature

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")

PASSWORD = "correct horse battery staple"  # noqa: S105  of accounts that live as long as a test


def quality(connection: Connection, login: str = "ana", *, is_demo: bool = True) -> Account:
    """Somebody of quality; of the demo, where nobody needs an app for codes."""
    new = acts.NewAccount(login, f"The {login.title()}", is_demo=is_demo)
    return acts.add_account(connection, TESTER, new, PASSWORD, [Grant(Role.QUALITY, None)], CHEAP)


def calling(connection: Connection, account: Account, *, session: bool = True) -> Caller:
    """They call, from a session of theirs or by a key."""
    session_id = None
    if session:
        row = connection.execute(
            "INSERT INTO sessions (sha256, account_id, known_by, waits_for_code, browser, made_at, active_at, ends_at) "
            "VALUES (%s, %s, 'password', false, '', %s, %s, %s) RETURNING id",
            [account.login.encode(), account.id, NOW, NOW, NOW + timedelta(hours=8)],
        ).fetchone()
        assert row is not None
        session_id = row["id"]
    actor = Actor(f"account:{account.id}", account.name, "password")
    return Caller(actor, (Grant(Role.QUALITY, None),), account_id=account.id, session_id=session_id)


def waiting(
    connection: Connection, author: Actor = TESTER, row_id: str = "c1", kind: Kind = Kind.CALIBRATION
) -> ToSign:
    """A change that waits, as its signer is shown it."""
    with acting(connection, author, "certificate SCS 1"):
        change_id = note_change(connection, kind, row_id, {}, [Touched(lot_id="lot")], Cause.CALIBRATION, "site")
    return shown(change(connection, change_id))


def shown(one: ChangeToSign) -> ToSign:
    return ToSign(Signable.CHANGE, str(one.id), one.content_sha256)


def signed(
    connection: Connection,
    caller: Caller,
    *records: ToSign,
    login: str = "ana",
    password: str = PASSWORD,
    code: str = "",
) -> list[Signature]:
    return sign(connection, caller, records, Given(login, password, code), CHEAP, NOW, Settings())


def why_not(connection: Connection, one: Signature) -> str | None:
    return shown_signatures(connection, [one])[0].why_not


@pytest.fixture
def store(connection: Connection) -> Scenario:
    """A cold freezer with a lot, which a change holds back."""
    scenario = Scenario(connection)
    scenario.container("freezer", loggers=("logger",))
    scenario.store(course("logger", [-80] * 25))
    scenario.lot("lot", "freezer")
    scenario.evaluate(120)
    return scenario


def test_a_signature_frees_the_lots_and_is_printed_whole(store: Scenario, connection: Connection) -> None:
    """Name, time by two clocks, and meaning: what 21 CFR 11.50 asks for, and the lots of the change are free."""
    record = waiting(connection)
    assert store.judged("lot", 120).answered.answer == "not_proven"
    [one] = signed(connection, calling(connection, quality(connection)), record)
    assert store.judged("lot", 120).answered.answer == "usable"
    [printed] = shown_signatures(connection, signatures_of(connection, Signable.CHANGE, [record.id]))
    assert printed.text.startswith("Signed by The Ana (password) on ")
    assert " UTC (" in printed.text
    assert printed.text.endswith("approve it.")
    assert printed.why_not is None
    assert one.content_sha256 == record.sha256
    assert change(connection, int(record.id)).freed_by == one.id


def test_the_first_signature_of_a_session_asks_for_both_parts_later_ones_for_one(connection: Connection) -> None:
    """21 CFR 11.200: a browser left open signs nothing, and a series of signings is no ordeal."""
    caller = calling(connection, quality(connection))
    first, second = waiting(connection), waiting(connection, row_id="c2")
    with pytest.raises(RefusedError, match="login name"):
        signed(connection, caller, first, login="")
    signed(connection, caller, first)
    with pytest.raises(RefusedError, match="password, each time"):
        signed(connection, caller, second, login="", password="")
    signed(connection, caller, second, login="")


def test_who_has_no_app_for_codes_signs_nothing(connection: Connection) -> None:
    """In a browser quality needs a code to be quality; a key is no way round it."""
    caller = calling(connection, quality(connection, is_demo=False), session=False)
    with pytest.raises(RefusedError, match="set up an app"):
        signed(connection, caller, waiting(connection))


def test_with_a_key_both_parts_are_asked_for_each_time(connection: Connection) -> None:
    """A key in a script signs nothing by itself."""
    caller = calling(connection, quality(connection), session=False)
    signed(connection, caller, waiting(connection))
    with pytest.raises(RefusedError, match="login name"):
        signed(connection, caller, waiting(connection, row_id="c2"), login="")


def test_where_the_account_has_codes_the_first_signature_takes_one(connection: Connection) -> None:
    """Each code is good once: neither none, nor a wrong one, nor one used before signs."""
    account = quality(connection)
    app = pyotp.TOTP(offered_secret(connection, account))
    confirm_app(
        connection, TESTER, account, PASSWORD, app.at(NOW - timedelta(minutes=1)), CHEAP, NOW - timedelta(minutes=1)
    )
    caller, record = calling(connection, account), waiting(connection)
    for code, words in (("", "code of your app"), ("12", "six digits"), (app.at(NOW - timedelta(minutes=1)), "code")):
        with pytest.raises(RefusedError, match=words):
            signed(connection, caller, record, code=code)
    [one] = signed(connection, caller, record, code=app.at(NOW))
    assert one.known_by == "password and code"


def test_a_wrong_password_signs_nothing_and_is_counted(connection: Connection) -> None:
    """Whoever found a browser logged in may guess no longer here than at the door."""
    caller, record = calling(connection, quality(connection)), waiting(connection)
    for _ in range(FREE_TRIES):
        with pytest.raises(RefusedError, match="not your password"):
            signed(connection, caller, record, password="wrong wrong wrong")
    with pytest.raises(RefusedError, match="too many tries"):
        signed(connection, caller, record)
    assert signatures(connection) == []
    assert change(connection, int(record.id)).freed_at is None


@pytest.mark.parametrize("known_by", ["password", "API key", "signed link", "command line"])
def test_nobody_signs_their_own_change(connection: Connection, known_by: str) -> None:
    """Four eyes: not even where it was recorded with a key of the same account, by a link to it or at the machine."""
    account = quality(connection)
    connection.execute(
        "INSERT INTO api_keys (prefix, name, account_id, expires_at) VALUES ('abc', 'k', %s, now())", [account.id]
    )
    actor_id = {
        "password": f"account:{account.id}",
        "API key": "key:abc",
        "signed link": "link:the ana",
        "command line": "machine:ana",
    }
    record = waiting(connection, Actor(actor_id[known_by], account.name, known_by))
    with pytest.raises(RefusedError, match="cannot sign it"):
        signed(connection, calling(connection, account), record)
    signed(connection, calling(connection, quality(connection, "eva")), record, login="eva")


def test_a_site_of_one_person_lets_the_author_sign_and_says_so(store: Scenario, connection: Connection) -> None:
    """Its rule is signed by somebody else first; each answer it frees tells."""
    ana, eva = quality(connection), quality(connection, "eva")
    author = Actor(f"account:{ana.id}", ana.name, "password")
    with acting(connection, author, "I am alone"):
        rule = note_change(connection, Kind.SITE_RULE, "site", {}, [], Cause.CORRECTION, "site")
        add_site_rule(connection, "site", Rule.AUTHOR_SIGNS, is_on=True, reason="I am alone", change_id=rule)
    own, by_rule = calling(connection, ana), shown(change(connection, rule))
    with pytest.raises(RefusedError, match="cannot sign it"):
        signed(connection, own, by_rule)
    signed(connection, calling(connection, eva), by_rule, login="eva")
    signed(connection, own, waiting(connection, author))
    assert "signed_by_author" in store.judged("lot", 120).answered.reason_codes


def test_what_is_not_what_was_shown_is_not_signed(connection: Connection) -> None:
    """A signature is of what the signer read, all of it or nothing."""
    caller, good = calling(connection, quality(connection)), waiting(connection)
    other = waiting(connection, row_id="c2")
    with pytest.raises(ConflictError, match="not what you were shown"):
        signed(connection, caller, good, ToSign(Signable.CHANGE, other.id, "0" * 64))
    with pytest.raises(RefusedError, match="named twice"):
        signed(connection, caller, good, good)
    for missing in ("999", "x", "9" * 30):
        with pytest.raises(NotFoundError):
            signed(connection, caller, ToSign(Signable.CHANGE, missing, "0" * 64))
    assert signatures(connection) == []
    signed(connection, caller, good)
    with pytest.raises(ConflictError, match="signed already"):
        signed(connection, caller, good)


def test_a_record_changed_since_is_no_longer_held_signed(connection: Connection) -> None:
    """Corrected in the open or past the service: the signature stays, and says that it is of what was."""
    [placement] = connection.execute("SELECT id FROM placements").fetchall()
    caller = calling(connection, quality(connection))
    [one] = signed(connection, caller, waiting(connection, row_id=placement["id"], kind=Kind.PLACEMENT))
    assert why_not(connection, one) is None
    correct(connection, TESTER, kind="placement", row_id=placement["id"], change=None, reason="slip")
    assert "was corrected since, by correction" in (why_not(connection, one) or "")
    [other] = signed(connection, caller, waiting(connection), login="")
    connection.execute("UPDATE changes_to_sign SET content = '{}' WHERE id = %s", [int(other.record_id)])
    assert "changed since, past this service" in (why_not(connection, other) or "")


def test_a_bare_profile_is_not_signed(connection: Connection) -> None:
    """Limits are good or bad for a product: quality signs that a product is to be judged by them, with their text."""
    [row] = connection.execute(
        "SELECT encode(sha256(convert_to(document::text, 'UTF8')), 'hex') AS found FROM profiles "
        "WHERE (id, version) = ('cryo-80', 1)"
    ).fetchall()
    caller = calling(connection, quality(connection))
    with pytest.raises(RefusedError, match="have a product ask for it"):
        signed(connection, caller, ToSign(Signable.PROFILE, "cryo-80/1", row["found"]))


def test_what_is_no_sites_is_signed_by_its_author_only_where_every_site_has_one_person(
    store: Scenario, connection: Connection
) -> None:
    """What a product asks for holds at every site: where two must look, the rule of another site does not do."""
    ana = quality(connection)
    caller = calling(connection, ana)
    with acting(connection, caller.actor, "stability study"):
        touched = [Touched(product_id="product-cryo-80")]
        change_id = note_change(connection, Kind.ADOPTION, "product/storage", {}, touched, Cause.PAPERS)
    record = shown(change(connection, change_id))

    def is_of_one_person(site_id: str) -> None:
        with acting(connection, TESTER, "I am alone"):
            rule = note_change(connection, Kind.SITE_RULE, site_id, {}, [], Cause.SIGNED, site_id)
            add_site_rule(connection, site_id, Rule.AUTHOR_SIGNS, is_on=True, reason="I am alone", change_id=rule)
            free(connection, [rule], signature(connection, rule))

    with acting(connection, TESTER):
        add_site(connection, "other", "Of two", "UTC")
    is_of_one_person("site")
    with pytest.raises(RefusedError, match="another account"):
        signed(connection, caller, record)
    # Nor does it where the other one is retired for as long as it takes to sign.
    change_site(connection, TESTER, "other", {"retired": True}, reason="closed", now=NOW)
    with pytest.raises(RefusedError, match="another account"):
        signed(connection, caller, record)
    is_of_one_person("other")
    signed(connection, caller, record)
    assert "signed_by_author" in store.judged("lot", 120).answered.reason_codes


def test_a_signature_is_not_rewritten(connection: Connection) -> None:
    """What somebody signed stays as it was signed, and no signature is made of other words than its hash says."""
    signed(connection, calling(connection, quality(connection)), waiting(connection))
    for statement in (
        "UPDATE signatures SET printed_name = 'x'",
        "DELETE FROM signatures",
        "TRUNCATE signatures CASCADE",
    ):
        with pytest.raises(psycopg.DatabaseError, match="evidence"):
            connection.execute(statement)
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            "INSERT INTO signatures (record_kind, record_id, content, content_sha256, meaning, account_id, "
            "printed_name, known_by, time_zone) SELECT record_kind, record_id, 'other', content_sha256, meaning, "
            "account_id, printed_name, known_by, time_zone FROM signatures"
        )


def test_a_logger_or_a_part_signs_nothing(connection: Connection) -> None:
    """Only a person signs."""
    with pytest.raises(RefusedError, match="only a person signs"):
        signed(connection, Caller(TESTER, ()), waiting(connection))
    assert free(connection, [], 1) == []


def test_signing_over_http_repeats_no_password(api: httpx.Client, connection: Connection) -> None:
    """With a key, both parts are given; what is wrong is told by field, and nothing secret comes back."""
    api.event_hooks["response"].clear()
    record = waiting(connection)
    body = {"records": [{"kind": "change", "id": record.id, "sha256": record.sha256}], "login": "tester"}
    answer = api.post("/v1/signatures", json={**body, "password": ["my secret word"]})
    assert "my secret word" not in answer.text
    refusal(answer, 422, "password")
    refusal(api.post("/v1/signatures", json={**body, "password": "my secret word"}), 422)
    refusal(api.post("/v1/signatures", json={**body, "password": KEY, "login": ""}), 422)
    wrong = {**body, "records": [{**body["records"][0], "sha256": "0" * 63}], "password": KEY}
    assert "64 digits" in refusal(api.post("/v1/signatures", json=wrong), 422, "records.0.sha256")
    assert all_of(api, "/signatures") == []
