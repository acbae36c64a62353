"""What `unbroken serve`, and with it `unbroken up`, says by itself of the service."""

from structlog.testing import capture_logs

from service.api.readiness import Said


def said(*looks: str) -> list[str]:
    """What was said at these looks, one after the other."""
    noted = Said()
    with capture_logs() as logs:
        for why in looks:
            noted.note(why)
    return [f"{entry['event']} {entry.get('why', '')}".strip() for entry in logs]


def test_what_is_behind_is_said_once_and_so_is_its_end() -> None:
    """Who reads the log learns that no freezer is heard without asking anybody, and is not told so all night."""
    deaf = "ingest is behind: the broker cannot be reached"
    assert said("", deaf, deaf, deaf, deaf, "", "") == [
        f"the service is behind {deaf}",
        "the service is no longer behind",
    ]


def test_a_start_is_no_trouble() -> None:
    """While everything begins, one part waits for the other."""
    assert said("ingest is behind", "", "ingest is behind", "") == []
