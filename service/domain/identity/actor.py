"""Who acts: the database demands it of everything that people record, and keeps it in the audit trail."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, as it is kept for ever.

    Attributes:
        id: `account:…`, `key:…` (an API key), `kiosk:…` (a device that shows answers), `link:…` (whoever a signed link
            was sent to), `machine:…` (a user of the machine itself, at the command line) or `part:…` (a part of the
            service, by itself).
        name: as it is printed.
        known_by: how we know: `password`, `password and code`, `PIN at a kiosk`, `password at a kiosk`, `API key`,
            `enrolled device`, `signed link`, `command line`, `the service`.
    """

    id: str
    name: str
    known_by: str


def part(name: str) -> Actor:
    """A part of the service that acts by itself: `ingest`, `evaluator`, `alerts`, `migrate`."""
    return Actor(f"part:{name}", f"the {name}", "the service")
