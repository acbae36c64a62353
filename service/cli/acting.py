"""In whose name a command acts: that of the user of this machine who gave it."""

import getpass
import platform

from service.domain.identity.actor import Actor


def user_of_machine() -> Actor:
    """Whoever is logged in on this machine; whether that is a person, the machine knows."""
    user = getpass.getuser()
    return Actor(f"machine:{user}", f"{user} on {platform.node()}", "command line")
