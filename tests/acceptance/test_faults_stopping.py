"""Values over which a database that is well speaks ill of itself, or ends the connection."""

from pathlib import Path

import pytest

from service.local.broker import Broker
from service.store.pool import Connection
from tests.eventually import eventually
from tests.ingest_process import Site, reading

pytestmark = pytest.mark.acceptance

#: In place of the reading's value: what the database does.
FAULTS = {
    "disk full": "RAISE EXCEPTION USING ERRCODE = '53100'",
    "statement timeout": "RAISE EXCEPTION USING ERRCODE = '57014'",
    "connection failure": "RAISE EXCEPTION USING ERRCODE = '08006'",
    "read-only": "RAISE EXCEPTION USING ERRCODE = '25006'",
    "connection ended": "PERFORM pg_terminate_backend(pg_backend_pid())",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_value_that_makes_the_database_look_ill_stops_nobody(
    broker: Broker, database_url: str, connection: Connection, tmp_path: Path, fault: str
) -> None:
    """A reading that alone fails, again and again, while others are taken, is kept to be mended in the end."""
    connection.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.temperature_c = 77 THEN "
        f"{FAULTS[fault]}; END IF; RETURN NEW; END $$"
    )
    connection.execute("CREATE TRIGGER fail BEFORE INSERT ON readings FOR EACH ROW EXECUTE FUNCTION fail()")
    site = Site(broker.url, database_url, tmp_path)
    with site.ingesting():
        site.publish(*((f"f{n % 3}/readings", reading(n, 77 if n == 5 else -80)) for n in range(12)))
        rejected, stored = "SELECT FROM rejected_messages", "SELECT FROM readings"
        eventually(lambda: connection.execute(rejected).rowcount == 1, 150, "it is rejected")
        eventually(lambda: connection.execute(stored).rowcount == 11, 10, "all others are stored")
    [message] = connection.execute("SELECT code, payload FROM rejected_messages").fetchall()
    assert (message["code"], bytes(message["payload"])) == ("cannot_store", reading(5, 77))
