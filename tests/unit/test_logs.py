"""What the log says, and how often."""

from structlog.testing import capture_logs

from service.logs import Outage


def test_an_outage_is_said_once_for_each_reason_and_so_is_its_end() -> None:
    """A database that is away all night is one line, and not one a second; another reason is news."""
    outage = Outage("database away", "the database is back")
    with capture_logs() as logs:
        outage.is_over()
        for why in ("nobody answers", "nobody answers", "wrong password", "wrong password", "nobody answers"):
            outage.goes_on(why, part="planner")
        outage.is_over()
        outage.is_over()
        outage.goes_on("nobody answers")
    assert [(entry["event"], entry.get("error")) for entry in logs] == [
        ("database away", "nobody answers"),
        ("database away", "wrong password"),
        ("database away", "nobody answers"),
        ("the database is back", None),
        ("database away", "nobody answers"),
    ]
