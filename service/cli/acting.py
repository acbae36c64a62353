"""In whose name a command acts: that of the user of this machine who gave it."""

import os
import platform
import pwd

from service.domain.identity.actor import Actor


def user_of_machine() -> Actor:
    """Whoever is logged in on this machine; whether that is a person, the machine knows."""
    # Not by what the environment says, which whoever types the command writes. In a container there may be no name.
    number = os.getuid()
    try:
        user = pwd.getpwuid(number).pw_name
    except KeyError:
        user = f"user {number}"
    return Actor(f"machine:{user}", f"{user} on {platform.node()}", "command line")
