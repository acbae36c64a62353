"""Passwords as they are read at the command line: never as an argument."""

import sys

import typer

from service.errors import SettingError

_LONGEST_LINE = 4_096


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
