"""Real parts for the tests: one private TimescaleDB and Mosquitto a worker, one fresh database a test."""

import itertools
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import certifi
import httpx
import hypothesis
import pytest
from fastapi import FastAPI

from alerts.sealer import Sealer
from service.cli.serve import application
from service.local.broker import Broker
from service.local.servers import LocalServers
from service.logs import set_up_logs
from service.settings import Settings
from service.store.acting import acting
from service.store.migrate import migrate
from service.store.pool import Connection, connect
from tests.acting import CHEAP, TESTER
from tests.database_roles import url_as
from tests.keyed import add_tester
from tests.papers import of_before
from tests.serving import served
from tests.signing import QUALITY, sign_all
from tests.throwaway import throwaway_servers

_numbers = itertools.count(1)

# How long a case takes says nothing of the code where the machine does much else.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


# A shell's background job ignores Ctrl-C, and so would every process that a test starts in order to interrupt it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="repeat the fault tests many times")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no worker is left with one of them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    set_up_logs(Settings(), "tests")


@pytest.fixture(scope="session", autouse=True)
def _one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing that tests call has a public authority's certificate; to read them all takes each client 50 ms."""
    one, end, _ = certifi.contents().partition("-----END CERTIFICATE-----")
    known = tmp_path_factory.mktemp("authorities") / "one.pem"
    known.write_text(one + end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(known))
        yield


@pytest.fixture(scope="session")
def servers() -> Iterator[LocalServers]:
    """Private servers of this worker."""
    with throwaway_servers() as running:
        yield running


@pytest.fixture(scope="session")
def template(servers: LocalServers) -> str:
    """Name of a migrated database that others are copied from, sealed: in it is nobody but the tester, with a key."""
    with connect(servers.database.create_database("template"), application="tests", actor=TESTER) as connection:
        migrate(connection)
        add_tester(connection)
        assert Sealer(lambda: datetime.now(UTC), wait=lambda _: None).seal(connection)
    return "template"


@pytest.fixture
def database_url(servers: LocalServers, template: str) -> Iterator[str]:
    """Address of a fresh, migrated database."""
    with _copied(servers, template) as url:
        yield url


@contextmanager
def _copied(servers: LocalServers, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    # A copy of the files is made, and thrown away, sooner than one by way of the shared buffers.
    _administer(servers, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield servers.database.url_for(name)
    _administer(servers, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _administer(servers: LocalServers, statement: str) -> None:
    with connect(servers.database.url_for("postgres"), application="tests", actor=TESTER) as connection:
        connection.execute(statement)


@pytest.fixture
def other_connection(servers: LocalServers, template: str) -> Iterator[Connection]:
    """A connection to another fresh database, to hold one course of events against the same in another way."""
    with _copied(servers, template) as url, connect(url, application="tests", actor=TESTER) as opened:
        yield opened


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A connection to the fresh database."""
    with connect(database_url, application="tests", actor=TESTER) as opened:
        yield opened


@pytest.fixture
def broker(servers: LocalServers) -> Broker:
    """The run's Mosquitto, anonymous and shared: use topics of your own. A test may kill and start it."""
    return servers.broker


@pytest.fixture(scope="session")
def http_service() -> FastAPI:
    """The HTTP service. It finds its routes when they are first asked for: that is done once for all tests."""
    return application(Settings())


@pytest.fixture
def api(http_service: FastAPI, database_url: str) -> Iterator[httpx.Client]:
    """A client of the HTTP service, served for real on a free port over the fresh database; it may do everything.

    The service comes into the database as in production: in the API's role.
    """
    http_service.state.settings = Settings(database_url=url_as(database_url, "api"))
    http_service.state.passwords = CHEAP
    with served(http_service) as client, connect(database_url, application="tests") as quality:
        turn = threading.Lock()

        def sign(answer: httpx.Response) -> None:
            """Quality signs at once whatever a test records, and no papers are asked for: few tests are about them."""
            if answer.request.method != "GET" and answer.is_success:
                with turn:
                    if answer.request.method == "POST" and answer.request.url.path == "/v1/products":
                        answer.read()
                        with acting(quality, QUALITY):
                            of_before(quality, answer.json()["id"])
                    sign_all(quality)

        client.event_hooks["response"].append(sign)
        yield client
