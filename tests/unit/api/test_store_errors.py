"""Which errors of the database mean "later", and which "never"."""

import psycopg
import pytest
from psycopg import errors

from service.store.pool import DatabaseAwayError, DatabaseUnreachableError, is_of_database, refuses_row

_LATER = (
    "08006 25006 25P02 25P03 40001 40P01 53100 53200 53300 53400 54000 55000 55P03 57014 57P01 57P02 57P03 57P05 58030 "
    "58P01 XX000 XX001 XX002 72000 0A000 28P01 3D000 42501 42703 42P01 2200H 23503 23505 P0001 UB042"
)
_NEVER = "22001 22003 22008 22021 22P02 22P03 22P05 23502 23514 23P01"


def _error(state: str) -> psycopg.Error:
    try:
        return errors.lookup(state)("as the server said it")
    except KeyError:
        return psycopg.DatabaseError("a state that nobody knows")


@pytest.mark.parametrize("state", _LATER.split())
def test_the_state_of_the_database_is_no_fault_of_a_reading(state: str) -> None:
    """Readings are kept and stored later, whatever ails the database, known or not."""
    assert is_of_database(_error(state))
    assert not refuses_row(_error(state))


@pytest.mark.parametrize("state", _NEVER.split())
def test_a_row_that_does_not_fit_is_never_taken(state: str) -> None:
    """Asking again would stop all readings behind it for ever."""
    assert refuses_row(_error(state))


def test_what_the_client_refuses_to_send_is_never_taken() -> None:
    """Some content, such as a zero byte in a name, does not even reach the database."""
    assert refuses_row(psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"))


@pytest.mark.parametrize("state", ["25006", "53100", "57P01", "57P03", "XX000"])
def test_readers_wait_too_while_the_database_is_away(state: str) -> None:
    """The evaluator, the alerts and the API know a full disk, a standby or a restart for what it is."""
    assert isinstance(_error(state), DatabaseAwayError)


def test_a_database_that_cannot_be_reached_is_away() -> None:
    """Whether it went before or after we connected makes no difference."""
    error = DatabaseUnreachableError("nobody answers")
    assert isinstance(error, DatabaseAwayError)
    assert is_of_database(error)
    assert not refuses_row(error)
