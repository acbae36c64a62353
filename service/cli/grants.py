"""Roles as they are written at the command line, and passwords as they are read there: never as an argument."""

import sys

import typer

from service.domain.identity.caller import Grant, Role
from service.errors import SettingError, UnbrokenError

_LONGEST_LINE = 4_096


def grant_from(word: str) -> Grant:
    """A role for all sites (`quality`) or for one (`quality@basel`).

    Raises:
        UnbrokenError: there is no such role.
    """
    role, _, site_id = word.partition("@")
    if role not in set(Role):
        raise UnbrokenError(f"there is no role {role!r}; there are {', '.join(sorted(Role))}")
    return Grant(Role(role), site_id or None)


def asked_password(prompt: str) -> str:
    """A password typed twice, or the first line of standard input where that is no terminal.

    Raises:
        SettingError: standard input has none.
    """
    if sys.stdin.isatty():
        typed: str = typer.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True)
        return typed
    line = sys.stdin.readline(_LONGEST_LINE).rstrip("\r\n")
    if not line:
        raise SettingError(
            "the password is read from a terminal, or from the first line of standard input: it is empty"
        )
    return line
